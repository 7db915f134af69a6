"""Tables and cards as HTML, read back as a browser would: values are data, never markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from evaluator.texts import LANGUAGES, Language
from leaderboard import markup
from leaderboard.links import Links
from leaderboard.markup import Tile, columns_of
from leaderboard.snapshot import Snapshot, rows
from leaderboard.table_row import MOST_WHISKERS
from leaderboard.tables import Column, columns
from tests.leaderboard.small_board import LONG, MARKUP, RIGHT_TO_LEFT

NAN = float("nan")
BAD = "<script>alert(1)</script>\"'&"
VOID = {"br", "img", "hr", "input"}


class Page(HTMLParser):
    """What a browser makes of markup: elements, texts, and whether everything is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == [], "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, "elements are closed in their order"

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())

    def all(self, tag: str, css: str = "") -> list[dict[str, str]]:
        """Return the attributes of every element of a kind, by default of any class."""
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and (not css or css in attributes.get("class", "").split())
        ]


def board_table(
    entries: pd.DataFrame, shown: Sequence[Column], language: Language, links: Links
) -> str:
    """Return entries as a table."""
    return markup.board_table(rows(entries, columns_of(shown, language)), shown, language, links)


def table(snapshot: Snapshot, links: Links | None = None) -> Page:
    """Return the board's table with the columns that always stand."""
    shown = [column for column in columns(snapshot, "en") if column.group == "fixed"]
    return Page(board_table(snapshot.entries, shown, "en", links or Links()))


def test_a_table_shows_a_row_for_each_entry(snapshot: Snapshot) -> None:
    page = table(snapshot)
    assert len(page.all("tr")) == 7, "and one of headings"
    assert [one["scope"] for one in page.all("th")] == ["col"] * 3 + ["row"] * 6
    for text in (MARKUP, "80.0", "70.0", RIGHT_TO_LEFT, LONG, "2–3", "Skipped items"):
        assert text in page.texts
    assert page.all("table")[0]["lang"] == "en"


def test_baselines_and_anonymous_entries_are_marked(snapshot: Snapshot) -> None:
    page = table(snapshot)
    assert len(page.all("tr", "lb-baseline")) == 1
    assert page.texts.count("Baseline, self-run") == 1
    assert page.texts.count("Anonymous") == 1
    assert len(page.all("span", "lb-none")) == 2, "neither baseline nor who skipped takes a rank"


def test_a_line_stands_where_a_group_begins(snapshot: Snapshot) -> None:
    """Ranks 1; none; 2 and 2; 4; none: a baseline between groups belongs to none."""
    assert len(table(snapshot).all("tr", "lb-newgroup")) == 2


def test_a_baseline_within_a_group_does_not_part_it(snapshot: Snapshot) -> None:
    """Groups 1; 2, none, 2; 4."""
    within = snapshot.with_entries(snapshot.entries.iloc[[0, 2, 1, 3, 4]])
    assert len(table(within).all("tr", "lb-newgroup")) == 2


def test_in_another_order_no_line_begins_a_group(snapshot: Snapshot) -> None:
    """The line says that who stands below is significantly worse."""
    turned = snapshot.with_entries(snapshot.entries[::-1])
    for here in ({"sort": ["overall"], "turned": ["1"]}, {"sort": ["model"]}):
        assert table(turned, Links(here)).all("tr", "lb-newgroup") == []


