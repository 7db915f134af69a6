"""The exported page: the same figures as the board, in one file that asks nobody for anything."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from evaluator.errors import EvaluatorError
from evaluator.reported import reported_path
from evaluator.settings import ROOT
from evaluator.texts import translate
from leaderboard.charts.frame import ISOLATE, POP
from leaderboard.export import NothingToExport, export_board, page, read
from leaderboard.sheet import IN_SIGHT, MOST_ENTRIES
from tests.leaderboard.small_board import (
    LONG,
    MARKUP,
    RIGHT_TO_LEFT,
    damage,
    publish,
    row,
    small_rows,
)
from tests.visitors import CHROMIUM

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ATTACKS = (
    "<img src=x onerror=window.hit=1>",
    "</script><script>window.hit=1</script>",
    "<!--<script>",
    '"><svg onload=window.hit=1>',
    "'});window.hit=1;//",
    "%{customdata}<a href='javascript:window.hit=1'>x</a>",
    "\u202eright to left\u2028and a line",
)
LANGUAGES = ("zh", "en")


class Reader(HTMLParser):
    """Reads a page: its tags, its scripts, and what stands in it as text, by language."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.text = {"zh": "", "en": ""}
        self._language = ""
        self._script: dict[str, str | None] | None = None
        self.feed(written)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag == "main":
            self._language = str(found["lang"])
        if tag == "script":
            self._script = found
            self.scripts.append((found, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self._language = ""
        if tag == "script":
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self.scripts[-1] = (self._script, self.scripts[-1][1] + data)
        elif self._language:
            self.text[self._language] += data.replace(ISOLATE, "").replace(POP, "")

    def having(self, name: str) -> list[dict[str, str | None]]:
        """Return the attributes of every tag of a class."""
        return [found for _tag, found in self.tags if name in str(found.get("class")).split()]

    @property
    def charts(self) -> list[Any]:
        """Return what Plotly is given."""
        written = [
            json.loads(text)
            for found, text in self.scripts
            if found.get("type") == "application/json"
        ]
        return [one for one in written if "layout" in one]


def exported(board_dir: Path, *phases: str) -> Reader:
    """Return the page of what is published."""
    return Reader(page(read(board_dir, phases), NOW))


def attacked(folder: Path) -> None:
    """Publish a board on which every name is an attack."""
    rows = [
        row(
            number,
            name,
            (0.9 - number / 10,) * 4,
            number,
            organisation=name,
            parameters=name,
            note_zh=name,
            note_en=name,
            provenance="recorded" if number == 2 else "participant",
        )
        for number, name in enumerate(ATTACKS, 1)
    ]
    publish(folder, rows, citation=ATTACKS[1])


def test_it_holds_every_board_in_both_languages(board_dir: Path) -> None:
    found = exported(board_dir)
    for language, told in (
        ("zh", ("小榜 · 开发", "小榜 · 空", "名次", "安全", "The authors, 2026.")),
        ("en", ("Small board · Development", "Small board · Empty", "Rank", "Safety", "80.0")),
    ):
        for text in told:
            assert text in found.text[language], text
        assert len(found.having("lb-model")) == 2 * (1 + len(small_rows()))
    assert [dict(one)["lang"] for tag, one in found.tags if tag == "main"] == list(LANGUAGES)
    assert "A copy made 2026-11-26 12:00 UTC" in found.text["en"]
    assert "Published 2026-11-20 08:30 UTC." in found.text["en"]


def test_it_says_in_words_how_the_best_differs_from_the_baselines(board_dir: Path) -> None:
    """The best has 80 points overall, GPT 70: ten more, which the tests do not find significant."""
    text = exported(board_dir).text["en"]
    assert f"{MARKUP} against GPT 基线: +10.0 points overall (no significant difference)" in text
    assert "+8.0 … +12.0" in text


def test_every_chart_has_its_table(board_dir: Path) -> None:
    found = exported(board_dir)
    assert len(found.charts) == 2 * 3, "radar, bars and heat map in two languages"
    assert {chart["data"][0]["type"] for chart in found.charts} == {
        "scatterpolar",
        "bar",
        "heatmap",
    }
    summaries = found.text["en"].count("The figures of the chart")
    assert summaries == len(found.having("ex-chart")) / 2 == 3
    assert all("template" not in chart["layout"] for chart in found.charts)
    assert [chart["config"]["showSendToCloud"] for chart in found.charts] == [False] * 6


def test_names_are_data_and_only_our_scripts_may_run(board_dir: Path) -> None:
    attacked(board_dir)
    written = page(read(board_dir), NOW)
    found = Reader(written)

    tags = {tag for tag, _attributes in found.tags}
    assert tags & {"img", "svg", "iframe", "object", "form", "base"} == set()
    for _tag, attributes in found.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "action", "srcdoc"):
            assert re.match(r"#|data:,$", attributes.get(name) or "#"), attributes
    running = [text for attributes, text in found.scripts if "type" not in attributes]
    assert len(running) == 2, "the page's own and Plotly"
    hashes = [base64.b64encode(sha256(text.encode()).digest()).decode() for text in running]
    (policy,) = (one["content"] for _tag, one in found.tags if "http-equiv" in one)
    assert str(policy).split("; ")[:2] == [
        "default-src 'none'",
        f"script-src 'sha256-{hashes[0]}' 'sha256-{hashes[1]}'",
    ]
    for attributes, text in found.scripts:
        if "type" in attributes:
            assert re.search("[<>&]", text) is None
    for name in ATTACKS:
        assert name in found.text["zh"] and name in found.text["en"], name
    assert "\u2028" not in "".join(running)


def test_names_from_right_to_left_stand_by_themselves(board_dir: Path) -> None:
    written = page(read(board_dir), NOW)
    assert f"<bdi>{RIGHT_TO_LEFT}</bdi>" in written
    assert f"<bdi>{LONG}</bdi>" in written


def test_it_stops_at_the_best_five_hundred_and_says_so(board_dir: Path) -> None:
    rows = [row(1 + n % 28, f"m{n}", (0.5,) * 4, 1, submission=f"s{n}") for n in range(501)]
    publish(board_dir, rows)
    found = exported(board_dir)

    tables = 2 * 2
    assert len(found.having("lb-model")) == tables + 2 * MOST_ENTRIES
    assert "This copy holds the best 500 of 501 entries" in found.text["en"]
    assert "The entries after these" in found.text["en"]
    assert IN_SIGHT < MOST_ENTRIES


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (small_rows()[:1], "no entry of a team and a baseline to compare"),
        # Only the maintainers' own.
        (small_rows()[1:2], "no entry of a team and a baseline to compare"),
        ([], "No entry yet."),
        # All ties, a baseline among them.
        (
            [
                row(1, "a", (0.5,) * 4, 1),
                row(2, "b", (0.5,) * 4, 1),
                row(3, "c", (0.5,) * 4, provenance="recorded"),
            ],
            "a against c: 0.0 points overall",
        ),
        # Nobody scores anything.
        ([row(1, "a", (0.0,) * 4, 1)], "0.0"),
        # A dimension that nobody attempted.
        (
            [
                row(
                    1,
                    "a",
                    (0.5,) * 4,
                    1,
                    **{
                        f"{name}{end}": None
                        for name in ("dimension/writing", "dataset/Report")
                        for end in ("", "/low", "/high")
                    },
                )
            ],
            "–",
        ),
    ],
)
def test_few_entries_explain_themselves(
    board_dir: Path, rows: list[dict[str, Any]], told: str
) -> None:
    publish(board_dir, rows)
    found = exported(board_dir, "dev")
    assert told in found.text["en"]
    assert len(found.charts) == (6 if rows else 0)


