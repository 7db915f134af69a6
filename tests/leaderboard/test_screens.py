"""Every page, run by Streamlit's own test harness, in both languages and on bad input."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from html import escape, unescape
from pathlib import Path

import pytest
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from evaluator import settings
from evaluator.board import history_folder, history_path, pairs_path, snapshot_path
from evaluator.publishing import replace_table
from evaluator.reported import NOT_RUN_YET, REPORTED_BY, reported_path, reported_table
from evaluator.reported_file import Reported
from evaluator.texts import LANGUAGES, Language, Sentence, translate
from leaderboard.charts.frame import ISOLATE, POP, label
from leaderboard.screens.board import ROWS
from leaderboard.snapshot import ANONYMOUS
from tests.leaderboard.small_board import (
    ANSWERS,
    BASELINE,
    DAYS,
    LONG,
    MARKUP,
    NOW,
    RIGHT_TO_LEFT,
    SKIPPED,
    damage,
    make_older,
    publish,
    row,
    small_rows,
)

SCRIPT = Path(__file__).resolve().parents[2] / "leaderboard" / "main.py"
BOARD_PAGES = ("board", "compare", "analysis", "history", "model")
PAGES = ("overview", *BOARD_PAGES)
NAN = float("nan")
TAG = re.compile(r"<style>.*?</style>|<[^>]*>", re.DOTALL)


@cache
def components() -> BidiComponentManager:
    """Return the components of Streamlit's own, for all pages together."""
    return BidiComponentManager()


class Reader:
    """A reader who opens pages, each in a fresh browser."""

    def __init__(self, board_dir: Path) -> None:
        self.board_dir = board_dir

    def open(self, page: str, /, **params: str | list[str]) -> AppTest:
        """Open a page by its address."""
        test = AppTest.from_file(str(SCRIPT), default_timeout=120)
        # The harness opens pages that are files only; ours are functions, known by their address.
        test._page_hash = calc_hash("" if page == "overview" else page)
        # It would look through all installed packages for components, for each page anew.
        test._bidi_component_manager = components()
        test.query_params.update(params)
        return test.run()


