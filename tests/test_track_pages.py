"""Each track as a visitor meets it in a browser: its page and an upload, in both languages."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from evaluator.challenge import load_challenge
from evaluator.texts import LANGUAGES, Language
from evaluator.track import Track
from tests.site import ROOT, Site
from tests.visitors import CHROMIUM, Watch, drop

SAMPLE = load_challenge(ROOT / "challenge")
TABS = {"zh": "赛道", "en": "Track"}
VALID = {"zh": "文件有效", "en": "The file is valid"}
# All of the sample's pages are larger than those of a test's challenge.
PATIENCE = 30_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The whole sample challenge; nothing is submitted, so that the worker has little to do."""
    folder = tmp_path_factory.mktemp("whole")
    challenge = folder / "challenge"
    challenge.mkdir()
    for name in ("tracks", *SAMPLE.tracks):
        (challenge / name).symlink_to(ROOT / "challenge" / name)
    running = Site(folder / "data", CHALLENGE_DIR=str(challenge)).start()
    yield running
    running.stop()


def visit(browser: Browser, language: Language, width: int) -> Page:
    """Open a visitor's window."""
    locale = {"zh": "zh-CN", "en": "en-GB"}[language]
    context = browser.new_context(locale=locale, viewport={"width": width, "height": 900})
    return context.new_page()


@pytest.mark.parametrize("track", SAMPLE.tracks.values(), ids=SAMPLE.tracks)
@pytest.mark.parametrize(("language", "width"), [("zh", 390), ("en", 1280)])
def test_its_page_shows_what_a_participant_needs(
    browser: Browser, whole: Site, track: Track, language: Language, width: int
) -> None:
    page = visit(browser, language, width)
    watch = Watch(page, whole)
    page.goto(f"{whole.url}/?lang={language}&track={track.id}")
    page.get_by_role("tab", name=TABS[language], exact=True).click()

    shown = page.locator("#page")
    expect(shown.get_by_role("heading", level=2)).to_contain_text(track.title.text(language))
    assert track.notice
    expect(shown.get_by_text(track.notice.text(language)).first).to_be_visible()
    for dimension in track.dimensions:
        heading = shown.get_by_role("heading", level=4)
        expect(heading.get_by_text(dimension.title.text(language), exact=True)).to_be_visible()
    expect(shown.locator("details.mb-card")).to_have_count(len(track.datasets))
    # A card opens by keyboard and holds what the dataset tests, and an example with its answer.
    first = shown.locator("details.mb-card").first
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(first.get_by_text(track.datasets[0].card.text(language))).to_be_visible()
    expect(first.locator("pre")).to_have_count(2)
    # Every other track is one link away.
    expect(shown.locator(".mb-others a")).to_have_count(len(SAMPLE.tracks) - 1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    watch.check()
    page.context.close()


def test_pictures_are_seen(browser: Browser, whole: Site) -> None:
    page = visit(browser, "en", 1280)
    watch = Watch(page, whole)
    page.goto(f"{whole.url}/?lang=en&track=ophthalmology")
    page.get_by_role("tab", name=TABS["en"], exact=True).click()
    cards = page.locator("#page details.mb-card")
    for number in (0, 1):
        cards.nth(number).locator("summary").click()
        image = cards.nth(number).locator("img.mb-image")
        expect(image).to_be_visible()
        image.scroll_into_view_if_needed()
        page.wait_for_function("image => image.naturalWidth === 448", arg=image.element_handle())
    watch.check()
    page.context.close()


@pytest.mark.parametrize("track", SAMPLE.tracks.values(), ids=SAMPLE.tracks)
@pytest.mark.parametrize("language", LANGUAGES)
def test_its_pack_filled_in_is_valid_and_half_of_it_is_not(
    browser: Browser, whole: Site, tmp_path: Path, track: Track, language: Language
) -> None:
    pack = httpx.get(f"{whole.url}/packs/{track.id}/dev.zip", timeout=60).content
    lines = filled(pack)
    page = visit(browser, language, 1280)
    watch = Watch(page, whole)
    for name, part, shown in (
        ("half", lines[: len(lines) // 2], "[role=alert]"),
        ("whole", lines, ".mb-good"),
    ):
        page.goto(f"{whole.url}/?lang={language}&track={track.id}")
        link = page.locator("#window a[download]")
        expect(link).to_have_attribute("href", f"packs/{track.id}/dev.zip", timeout=PATIENCE)
        drop(page, written(tmp_path / f"{name}.jsonl", part))
        expect(page.locator(f"#checked {shown}")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#checked .mb-good")).to_contain_text(VALID[language])
    watch.check()
    page.context.close()


def filled(pack: bytes) -> list[str]:
    """Return every line of a pack with an answer."""
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        questions = [
            json.loads(line)
            for name in archive.namelist()
            if name.endswith(".jsonl")
            for line in archive.read(name).decode().splitlines()
        ]
    return [json.dumps({**line, "answer": "答"}, ensure_ascii=False) for line in questions]


def written(path: Path, lines: list[str]) -> Path:
    """Write lines into a file."""
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_nobody_reads_more_than_pictures(whole: Site) -> None:
    """Images are served by the names that questions give them, and nothing else of the folder."""
    there = f"{whole.url}/images/ophthalmology/dev/Eye-Fundus"

    found = httpx.get(f"{there}/images/fundus-01.jpg")
    assert (found.status_code, found.headers["content-type"]) == (200, "image/jpeg")
    for other in (
        f"{there}/references.jsonl",
        f"{there}/images/..%2freferences.jsonl",
        f"{there}/../../../tracks/1-main.yaml",
        f"{there}/images/fundus-99.jpg",
        f"{whole.url}/images/ophthalmology/test/Eye-Fundus/images/fundus-01.jpg",
        f"{whole.url}/images/nowhere/dev/Eye-Fundus/images/fundus-01.jpg",
        f"{whole.url}/images/ophthalmology/dev/Nothing/images/fundus-01.jpg",
    ):
        assert httpx.get(other).status_code == 404, other