def test_a_board_that_shows_nothing_yet_says_from_when(board_dir: Path) -> None:
    publish(board_dir, [], "later")
    assert "The board shows entries from 2027-01-05 00:00 UTC on." in exported(board_dir).text["en"]


def test_only_the_boards_of_a_phase(board_dir: Path) -> None:
    text = exported(board_dir, "empty").text["en"]
    assert "Small board · Empty" in text
    assert "Small board · Development" not in text
    with pytest.raises(NothingToExport):
        read(board_dir, ["nothing"])


def test_a_damaged_board_is_left_out_and_told(board_dir: Path, tmp_path: Path) -> None:
    damage(board_dir / "small" / "empty.parquet")
    path, faults = export_board(board_dir, tmp_path / "out", now=NOW)

    told = "The board of small / empty cannot be read just now."
    assert [str(fault) for fault in faults] == [told]
    text = Reader(path.read_text("utf-8")).text["en"]
    assert told in text
    assert "Small board · Development" in text
    assert "Small board · Empty" not in text


def test_a_newest_version_that_is_damaged_gives_way_to_the_last_good_one(
    board_dir: Path, tmp_path: Path
) -> None:
    """That of 2026-11-10, on which an entry stood that is gone."""
    damage(board_dir / "small" / "dev.parquet")
    path, faults = export_board(board_dir, tmp_path, now=NOW)

    assert "that of 2026-11-10 23:00 UTC was written" in str(faults[0])
    text = Reader(path.read_text("utf-8")).text["en"]
    assert "this is the last good one, of 2026-11-10 23:00 UTC" in text
    assert "Gone" in text