@pytest.fixture
def reader(board_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """A reader of the small board."""
    monkeypatch.setenv("DATA_DIR", str(board_dir.parent))
    settings.settings.cache_clear()
    yield Reader(board_dir)
    settings.settings.cache_clear()


def said(page: AppTest) -> str:
    """Return everything that a page says, without markup."""
    kinds = ("html", "markdown", "title", "subheader", "info", "warning", "error", "caption")
    found = [one.value for kind in (*kinds, "code") for one in getattr(page, kind)]
    words = unescape(TAG.sub(" ", "\n".join(found)))
    return words.replace(ISOLATE, "").replace(POP, "")


def charts(page: AppTest) -> str:
    """Return what the charts of a page hold, as JSON."""
    return "\n".join(one.proto.spec for one in page.get("plotly_chart"))


def table(page: AppTest) -> list[str]:
    """Return the names in the board's own table, from the top."""
    [found] = [one.value for one in page.html if 'class="lb-model"' in one.value]
    names = re.findall(r'<th scope="row" class="lb-model">(.*?)</bdi>', found, re.DOTALL)
    return [unescape(TAG.sub("", name)).strip() for name in names]


def text(template: str, language: Language, **values: object) -> str:
    """Return a text of the catalogue."""
    return Sentence(template, values).text(language)


def fine(page: AppTest) -> None:
    """Check that nothing went wrong and nothing is said that is no word."""
    assert not page.exception
    assert not page.error
    words = said(page)
    assert re.findall(r".{,40}\b(?:nan|NaN|None|NaT)\b.{,40}", words) == []
    assert "{" not in words, "a text lacks its value"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_in_both_languages(reader: Reader, page: str, language: Language) -> None:
    shown = reader.open(page, lang=language)
    fine(shown)
    words = said(shown)
    assert shown.title[0].value == translate("Leaderboard", language)
    assert shown.query_params["lang"] == language
    assert shown.info.len == shown.warning.len == 0
    assert MARKUP in words
    assert {"zh": "小榜", "en": "Small board"}[language] in words or page != "overview"
    assert "<b>model</b>" not in charts(shown)
    links = [one.proto.label for one in shown.get("page_link")]
    for title in ("Overview", "Boards", "Compare", "Analysis", "History"):
        assert translate(title, language) in links


@pytest.mark.parametrize("page", BOARD_PAGES)
def test_the_browser_decides_where_no_language_is_asked_for(reader: Reader, page: str) -> None:
    shown = reader.open(page)
    fine(shown)
    assert shown.query_params["lang"] == "en"


@pytest.mark.parametrize(
    ("page", "asked"),
    [
        ("overview", {"lang": "zh"}),
        ("board", {"sort": "overall", "turned": "1", "col": ["access", "tries"]}),
        ("compare", {"entry": ["e4", "e2"], "view": "rank", "by": "datasets", "against": "e4"}),
        ("analysis", {"against": "submitted"}),
        ("history", {"date": "2026-11-05"}),
        ("model", {"entry": "e5"}),
    ],
)
def test_the_address_of_a_view_restores_it(
    reader: Reader, page: str, asked: dict[str, str | list[str]]
) -> None:
    """In another browser, and it is another view than the page's first."""
    first = reader.open(page, **asked)
    again = reader.open(page, **first.query_params)
    assert said(again) == said(first)
    assert charts(again) == charts(first)
    assert again.query_params == first.query_params
    assert {name: first.query_params[name] for name in asked} == asked
    plain = reader.open(page, lang="en")
    assert (said(plain), charts(plain)) != (said(first), charts(first))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_link_to_the_other_language_keeps_the_view(reader: Reader, language: Language) -> None:
    shown = reader.open("board", lang=language, sort="overall", q="m")
    other = {"zh": "en", "en": "zh"}[language]
    [links] = [one.value for one in shown.html if "hreflang" in one.value]
    [address] = re.findall(r'href="(\?[^"]*)"', unescape(links))
    assert f"lang={other}" in address
    for kept in ("track=small", "phase=dev", "sort=overall", "q=m"):
        assert kept in address


def test_what_stands_in_every_name_is_shown_as_it_is(reader: Reader) -> None:
    """Markup, 200 characters, right to left, a formula, a pseudonym."""
    shown = reader.open("board", lang="zh")
    anonymous = translate(ANONYMOUS, "zh").format(code="K7QX")
    assert table(shown) == [MARKUP, BASELINE, anonymous, RIGHT_TO_LEFT, LONG, SKIPPED]
    assert "Hospital" in said(reader.open("board", lang="zh", col=["organisation"]))


def test_the_team_of_an_anonymous_entry_is_nowhere(reader: Reader) -> None:
    shown = reader.open("model", lang="en", entry="e3")
    fine(shown)
    assert "Anonymous K7QX" in said(shown)
    assert "Hospital" not in said(shown)


# Bad input: each makes a board of its own, and says what a page then has to say.

Change = Callable[[Path], object]


def one_entry(folder: Path) -> object:
    return publish(folder, small_rows()[:1])


def one_baseline(folder: Path) -> object:
    return publish(folder, small_rows()[1:2])


def only_skipped(folder: Path) -> object:
    return publish(folder, small_rows()[5:])


def nobody_attempted(value: float) -> Change:
    def change(folder: Path) -> object:
        names = ("dimension/writing", "dataset/Report")
        nothing = {f"{name}{end}": value for name in names for end in ("", "/low", "/high")}
        return publish(folder, [{**one, **nothing} for one in small_rows()])

    return change


def all_missing(folder: Path) -> object:
    """Scores that are not finite: shown after the others, without rank."""
    places = ("rank", "rank_best", "rank_worst", "group")
    unranked = {**dict.fromkeys(places), "compared": False, "earlier": []}
    rows = [
        {name: NAN if isinstance(value, float) else value for name, value in one.items()}
        for one in small_rows()
    ]
    return publish(folder, [{**one, **unranked} for one in rows])


def all_ties(folder: Path) -> object:
    rows = [row(number, f"M{number}", (0.5, 0.5, 0.5, 0.5), 1) for number in range(1, 6)]
    return publish(folder, rows)


def one_name(folder: Path) -> object:
    return publish(folder, [{**one, "model": "Same"} for one in small_rows()])


def older(folder: Path) -> None:
    make_older(snapshot_path(folder, "small", "dev"))


def without_pairs(folder: Path) -> None:
    damage(pairs_path(folder, "small", "dev"))


def without_findings(folder: Path) -> object:
    """Rounded scores: neither paired tests nor item analysis, and no least difference."""
    rows = [{**one, "rank_best": None, "rank_worst": None, "group": None} for one in small_rows()]
    return publish(folder, rows, difficulty={}, detectable_difference=None, rounded_to=5)


def without_signatures(folder: Path) -> object:
    rows = [
        {name: value for name, value in one.items() if not name.startswith("signature/")}
        for one in small_rows()
    ]
    return publish(folder, rows)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "change",
    [
        one_entry,
        one_baseline,
        only_skipped,
        nobody_attempted(0.0),
        nobody_attempted(NAN),
        all_missing,
        all_ties,
        one_name,
        older,
        without_pairs,
        without_findings,
        without_signatures,
    ],
    ids=lambda change: getattr(change, "__qualname__", "").replace(".<locals>.change", ""),
)
def test_a_page_shows_an_odd_board(
    reader: Reader, board_dir: Path, change: Change, page: str
) -> None:
    change(board_dir)
    shown = reader.open(page, lang="en", track="small", phase="dev")
    fine(shown)
    assert shown.get("plotly_chart") or page == "history"
    assert not shown.warning


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", ["board", "compare", "analysis", "model"])
def test_a_board_without_entries_explains_itself(
    reader: Reader, page: str, language: Language
) -> None:
    shown = reader.open(page, lang=language, track="small", phase="empty")
    fine(shown)
    [info] = [one.value for one in shown.info]
    assert info == translate(
        "No entry yet. The first submission to finish appears here by itself.", language
    )
    assert not shown.get("plotly_chart")