def test_names_stand_apart_from_what_is_around_them(snapshot: Snapshot) -> None:
    """A name that reads from right to left turns nothing else round."""
    rows = board_table(snapshot.entries, columns(snapshot, "en")[:3], "en", Links())
    assert f"<bdi>{RIGHT_TO_LEFT}</bdi>" in rows


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_value_is_markup(snapshot: Snapshot, language: Language) -> None:
    """In a table, in figures, in sentences, in a heading and on a card."""
    texts = ("name_zh", "name_en", "organisation", "access", "parameters", "released")
    bad = dict.fromkeys(texts, BAD)
    entries = snapshot.entries.assign(**bad, entry=BAD, submitted_at=BAD, provenance=BAD)
    board = snapshot.with_entries(entries)
    here: dict[str, list[str]] = {"q": [BAD], "lang": [language]}
    shown = [*columns(snapshot, language), Column("organisation", BAD, "text", BAD)]
    links = Links(here, {"track": BAD})
    for text in (
        board_table(entries, shown, language, links),
        markup.figures([BAD], [[BAD, BAD]], language, BAD),
        markup.said([BAD], language),
        markup.name(entries.iloc[0].to_dict(), language),
        markup.tiles([Tile(BAD, BAD)], language),
        markup.track_cards([board], language, {"lang": BAD}),
    ):
        page = Page(text)
        assert page.all("script") == []
        assert not [one for _tag, found in page.elements for one in found if one[:2] == "on"]
        assert BAD in " ".join(page.texts)


def test_headings_are_no_links_without_an_address(snapshot: Snapshot) -> None:
    page = table(snapshot)
    assert page.all("a") == []
    assert all("aria-sort" not in one for one in page.all("th"))


def test_headings_sort_the_view_and_keep_the_rest_of_it(snapshot: Snapshot) -> None:
    here = {"lang": ["zh"], "col": ["access", "tries"], "sort": ["overall"]}
    page = table(snapshot, Links(here))
    rank, model, overall = (parse_qs(one["href"].removeprefix("?")) for one in page.all("a"))
    kept = {"lang": ["zh"], "col": ["access", "tries"]}
    assert rank == {**kept, "sort": ["rank"]}
    assert model == {**kept, "sort": ["model"]}
    assert overall == {**kept, "sort": ["overall"], "turned": ["1"]}, "twice turns it round"


@pytest.mark.parametrize(
    ("here", "sorts"),
    [
        ({"lang": ["en"]}, ["ascending", "none", "none"]),  # by rank, unless it is said
        ({"sort": ["overall"]}, ["none", "none", "descending"]),
        ({"sort": ["overall"], "turned": ["1"]}, ["none", "none", "ascending"]),
        ({"sort": ["model"], "turned": ["0"]}, ["none", "ascending", "none"]),
        ({"sort": ["gone"]}, ["none", "none", "none"]),
    ],
)
def test_headings_say_how_they_are_sorted(
    snapshot: Snapshot, here: dict[str, list[str]], sorts: list[str]
) -> None:
    page = table(snapshot, Links(here))
    assert [one["aria-sort"] for one in page.all("th") if "aria-sort" in one] == sorts


def test_a_third_click_turns_it_back() -> None:
    overall = Column("overall", "Overall", "points")
    turned = Links({"sort": ["overall"], "turned": ["1"]})
    assert turned.sorted_by(overall) == "?sort=overall"


def test_names_lead_to_their_entry_and_keep_the_board(snapshot: Snapshot) -> None:
    page = table(snapshot, Links({}, {"lang": "zh", "track": "small"}))
    first = urlsplit(page.all("a")[0]["href"])
    assert first.path == "model"
    assert parse_qs(first.query) == {"lang": ["zh"], "track": ["small"], "entry": ["e1"]}


def test_whiskers_stand_where_the_interval_is(snapshot: Snapshot) -> None:
    """80 with 75 to 85: from 75 %, 10 % wide, the mark at 80 %."""
    page = table(snapshot)
    assert len(page.all("span", "lb-whisker")) == 6
    assert page.all("i")[0]["style"] == "left:75.0%;width:10.0%"
    assert page.all("b")[0]["style"] == "left:80.0%"


