"""What a person sees, in a real browser: the main job, both languages, a phone's width, attacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.folders import mini_answers, mini_challenge, write_lines
from tests.site import SAMPLES, Site
from tests.visitors import CHROMIUM, Watch, drop

ATTACKS = [
    "<img src=x onerror=window.hit=1>",
    "<script>window.hit=1</script>",
    '"><svg onload=window.hit=1>',
    "[x](javascript:window.hit=1)",
    "{{constructor.constructor('window.hit=1')()}}",
    "$$\\href{javascript:window.hit=1}{x}$$",
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor who reads English."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 1200})
    yield context.new_page()
    context.close()


def fill_in(page: Page, model: str, organisation: str = "City hospital") -> None:
    """Say what model it is."""
    page.locator("#model textarea, #model input").fill(model)
    page.locator("#organisation textarea, #organisation input").fill(organisation)
    page.locator("#parameters textarea, #parameters input").fill("13B")


def board_has(page: Page, model: str) -> None:
    """Wait until the board's table and radar show a model."""
    cell = page.locator(".lb-table .lb-model").get_by_text(model, exact=True)
    expect(cell.first).to_be_visible(timeout=30_000)
    named = page.locator(".js-plotly-plot .legendtext").get_by_text(model)
    expect(named.first).to_be_visible(timeout=30_000)


def test_upload_watch_and_see_it_on_the_board(page: Page, site: Site) -> None:
    watch = Watch(page, site)
    page.goto(site.url)
    expect(page.get_by_role("heading", name="Open medical LLM challenge")).to_be_visible()
    drop(page, SAMPLES / "sample-a.zip")
    expect(page.locator("#checked")).to_contain_text("The file is valid: 44 items.")

    fill_in(page, "Browser model")
    page.locator("#submit").click()
    standing = page.locator("#standing .mb-standing")
    expect(standing.locator(".mb-badge")).to_have_text(re.compile("Queued|Scoring"))
    expect(standing).to_contain_text(re.compile(r"\d+ of 44 items scored"), timeout=120_000)
    expect(standing.locator(".mb-badge")).to_have_text("Finished", timeout=180_000)
    expect(standing).to_contain_text("Medical knowledge QA")
    expect(standing).to_contain_text("Overall")
    assert "submission=" in page.url, "a reload must find the submission again"
    page.reload()
    expect(page.locator("#standing")).to_contain_text("Browser model", timeout=30_000)

    page.get_by_role("link", name="See it on the leaderboard").click()
    board_has(page, "Browser model")
    watch.check()