def test_a_board_without_days_explains_itself(reader: Reader) -> None:
    shown = reader.open("history", lang="en", track="small", phase="empty")
    fine(shown)
    assert "No former day of this board is kept yet" in shown.info[0].value


def test_an_overview_without_entries_shows_its_boards(reader: Reader, board_dir: Path) -> None:
    publish(board_dir, [])
    shown = reader.open("overview", lang="en")
    fine(shown)
    assert said(shown).count("No entry yet.") == 2
    assert not shown.get("plotly_chart")


@pytest.mark.parametrize("page", ["board", "compare", "analysis", "model"])
def test_a_board_that_opens_later_says_when(reader: Reader, board_dir: Path, page: str) -> None:
    publish(board_dir, [], "later")
    shown = reader.open(page, lang="en", track="small", phase="later")
    fine(shown)
    assert "2027-01-05" in shown.info[0].value


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_no_board_at_all_explains_itself(
    reader: Reader, board_dir: Path, page: str, language: Language
) -> None:
    for path in board_dir.glob("*/*.parquet"):
        path.unlink()
    shown = reader.open(page, lang=language)
    fine(shown)
    waits = "No board is published yet; it appears when the worker is ready."
    assert [one.value for one in shown.info] == [translate(waits, language)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", BOARD_PAGES)
def test_a_damaged_board_leaves_the_last_good_one_and_says_so(
    reader: Reader, board_dir: Path, page: str, language: Language
) -> None:
    damage(snapshot_path(board_dir, "small", "dev"))
    shown = reader.open(page, lang=language, track="small", phase="dev")
    fine(shown)
    [banner] = [one.value for one in shown.warning]
    assert "2026-11-10 23:00 UTC" in banner, "of the last day kept"
    assert MARKUP in said(shown)


def test_a_board_that_is_damaged_while_one_reads_stays(reader: Reader, board_dir: Path) -> None:
    shown = reader.open("board", lang="en", track="small", phase="dev")
    damage(snapshot_path(board_dir, "small", "dev"))
    shown.run()
    fine(shown)
    assert len(shown.warning) == 1
    assert len(table(shown)) == 6, "the one of today, not that of a former day"
    publish(board_dir, small_rows()[:2])
    shown.run()
    assert not shown.warning
    assert len(table(shown)) == 2


@pytest.mark.parametrize("page", PAGES)
def test_a_board_of_which_nothing_can_be_read_does_not_stop_the_others(
    reader: Reader, board_dir: Path, page: str
) -> None:
    damage(snapshot_path(board_dir, "small", "dev"))
    for path in history_folder(board_dir, "small", "dev").glob("*.parquet"):
        damage(path)
    shown = reader.open(page, lang="en", track="small", phase="dev")
    fine(shown)
    assert shown.info or page == "overview"


def test_a_damaged_day_is_an_error_with_a_sentence(reader: Reader, board_dir: Path) -> None:
    damage(history_path(board_dir, "small", "dev", DAYS[1]))
    shown = reader.open("history", lang="en")
    assert not shown.exception
    assert "cannot be read" in shown.error[0].value
    assert shown.title, "the rest of the page stands"


@pytest.mark.parametrize(
    ("page", "name", "value"),
    [
        *[(page, "track", "nothing") for page in BOARD_PAGES],
        *[(page, "phase", "nothing") for page in BOARD_PAGES],
        ("board", "sort", "nothing"),
        ("board", "col", "nothing"),
        ("board", "org", "nobody"),
        ("board", "access", "half"),
        ("board", "origin", "nowhere"),
        ("board", "least_size", "big"),
        ("board", "least", "many"),
        ("board", "since", "yesterday"),
        ("board", "since", "2026-02-30"),
        ("board", "on", "dimension/gone"),
        ("board", "sort", 300 * "x"),
        ("compare", "entry", "nobody"),
        ("compare", "view", "sideways"),
        ("compare", "by", "weight"),
        ("compare", "against", "nobody"),
        ("analysis", "against", "height"),
        ("history", "date", "never"),
    ],
)
def test_a_parameter_that_names_nothing_is_said_and_the_page_goes_on(
    reader: Reader, page: str, name: str, value: str
) -> None:
    shown = reader.open(page, lang="en", **{name: value})
    fine(shown)
    assert f"{name}={value[:20]}" in said(shown)
    assert MARKUP in said(shown), "the board stands, with its best"
    assert value not in str(shown.query_params), "and the address is put right"


@pytest.mark.parametrize("language", ["xx", "", "zh-CN", "<b>"])
def test_a_language_that_is_not_spoken_is_another(reader: Reader, language: str) -> None:
    shown = reader.open("overview", lang=language)
    fine(shown)
    assert shown.query_params["lang"] == ("zh" if language == "zh-CN" else "en")


@pytest.mark.parametrize(
    "value",
    ["[free](https://evil.example)", "www.evil.example", "**x**", "$a$ $b$", "<img src=x>"],
)
def test_what_an_address_asks_for_is_no_markup(reader: Reader, value: str) -> None:
    """Whoever sends a link must not put a link of their own on the page."""
    shown = reader.open("board", lang="en", sort=value)
    told = [one.value for kind in ("info", "markdown", "caption") for one in getattr(shown, kind)]
    assert not any(value in one for one in told), "none of it goes through Markdown"
    [line] = [one.value for one in shown.html if "not here" in one.value]
    assert escape(value) in line
    assert "<a" not in line and "<img" not in line


def test_a_page_number_is_held_within_the_pages(reader: Reader, board_dir: Path) -> None:
    rows = [row(number, f"M{number:03}", (0.5,) * 4, 1) for number in range(1, 29)] * 5
    rows = [{**one, "entry": f"x{place:03}"} for place, one in enumerate(rows)]
    publish(board_dir, rows)
    last = -(-140 // ROWS)
    shown = {
        page: reader.open("board", lang="en", page=page) for page in ("1", f"{last}", "99", "-1")
    }
    for page, start, end in (
        ("1", 1, ROWS),
        (f"{last}", (last - 1) * ROWS + 1, 140),
        ("99", (last - 1) * ROWS + 1, 140),
        ("-1", 1, ROWS),
    ):
        fine(shown[page])
        assert f"Entries {start} to {end} of 140" in said(shown[page])
        assert len(table(shown[page])) == end - start + 1
    assert shown["99"].query_params["page"] == f"{last}"


# The overview.


def test_the_overview_counts_what_takes_part(reader: Reader) -> None:
    words = re.sub(r"\s+", " ", said(reader.open("overview", lang="en")))
    for counted in ("1 tracks", "4 datasets", "9 submissions", "4 teams", "7 models entered"):
        assert counted in words
    assert "1 baselines" in words


def test_the_overview_names_the_newest_results_first(reader: Reader) -> None:
    newest = [one.value for one in reader.open("overview", lang="en").html if SKIPPED in one.value]
    assert newest[-1].index(SKIPPED) < newest[-1].index(LONG) < newest[-1].index(RIGHT_TO_LEFT)


# The board.


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"q": "best"}, [MARKUP]),
        ({"access": "closed"}, [BASELINE, LONG]),
        ({"access": ["open", "closed"], "org": "OpenAI"}, [BASELINE]),
        ({"origin": "self-run"}, [BASELINE]),
        ({"least_size": "50"}, [RIGHT_TO_LEFT, LONG]),
        ({"most_size": "50", "q": "b"}, [MARKUP]),
        ({"since": "2026-11-05"}, [LONG, SKIPPED]),
        ({"on": "dimension/writing", "least": "71"}, [MARKUP]),
        ({"sort": "overall", "turned": "1", "origin": "self-run"}, [BASELINE]),
    ],
)
def test_an_address_filters(
    reader: Reader, params: dict[str, str | list[str]], names: list[str]
) -> None:
    shown = reader.open("board", lang="en", **params)
    fine(shown)
    assert table(shown) == names
    assert {name: shown.query_params[name] for name in params} == params


