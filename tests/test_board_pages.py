"""The board's pages in a real browser: both languages, a phone, permalinks, keyboard, axe-core.

Screenshots of every page are kept in build/screenshots.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from evaluator.settings import ROOT
from tests.site import SAMPLES, Site
from tests.visitors import CHROMIUM, Watch

PAGES = {
    "": ("Overview", "总览"),
    "board": ("Boards", "榜单"),
    "compare": ("Compare", "对比"),
    "analysis": ("Analysis", "分析"),
    "history": ("History", "历史"),
    "model": ("Model", "模型"),
}
SCREENSHOTS = ROOT / "build" / "screenshots"
GRAVE = ("serious", "critical")
# What axe-core finds inside the frameworks' own widgets, which we cannot mend from here: the rule,
# and what the element in question looks like.
FRAMEWORK: dict[str, str] = {}
READY = 60_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def filled(site: Site) -> Site:
    """A board with two baselines, a participant and one who does not say who it is."""
    named = site.submit(SAMPLES / "sample-a.zip", model="参与者 One", organisation="City hospital")
    hidden = site.submit(SAMPLES / "sample-b.zip", model="Hidden two", anonymous=True)
    for answer in (named, hidden):
        assert site.finished(answer["id"])["status"] == "finished"
    return site


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor who reads English."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 1000})
    yield context.new_page()
    context.close()


def open_page(page: Page, site: Site, name: str, **asked: str) -> None:
    """Open a page of the board and wait until it is drawn to its foot."""
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    page.goto(f"{site.url}/leaderboard/{name}?{query}")
    expect(page.get_by_test_id("stPopover").last).to_be_visible(timeout=READY)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=READY)


def whole(page: Page) -> None:
    """Make the window as high as the page, and wait for its charts."""
    for chart in page.get_by_test_id("stPlotlyChart").all():
        chart.scroll_into_view_if_needed()
        expect(chart.locator(".main-svg").first).to_be_visible()
    main = page.get_by_test_id("stMain")
    height = main.evaluate("node => node.scrollHeight")
    size = page.viewport_size
    assert size
    page.set_viewport_size({"width": size["width"], "height": min(int(height) + 40, 8000)})


def violations(page: Page) -> list[str]:
    """Return what axe-core finds grave, except inside the frameworks' own widgets."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
        if FRAMEWORK.get(one["id"], "\n") not in node["html"]
    ]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "light"), (1280, "dark")])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_reads_well(
    browser: Browser, filled: Site, name: str, language: str, width: int, scheme: Any
) -> None:
    """No error, nothing foreign, nothing cut at the side, no grave fault of accessibility."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    watch = Watch(page, filled)
    open_page(page, filled, name, lang=language)
    title = PAGES[name][language == "zh"]
    expect(page.get_by_test_id("stPageLink").get_by_text(title, exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.lang")[:2] == language
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    whole(page)
    assert violations(page) == []
    if scheme == "light":
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        shot = f"{name or 'overview'}-{language}-{width}.png"
        page.screenshot(path=SCREENSHOTS / shot, full_page=True)
    watch.check()
    page.close()


def test_the_overview_leads_to_a_board_and_a_board_to_a_model(page: Page, filled: Site) -> None:
    watch = Watch(page, filled)
    open_page(page, filled, "", lang="en")
    page.locator(".lb-card a").first.click()
    expect(page.locator(".lb-table .lb-model").get_by_text("参与者 One")).to_be_visible(
        timeout=READY
    )
    page.locator(".lb-table .lb-model").get_by_role("link", name="参与者 One").click()
    expect(page.get_by_role("heading", name="参与者 One")).to_be_visible(timeout=READY)
    expect(page.get_by_text("City hospital")).to_be_visible()
    assert "lang=en" in page.url
    assert "track=main" in page.url
    watch.check()


def test_nothing_tells_who_is_anonymous(page: Page, filled: Site) -> None:
    open_page(page, filled, "board", lang="en", track="main")
    row = page.locator(".lb-table:not(.lb-figures) tbody tr").filter(has_text="Anonymous")
    expect(row).to_have_count(1)
    assert "Hidden two" not in page.content()
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name=re.compile("^Anonymous "))).to_be_visible(timeout=READY)
    assert "Hidden two" not in page.content()


def restored(browser: Browser, address: str) -> Page:
    """Open an address as somebody who has never been here."""
    page = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 1000}).new_page()
    page.goto(address)
    expect(page.get_by_test_id("stPopover").last).to_be_visible(timeout=READY)
    return page


def test_the_address_of_a_board_restores_it(page: Page, browser: Browser, filled: Site) -> None:
    open_page(page, filled, "board", lang="en", track="main", phase="dev")
    page.get_by_label("Search model or organisation").fill("one")
    page.get_by_label("Search model or organisation").press("Enter")
    expect(page.locator(".lb-table:not(.lb-figures) tbody tr")).to_have_count(1)
    page.locator(".lb-table thead a", has_text="Overall").click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text(re.compile("Overall"))
    expect(page).to_have_url(re.compile("q=one"))
    expect(page).to_have_url(re.compile("sort=overall"))

    other = restored(browser, page.url)

    expect(other.get_by_label("Search model or organisation")).to_have_value("one")
    expect(other.locator(".lb-table:not(.lb-figures) tbody tr")).to_have_count(1)
    expect(other.locator("th[aria-sort=descending]")).to_have_text(re.compile("Overall"))
    other.context.close()


def test_the_address_of_a_comparison_restores_it(
    page: Page, browser: Browser, filled: Site
) -> None:
    open_page(page, filled, "compare", lang="en", track="main", phase="dev")
    page.get_by_role("radio", name="Relative").click()
    expect(page).to_have_url(re.compile("view=relative"))
    page.get_by_role("button", name=re.compile("^Remove|Clear all")).first.click()
    page.wait_for_timeout(1_000)

    other = restored(browser, page.url)

    chart = other.get_by_test_id("stPlotlyChart").first
    expect(chart).to_contain_text("the best on each axis = 100", timeout=READY)
    chosen = "[data-testid=stMultiSelect] span[title]"
    assert other.locator(chosen).count() == page.locator(chosen).count()
    other.context.close()


def test_the_address_of_an_analysis_restores_it(page: Page, browser: Browser, filled: Site) -> None:
    open_page(page, filled, "analysis", lang="en", track="main", phase="dev")
    page.get_by_role("radio", name="Submitted").click()
    expect(page).to_have_url(re.compile("against=submitted"))

    other = restored(browser, page.url)

    expect(other.get_by_role("radio", name="Submitted")).to_be_checked()
    other.context.close()


def test_the_address_of_a_model_restores_it(page: Page, browser: Browser, filled: Site) -> None:
    open_page(page, filled, "board", lang="en", track="main", phase="dev")
    page.locator(".lb-table .lb-model").get_by_role("link", name="参与者 One").click()
    expect(page).to_have_url(re.compile("/model.*entry="))
    expect(page.get_by_role("heading", name="参与者 One")).to_be_visible(timeout=READY)

    other = restored(browser, page.url)

    expect(other.get_by_role("heading", name="参与者 One")).to_be_visible(timeout=READY)
    other.context.close()


def test_the_address_of_a_day_restores_it(page: Page, browser: Browser, filled: Site) -> None:
    open_page(page, filled, "history", lang="en", track="main", phase="dev")
    today = datetime.now(UTC).date().isoformat()
    expect(page).to_have_url(re.compile(f"date={today}"))

    other = restored(browser, page.url)

    expect(other.get_by_text(f"As it stood at the end of {today}")).to_be_visible()
    expect(other.locator(".lb-table .lb-model").get_by_text("参与者 One")).to_be_visible()
    other.context.close()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_portal_has_no_grave_fault_of_ours(
    browser: Browser, filled: Site, language: str
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{filled.url}/?lang={language}")
    expect(page.locator("#header h1")).to_be_visible(timeout=READY)
    expect(page.locator("#window")).not_to_be_empty()
    assert violations(page) == []
    page.close()


def test_the_static_export_has_no_grave_fault(
    browser: Browser, filled: Site, tmp_path: Path
) -> None:
    filled.command("export-board", str(tmp_path))
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto((tmp_path / "index.html").as_uri())
    # The copy holds both languages and shows one.
    expect(page.locator(".lb-table:visible").first).to_be_visible(timeout=READY)
    assert violations(page) == []
    page.close()


def test_switching_the_language_keeps_the_view(page: Page, filled: Site) -> None:
    open_page(page, filled, "board", lang="en", track="main", phase="dev", q="one")
    expect(page.locator(".lb-table:not(.lb-figures) tbody tr")).to_have_count(1)
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", name="排行榜")).to_be_visible(timeout=READY)
    expect(page.locator(".lb-table:not(.lb-figures) tbody tr")).to_have_count(1)
    assert "q=one" in page.url
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_what_the_address_names_wrongly_is_said_and_the_rest_is_shown(
    page: Page, filled: Site
) -> None:
    open_page(page, filled, "board", lang="en", track="nowhere", sort="nothing")
    expect(page.get_by_text("track=nowhere")).to_be_visible()
    expect(page.get_by_text("sort=nothing")).to_be_visible()
    expect(page.locator(".lb-table:not(.lb-figures) tbody tr").first).to_be_visible()


def test_the_copied_address_is_that_of_the_view(page: Page, filled: Site) -> None:
    open_page(page, filled, "board", lang="en", track="main", phase="dev", q="one")
    page.get_by_role("button", name=re.compile("Share this view")).click()
    shown = page.get_by_test_id("stCode").get_by_text(f"{filled.url}/leaderboard/board?")
    expect(shown).to_be_visible()
    assert "q=one" in (shown.text_content() or "")


def test_downloads_hold_what_is_shown(page: Page, filled: Site, tmp_path: Path) -> None:
    open_page(page, filled, "board", lang="en", track="main", phase="dev", sort="overall")
    shown = [name.strip() for name in page.locator(".lb-table .lb-model bdi").all_text_contents()]
    found = {}
    for kind in ("CSV", "JSON"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"Download {kind}").click()
        waiting.value.save_as(tmp_path / kind)
        found[kind] = (tmp_path / kind).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(found["CSV"])))
    assert [row["Model"] for row in rows] == shown
    assert [row["Model"] for row in json.loads(found["JSON"])] == shown
    assert "Overall, low" in rows[0]


def test_the_keyboard_reaches_every_page_and_the_table(page: Page, filled: Site) -> None:
    open_page(page, filled, "", lang="en")
    page.mouse.click(2, 2)
    reached: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        text = str(page.evaluate("document.activeElement.textContent") or "").strip()
        reached.append(text)
        if text == "Boards":
            break
    assert "Boards" in reached, reached
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/leaderboard/board"), timeout=READY)
    expect(page.locator(".lb-table").first).to_be_visible(timeout=READY)