def test_a_refused_file_says_what_is_wrong_in_the_readers_language(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"answer": 5, "other": {"id": 1, "source": "MedHC"}}\nbroken\n', "utf-8")
    for language, sentences in {
        "en": ["The answer must be a text in quotes.", "The line is not valid JSON", "line 2"],
        "zh": ["answer 必须是带引号的文本。", "该行不是合法的 JSON", "第 2 行"],
    }.items():
        page = browser.new_page()
        watch = Watch(page, site)
        page.goto(f"{site.url}/?lang={language}")
        drop(page, path)
        for sentence in sentences:
            expect(page.locator("#checked")).to_contain_text(sentence)
        fill_in(page, "Never accepted")
        page.locator("#submit").click()
        expect(page.locator("#standing [role=alert]")).to_be_visible()
        watch.check()
        page.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    ("language", "portal", "tab", "board"),
    [
        ("zh", "开放医学大模型挑战赛", "我的提交", "全部榜单"),
        ("en", "Open medical LLM challenge", "My submissions", "All boards"),
    ],
)
def test_both_front_ends_speak_both_languages_at_any_width(
    browser: Browser, site: Site, width: int, language: str, portal: str, tab: str, board: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    watch = Watch(page, site)
    page.goto(f"{site.url}/?lang={language}")
    expect(page.get_by_role("heading", name=portal)).to_be_visible()
    expect(page.get_by_role("tab", name=tab)).to_be_visible()
    assert page.evaluate("document.documentElement.lang")[:2] == language
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#header a.mb-button").click()
    expect(page.get_by_role("heading", name=board)).to_be_visible(timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    watch.check()
    page.close()


def test_the_relative_radar_gives_the_best_a_hundred(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/leaderboard/compare?lang=en&track=main&phase=dev")
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=30_000)
    page.get_by_role("radio", name="Relative").click()
    expect(page.locator(".js-plotly-plot").first).to_contain_text("the best on each axis = 100")
    page.get_by_text("The figures of the chart").first.click()
    expect(page.locator(".lb-figures").first).to_contain_text("100.0")


@pytest.mark.slow
def test_a_board_refreshes_when_a_result_lands(page: Page, tmp_path: Path) -> None:
    challenge = mini_challenge(tmp_path / "challenge")
    served = Site(tmp_path / "data", CHALLENGE_DIR=str(challenge)).start()
    try:
        page.goto(f"{served.url}/leaderboard/board?lang=en&track=mini&phase=dev")
        expect(page.get_by_text("No entry yet. The first")).to_be_visible(timeout=30_000)
        answer = served.submit(
            write_lines(tmp_path / "a.jsonl", mini_answers()), model="Landed", track="mini"
        )
        served.finished(answer["id"])
        board_has(page, "Landed")
    finally:
        served.stop()


@pytest.mark.slow
def test_names_are_data_in_both_front_ends(page: Page, tmp_path: Path) -> None:
    challenge = mini_challenge(tmp_path / "challenge")
    served = Site(tmp_path / "data", CHALLENGE_DIR=str(challenge)).start()
    try:
        watch = Watch(page, served)
        answers = write_lines(tmp_path / "<img src=x onerror=window.hit=1>.jsonl", mini_answers())
        ids = [
            served.submit(answers, model=attack, track="mini", organisation=attack)["id"]
            for attack in ATTACKS
        ]
        for submission_id in ids:
            served.finished(submission_id)
            page.goto(f"{served.url}/?submission={submission_id}")
            expect(page.locator("#standing .mb-standing")).to_be_visible()
            page.get_by_role("tab", name="My submissions").click()
            expect(page.locator("#listed table")).to_be_visible()
            assert page.evaluate("window.hit") is None
        for name in ("", "board", "compare", "analysis", "history", "model"):
            page.goto(f"{served.url}/leaderboard/{name}?lang=en&track=mini&phase=dev")
            expect(page.locator(".lb-table").first).to_be_attached(timeout=30_000)
            closed = page.locator("details:not([open]) summary")
            while closed.count():
                closed.first.click()
            page.wait_for_timeout(1_000)
            assert page.evaluate("window.hit") is None, name
        broken = tmp_path / "<img src=x onerror=window.hit=1>2.jsonl"
        broken.write_text('{"answer": "<img src=x onerror=window.hit=1>"}\n', "utf-8")
        page.goto(served.url)
        drop(page, broken)
        expect(page.locator("#checked [role=alert]")).to_be_visible()
        assert page.evaluate("window.hit") is None
        watch.check()
    finally:
        served.stop()


def test_the_form_asks_for_a_repository_and_whether_predictions_are_shared(
    page: Page, tmp_path: Path
) -> None:
    challenge = mini_challenge(tmp_path / "challenge")
    served = Site(tmp_path / "data", CHALLENGE_DIR=str(challenge)).start()
    try:
        watch = Watch(page, served)
        page.goto(served.url)
        drop(page, write_lines(tmp_path / "a.jsonl", mini_answers()))
        expect(page.locator("#checked")).to_contain_text("The file is valid")
        fill_in(page, "Open model")
        repository = page.locator("#repository textarea, #repository input")
        repository.fill("Open model")
        page.locator("#submit").click()
        expect(page.locator("#standing [role=alert]")).to_contain_text("as OWNER/NAME")

        repository.fill("https://huggingface.co/lab/Open-model")
        page.locator("#shared input").check()
        page.locator("#submit").click()
        standing = page.locator("#standing .mb-standing")
        expect(standing).to_contain_text("Its team shares its predictions")
        link = standing.get_by_role("link", name="lab/Open-model")
        expect(link).to_have_attribute("href", "https://huggingface.co/lab/Open-model")
        page.get_by_role("tab", name="My submissions").click()
        expect(page.locator("#listed table")).to_contain_text("Predictions shared")
        kept = served.rows("SELECT model, repository, shared FROM submissions")
        assert kept == [("Open model", "lab/Open-model", 1)]
        watch.check()
    finally:
        served.stop()


def test_a_submission_can_be_cancelled_before_it_is_scored(page: Page, site: Site) -> None:
    page.goto(site.url)
    drop(page, SAMPLES / "sample-b.zip")
    expect(page.locator("#checked")).to_contain_text("The file is valid")
    fill_in(page, "Cancelled model")
    page.locator("#submit").click()
    page.locator("#cancel").click()
    expect(page.locator("#standing .mb-badge")).to_have_text("Withdrawn")
    expect(page.locator("#cancel")).to_be_hidden()
    page.wait_for_timeout(3_000)
    expect(page.locator("#standing .mb-badge")).to_have_text("Withdrawn")