def test_filters_that_nobody_passes_say_so(reader: Reader) -> None:
    shown = reader.open("board", lang="en", q="nobody at all")
    fine(shown)
    assert shown.info[0].value == "No entry passes these filters; 6 are on the board."


def test_typing_filters_and_writes_the_address(reader: Reader) -> None:
    shown = reader.open("board", lang="en")
    shown.text_input[0].set_value("hospital").run()
    assert table(shown) == [MARKUP, LONG, SKIPPED]
    assert shown.query_params["q"] == "hospital"
    shown.text_input[0].set_value("").run()
    assert len(table(shown)) == 6
    assert "q" not in shown.query_params, "a default is not said"


def test_sorting_turns_the_table(reader: Reader) -> None:
    shown = reader.open("board", lang="en", sort="dimension/writing")
    assert table(shown)[:2] == [MARKUP, BASELINE]
    shown = reader.open("board", lang="en", sort="submitted_at")
    assert table(shown)[:2] == [SKIPPED, LONG]
    shown = reader.open("board", lang="en", sort="submitted_at", turned="1")
    assert table(shown)[:2] == [MARKUP, BASELINE]


def test_datasets_are_shown_on_demand(reader: Reader) -> None:
    def headings(page: AppTest) -> str:
        [found] = [one.value for one in page.html if 'class="lb-model"' in one.value]
        return found.partition("</thead>")[0]

    assert ">Terms" not in headings(reader.open("board", lang="en"))
    shown = reader.open("board", lang="en", datasets="1")
    assert ">Terms" in headings(shown)
    assert shown.query_params["datasets"] == "1"
    few = headings(reader.open("board", lang="en", col=""))
    assert few.count('scope="col"') == 3, "rank, model and overall always stand"