@pytest.mark.parametrize(
    ("value", "low", "high", "left", "width"),
    [
        (0.0, -0.2, 0.1, 0.0, 10.0),  # an interval beyond the scale is cut
        (1.0, 0.9, 1.3, 90.0, 10.0),
        (0.5, NAN, NAN, 50.0, 0.0),  # not known
        (0.5, 0.4, NAN, 50.0, 0.0),
        (0.0, 0.0, 0.0, 0.0, 0.0),
    ],
)
def test_whiskers_stay_within_the_scale(
    snapshot: Snapshot, value: float, low: float, high: float, left: float, width: float
) -> None:
    scores = {"overall": value, "overall/low": low, "overall/high": high}
    page = table(snapshot.with_entries(snapshot.entries.head(1).assign(**scores)))
    assert page.all("i")[0]["style"] == f"left:{left}%;width:{width}%"


def test_every_position_is_a_part_of_the_scale(snapshot: Snapshot) -> None:
    shown = [column for column in columns(snapshot, "en") if column.kind == "points"]
    drawn = board_table(snapshot.entries, shown, "en", Links())
    found = re.findall(r"left:([-\d.]+)%(?:;width:([-\d.]+)%)?", drawn)
    assert len(found) == 2 * 6 * 8
    for left, width in found:
        assert 0 <= float(left) <= 100
        assert float(left) + float(width or 0) <= 100.01


def test_a_score_that_is_missing_is_a_dash_without_whisker(snapshot: Snapshot) -> None:
    nothing = snapshot.entries.head(1).assign(overall=NAN)
    page = table(snapshot.with_entries(nothing))
    assert page.texts[-1] == "–"
    assert page.all("span", "lb-whisker") == []
    assert "nan" not in " ".join(page.texts)


def test_many_columns_of_points_have_no_whiskers(snapshot: Snapshot) -> None:
    [overall] = [column for column in columns(snapshot, "en") if column.id == "overall"]
    for number, expected in ((MOST_WHISKERS, MOST_WHISKERS), (MOST_WHISKERS + 1, 0)):
        text = board_table(snapshot.entries.head(1), [overall] * number, "en", Links())
        assert len(Page(text).all("span", "lb-whisker")) == expected


def test_a_table_of_nobody_has_its_headings(snapshot: Snapshot) -> None:
    page = table(snapshot.with_entries(snapshot.entries[:0]))
    assert page.texts == ["Rank", "Model", "Overall"]


def test_figures_name_their_rows_and_have_a_caption(snapshot: Snapshot) -> None:
    page = Page(markup.figures(["Axis", "A"], [["Safety", 1], ["Writing", 0.5]], "en", "Caption"))
    assert page.texts == ["Caption", "Axis", "A", "Safety", "1", "Writing", "0.5"]
    assert [one["scope"] for one in page.all("th")] == ["col", "col", "row", "row"]


def test_a_card_shows_the_three_best_of_the_compared(snapshot: Snapshot) -> None:
    page = Page(markup.track_cards([snapshot], "en", {"lang": "en"}))
    assert len(page.all("li")) == 3
    assert [text for text in page.texts if text in ("80.0", "70.0", "50.0")] == [
        "80.0",
        "70.0",
        "50.0",
    ]
    assert "6 entries, 3 dimensions, 4 datasets" in page.texts
    href = urlsplit(page.all("a")[0]["href"])
    assert href.path == "board"
    assert parse_qs(href.query) == {"lang": ["en"], "track": ["small"], "phase": ["dev"]}


def test_a_card_of_a_board_without_entries_says_so(snapshot: Snapshot) -> None:
    page = Page(markup.track_cards([snapshot.with_entries(snapshot.entries[:0])], "en", {}))
    assert page.all("li") == []
    assert "No entry yet." in page.texts


def test_a_card_of_a_score_that_is_missing_shows_a_dash(snapshot: Snapshot) -> None:
    board = snapshot.with_entries(snapshot.entries.head(1).assign(overall=NAN))
    assert "–" in Page(markup.track_cards([board], "en", {})).texts


def test_the_style_sheet_is_one_element() -> None:
    page = Page(markup.style())
    assert len(page.elements) == 1
    assert ".lb-table" in page.texts[0]