def test_no_board_that_can_be_read_writes_nothing(tmp_path: Path) -> None:
    damage(publish(tmp_path / "board", small_rows()))
    with pytest.raises(EvaluatorError, match="cannot be read just now"):
        export_board(tmp_path / "board", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_reported_figures_stand_apart_or_say_that_they_cannot_be_read(board_dir: Path) -> None:
    from evaluator.reported import publish_reported

    publish_reported(ROOT / "challenge", board_dir)
    found = exported(board_dir)
    assert "as reported by" in found.text["en"]
    assert len(found.having("ex-reported")) == 2

    damage(reported_path(board_dir))
    told = exported(board_dir).text["en"]
    assert "The figures reported elsewhere cannot be read just now." in told
    assert "Small board · Development" in told


def test_a_folder_is_made_and_its_page_replaced_at_once(board_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    path, _faults = export_board(board_dir, folder, now=NOW)
    first = path.read_bytes()
    export_board(board_dir, folder, now=NOW)
    assert path.read_bytes() == first, "the same boards, the same file"
    assert list(folder.iterdir()) == [path]
    assert len(first) < 8_000_000


def test_where_nothing_can_be_written_a_sentence_says_so(board_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EvaluatorError, match="cannot be written"):
        export_board(board_dir, tmp_path / "file")
    (tmp_path / "index.html").mkdir()
    with pytest.raises(EvaluatorError, match="cannot be written"):
        export_board(board_dir, tmp_path)
    assert not list(tmp_path.glob(".*draft"))


def run(*arguments: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line on what is published in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "evaluator", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_command_prints_where_the_page_is(board_dir: Path, tmp_path: Path) -> None:
    damage(board_dir / "small" / "empty.parquet")
    done = run("export-board", str(tmp_path / "out"), data_dir=board_dir.parent)

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'out' / 'index.html'}\n"
    assert done.stderr == "The board of small / empty cannot be read just now.\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_stops_where_nothing_is_published(tmp_path: Path, language: Any) -> None:
    done = run("--lang", language, "export-board", str(tmp_path / "out"), data_dir=tmp_path)

    told = "No board is published in {folder}, or none of that phase; nothing was written."
    assert done.returncode == 1
    assert done.stderr.strip() == translate(told, language).format(folder=tmp_path / "board")
    assert not (tmp_path / "out").exists()


needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture
def file(board_dir: Path, tmp_path: Path) -> Path:
    """A page of attacks, of an empty board and of reported figures."""
    from evaluator.reported import publish_reported

    attacked(board_dir)
    publish_reported(ROOT / "challenge", board_dir)
    return export_board(board_dir, tmp_path / "out", now=NOW)[0]


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh visitor who reads English, on a phone, with no network."""
    context = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    context.set_offline(True)
    yield context
    context.close()


class Silence:
    """Notes what the page must not do: complain, or ask anybody."""

    def __init__(self, page: Page) -> None:
        self.heard: list[str] = []
        page.on("console", lambda message: self.heard.append(message.text))
        page.on("pageerror", lambda error: self.heard.append(str(error)))
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:")):
            self.heard.append(url)


def scroll_through(page: Page) -> None:
    """Bring every part of a page into sight."""
    page.evaluate(
        """async () => {
            for (let y = 0; y < document.documentElement.scrollHeight; y += 400) {
                scrollTo(0, y);
                await new Promise(requestAnimationFrame);
            }
        }"""
    )


@needs_browser
@pytest.mark.parametrize("width", [390, 1280])
def test_it_opens_from_a_file_without_a_sound(
    visitor: BrowserContext, file: Path, width: int
) -> None:
    opened = visitor.new_page()
    opened.set_viewport_size({"width": width, "height": 844})
    silence = Silence(opened)
    opened.goto(file.as_uri())
    expect(opened.get_by_role("heading", level=1)).to_have_text(
        "Leaderboard of the open medical LLM challenge"
    )
    scroll_through(opened)
    expect(opened.locator("main[lang=en] .js-plotly-plot .main-svg").first).to_be_visible()
    expect(opened.locator("main[lang=en] .js-plotly-plot")).to_have_count(3)
    expect(opened.locator("main[lang=zh] .js-plotly-plot")).to_have_count(0)
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    for name in opened.locator("main[lang=en] details:visible > summary").all():
        name.click()
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.evaluate("window.hit") is None
    assert silence.heard == []


@needs_browser
def test_its_language_is_the_one_asked_for_and_switches_in_place(
    visitor: BrowserContext, file: Path
) -> None:
    opened = visitor.new_page()
    silence = Silence(opened)
    opened.goto(f"{file.as_uri()}?lang=zh")
    expect(opened.locator("h1:visible")).to_have_text("开放医学大模型挑战赛排行榜")
    assert opened.evaluate("document.documentElement.lang") == "zh"
    assert opened.title() == "开放医学大模型挑战赛排行榜"

    opened.get_by_role("link", name="English").click()
    expect(opened.locator("main[lang=en]")).to_be_visible()
    expect(opened.locator("main[lang=zh]")).to_be_hidden()
    assert opened.url.endswith("#en")
    opened.reload()
    expect(opened.locator("main[lang=en]")).to_be_visible()

    opened.goto(f"{file.as_uri()}#zh-small-empty")
    expect(opened.locator("main[lang=zh]")).to_be_visible()
    scroll_through(opened)
    expect(opened.locator("main[lang=zh] .js-plotly-plot")).to_have_count(3)
    assert silence.heard == []


@needs_browser
def test_light_and_dark_follow_the_reader(visitor: BrowserContext, file: Path) -> None:
    opened = visitor.new_page()
    opened.emulate_media(color_scheme="dark")
    opened.goto(file.as_uri())
    scroll_through(opened)
    words = opened.locator("main[lang=en] .js-plotly-plot .gtitle").first
    ground = opened.locator("body")
    expect(ground).to_have_css("background-color", "rgb(14, 17, 23)")
    expect(words).to_have_css("fill", "rgb(229, 233, 240)")
    opened.emulate_media(color_scheme="light")
    expect(ground).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(words).to_have_css("fill", "rgb(31, 41, 55)")


@needs_browser
def test_it_works_in_a_closed_frame(visitor: BrowserContext, file: Path) -> None:
    outside = file.with_name("outside.html")
    outside.write_text(
        '<!DOCTYPE html><iframe sandbox="allow-scripts" src="index.html?lang=zh" width="360" '
        'height="800"></iframe>',
        "utf-8",
    )
    opened = visitor.new_page()
    silence = Silence(opened)
    opened.goto(outside.as_uri())
    inside = opened.frame_locator("iframe")
    expect(inside.locator("main[lang=zh]")).to_be_visible()
    inside.get_by_role("link", name="English").click()
    expect(inside.locator("main[lang=en]")).to_be_visible()
    inside.locator("main[lang=en] .ex-chart").first.scroll_into_view_if_needed()
    expect(inside.locator("main[lang=en] .js-plotly-plot").first).to_be_visible()
    assert silence.heard == []


@needs_browser
def test_without_scripts_both_languages_are_readable(browser: Browser, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(file.as_uri())
    expect(opened.locator("main[lang=zh]")).to_be_visible()
    expect(opened.locator("main[lang=en]")).to_be_visible()
    expect(opened.get_by_text("Charts need JavaScript").last).to_be_visible()
    context.close()