def test_the_choice_of_a_phase_opens_its_board(reader: Reader) -> None:
    shown = reader.open("board", lang="en")
    shown.selectbox[0].set_value(("small", "empty")).run()
    fine(shown)
    assert shown.query_params["phase"] == "empty"
    assert "No entry yet" in shown.info[0].value


def test_a_phase_that_closes_says_when(reader: Reader, board_dir: Path) -> None:
    closes = (NOW + timedelta(days=2)).isoformat()
    publish(board_dir, small_rows(), closes=closes)
    assert "2026-11-22 08:30 UTC" in said(reader.open("board", lang="en"))


# The comparison.


def test_a_comparison_says_what_was_tested(reader: Reader) -> None:
    shown = reader.open("compare", lang="en", entry=["e1", "e3", "e6"], against="e3")
    fine(shown)
    [tested] = [one.value for one in shown.html if "Verdict" in one.value]
    best, skipped = tested.split("</tr>")[1:3]
    assert "+30.0" in best
    assert "+28.0 … +32.0" in best
    assert "better, significant" in best
    assert "−40.0" in skipped
    assert "not tested" in skipped
    assert shown.query_params["entry"] == ["e1", "e3", "e6"]
    assert shown.query_params["against"] == "e3"


def test_a_comparison_begins_with_the_best_and_a_baseline(reader: Reader) -> None:
    shown = reader.open("compare", lang="en")
    assert shown.multiselect[0].value == ["e1", "e2", "e3"]
    assert "Against GPT" in said(shown)


def test_the_views_of_the_radar(reader: Reader) -> None:
    """Knowledge of the second: 80 points, the most of all, so 100 and first."""
    for view, cells in (("absolute", "80.0"), ("relative", "100.0"), ("rank", "1")):
        shown = reader.open("compare", lang="en", entry="e2", view=view)
        fine(shown)
        radar = next(one.value for one in shown.html if "Knowledge" in one.value)
        line = next(one for one in radar.split("</tr>") if "Knowledge" in one)
        assert f"<bdi>{cells}</bdi>" in line
        assert ("view" in shown.query_params) == (view != "absolute")


def test_the_datasets_of_the_radar(reader: Reader) -> None:
    shown = reader.open("compare", lang="en", by="datasets")
    fine(shown)
    assert "Terms of medicine" in said(shown)
    assert shown.query_params["by"] == "datasets"


def test_choosing_nothing_explains_itself(reader: Reader) -> None:
    shown = reader.open("compare", lang="en")
    shown.multiselect[0].set_value([]).run()
    fine(shown)
    assert shown.info[0].value == "Choose at least one model."
    assert shown.query_params["entry"] == ""
    again = reader.open("compare", **shown.query_params)
    assert again.info[0].value == "Choose at least one model."


def test_more_than_six_are_cut(reader: Reader, board_dir: Path) -> None:
    publish(board_dir, [*small_rows(), row(7, "Seventh", (0.0,) * 4, 5)])
    shown = reader.open("compare", lang="en", entry=[f"e{number}" for number in range(1, 8)])
    fine(shown)
    assert len(shown.multiselect[0].value) == 6


def test_charts_show_harmless_names(reader: Reader) -> None:
    shown = reader.open("compare", lang="en", entry=["e1", "e5"])
    drawn = charts(shown).encode().decode("unicode_escape", "ignore")
    assert "&lt;b&gt;model&lt;/b&gt;" in drawn
    assert LONG not in drawn
    assert label(LONG)[1:20] in drawn


@pytest.mark.parametrize("language", LANGUAGES)
def test_reported_figures_stand_apart(reader: Reader, board_dir: Path, language: Language) -> None:
    """Beside the comparison, by version of the benchmark, and never on a board."""
    nothing = dict.fromkeys(Reported.model_fields, "")
    figured = {"model": "<i>Else</i>", "benchmark": "4.0", "overall": "61.2", "source": "a paper"}
    unrun = {"family": "Llama", "benchmark": "4.0", "source": "a list"}
    rows = [Reported.model_validate({**nothing, **one}) for one in (figured, unrun)]
    replace_table(reported_path(board_dir), reported_table(rows))

    shown = reader.open("compare", lang=language)

    fine(shown)
    reported = [one.value for one in shown.html if "&lt;i&gt;Else&lt;/i&gt;" in one.value]
    assert len(reported) == 1
    assert "61.2" in reported[0]
    assert text(REPORTED_BY, language, source="a paper") in reported[0]
    assert f"Llama: {translate(NOT_RUN_YET, language)}" in said(shown)
    assert "Else" not in said(reader.open("board", lang=language))
    assert "Else" not in charts(shown)


def test_reported_figures_that_cannot_be_read_are_said(reader: Reader, board_dir: Path) -> None:
    damage(reported_path(board_dir))
    shown = reader.open("compare", lang="en")
    assert not shown.exception
    assert "cannot be read" in shown.warning[0].value
    assert shown.get("plotly_chart"), "the comparison stands"


# Analysis, history, model.


def test_the_analysis_shows_every_part(reader: Reader) -> None:
    shown = reader.open("analysis", lang="en")
    fine(shown)
    words = said(shown)
    # 54.6296, 60.4167 and 65.625, see test_analysis.
    for figure in ("54.6", "60.4", "65.6"):
        assert figure in words
    assert len(shown.get("plotly_chart")) == 4, "without discrimination: it takes ten entries"


@pytest.mark.parametrize("against", ["size", "released", "submitted"])
def test_the_analysis_against_size_and_dates(reader: Reader, against: str) -> None:
    shown = reader.open("analysis", lang="zh", against=against)
    fine(shown)
    assert not shown.info
    assert shown.query_params.get("against", "size") == against


def test_the_analysis_of_an_older_board_says_what_it_does_not_tell(
    reader: Reader, board_dir: Path
) -> None:
    make_older(snapshot_path(board_dir, "small", "dev"))
    shown = reader.open("analysis", lang="en", against="released")
    fine(shown)
    infos = [one.value for one in shown.info]
    assert len(infos) == 3, "no robustness, no items, no dates"


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("2026-11-01", [MARKUP]),
        ("2026-11-09", [MARKUP]),  # nothing changed until the tenth
        ("2026-11-10", [MARKUP, BASELINE, "Anonymous K7QX", RIGHT_TO_LEFT, "Gone"]),
        ("2020-01-01", [MARKUP]),  # before the first day
        ("2099-01-01", [MARKUP, BASELINE, "Anonymous K7QX", RIGHT_TO_LEFT, "Gone"]),
        ("", [MARKUP, BASELINE, "Anonymous K7QX", RIGHT_TO_LEFT, "Gone"]),
    ],
)
def test_the_board_as_it_was(reader: Reader, asked: str, names: list[str]) -> None:
    shown = reader.open("history", lang="en", date=asked)
    fine(shown)
    assert table(shown) == names


def test_what_changed_since(reader: Reader) -> None:
    words = said(reader.open("history", lang="en", date="2026-11-01"))
    assert f"{MARKUP}: 60.0 → 80.0 points, rank 1 → 1." in words
    words = said(reader.open("history", lang="en", date="2026-11-10"))
    assert "No longer on the board: Gone." in words


@pytest.mark.parametrize("entry", ["e1", "s1", ""])
def test_a_model_is_found_by_entry_or_submission(reader: Reader, entry: str) -> None:
    shown = reader.open("model", lang="en", entry=entry)
    fine(shown)
    assert shown.query_params["entry"] == "e1"
    words = said(shown)
    for told in ("80.0", "75.0 – 85.0", "robust_accuracy|v:1", "The authors, 2026.", "s1"):
        assert told in words
    assert len(shown.get("plotly_chart")) == 2, "the radar, and two submissions"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("entry", [f"e{number}" for number in range(2, 7)])
def test_every_model_has_a_page(reader: Reader, entry: str, language: Language) -> None:
    fine(reader.open("model", lang=language, entry=entry))


def test_the_page_of_a_baseline_says_how_its_answers_were_made(reader: Reader) -> None:
    words = said(reader.open("model", lang="en", entry="e2"))
    for told in ("As the harness kept it", "seed 7", "gpt-<b>", "1,234,567"):
        assert told in words
    assert "As the harness kept it" not in said(reader.open("model", lang="en", entry="e1"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_a_model_links_to_what_lies_on_the_hub(
    reader: Reader, language: Language
) -> None:
    [table] = [
        one.value
        for one in reader.open("model", lang=language, entry="e1").html
        if "lab/Best-model" in one.value
    ]
    for title, href, shown in (
        ("Model repository", "https://huggingface.co/lab/Best-model", "lab/Best-model"),
        ("Predictions", ANSWERS, text("Every answer, as a file", language)),
    ):
        assert f"<bdi>{text(title, language)}</bdi>" in table
        assert f'<a href="{href}" target="_blank" rel="noopener">{shown}</a>' in table


def test_a_model_that_names_nothing_on_the_hub_links_nowhere(
    reader: Reader, board_dir: Path
) -> None:
    def links() -> list[str]:
        shown = reader.open("model", lang="en")
        fine(shown)
        return [one.value for one in shown.html if "huggingface.co" in one.value]

    assert len(links()) == 1
    make_older(snapshot_path(board_dir, "small", "dev"))
    assert links() == []
    publish(board_dir, [{**small_rows()[0], "repository": "", "predictions": ""}])
    assert links() == []


def test_what_a_repository_is_called_is_no_markup(reader: Reader, board_dir: Path) -> None:
    attack = '"><img src=x onerror=hit()>'
    publish(board_dir, [{**small_rows()[0], "repository": attack}])
    [table] = [one.value for one in reader.open("model", lang="en").html if "onerror" in one.value]
    assert "<img" not in table


def test_a_model_that_is_not_here_says_so(reader: Reader) -> None:
    shown = reader.open("model", lang="en", entry="nobody")
    fine(shown)
    assert "This entry is not on this board" in shown.info[0].value
    assert "Open the board" in [one.proto.label for one in shown.get("page_link")]


def test_a_day_of_another_board_is_held_within_the_days_of_this(
    reader: Reader, board_dir: Path
) -> None:
    """Whoever filters by date and then changes the board meets no error."""
    later = [{**one, "submitted_at": "2027-02-01T10:00:00+00:00"} for one in small_rows()]
    publish(board_dir, later, "empty")
    shown = reader.open("board", lang="en", track="small", phase="dev")
    shown.date_input[0].set_value(date(2026, 11, 3)).run()
    fine(shown)

    shown.selectbox(key="board-board").set_value(("small", "empty")).run()

    fine(shown)
    assert shown.date_input[0].value == date(2027, 2, 1)


def test_the_address_names_models_and_day_even_where_they_are_the_usual(reader: Reader) -> None:
    """Tomorrow others may be the usual ones."""
    compared = reader.open("compare", lang="en").query_params
    assert len(compared["entry"]) >= 2
    assert "date" in reader.open("history", lang="en").query_params
