"""A team takes a scored submission back in a real browser, and is asked first."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.folders import mini_answers, write_lines
from tests.site import Site
from tests.visitors import CHROMIUM, Watch

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


def test_a_scored_submission_is_taken_back(browser: Browser, tmp_path: Path, mini: Path) -> None:
    site = Site(tmp_path / "data", CHALLENGE_DIR=str(mini))
    ours, theirs = (site.command("issue-token", team) for team in ("ours", "theirs"))
    file = write_lines(tmp_path / "answers.jsonl", mini_answers())
    site.start()
    try:
        key = site.submit(file, "Mistaken", track="mini", token=ours)["id"]
        site.finished(key)

        stranger = browser.new_context(locale="en-GB").new_page()
        stranger.goto(site.url)
        stranger.locator("#token input").fill(theirs)
        stranger.get_by_role("tab", name="My submissions").click()
        stranger.locator("#asked textarea, #asked input").fill(key)
        stranger.get_by_role("button", name="Show", exact=True).click()
        expect(stranger.locator("#found")).to_contain_text("Mistaken")
        expect(stranger.locator("#withdraw")).to_be_hidden()
        told = site.call("/withdraw", submission_id=key, token=theirs, language="en")
        assert told["withdrawn"] is False
        assert told["message"] == "Only the team that submitted it can withdraw it."

        page = browser.new_context(locale="en-GB").new_page()
        watch = Watch(page, site)
        page.goto(site.url)
        page.locator("#token input").fill(ours)
        page.get_by_role("tab", name="My submissions").click()
        page.locator("#asked textarea, #asked input").fill(key)
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.locator("#found .mb-finished")).to_be_visible()
        page.locator("#withdraw").click()
        expect(page.locator("#question")).to_contain_text("goes on counting against your quota")
        assert site.rows("SELECT status FROM submissions") == [("finished",)]
        page.locator("#never-mind").click()
        expect(page.locator("#give-up")).to_be_hidden()
        page.locator("#withdraw").click()
        page.locator("#give-up").click()
        expect(page.locator("#found .mb-withdrawn")).to_be_visible()
        expect(page.locator("#listed .mb-withdrawn")).to_be_visible()
        for gone in ("#withdraw", "#give-up", "#never-mind"):
            expect(page.locator(gone)).to_be_hidden()
        for table in ("predictions", "item_statistics", "runs"):
            assert site.rows(f"SELECT * FROM {table}") == []
        site.wait_for(lambda: not _board(site), 30, "it is on the board still")
        watch.check()
    finally:
        site.stop()


def test_a_maintainer_says_why(tmp_path: Path, mini: Path) -> None:
    site = Site(tmp_path / "data", CHALLENGE_DIR=str(mini))
    file = write_lines(tmp_path / "answers.jsonl", mini_answers())
    site.start()
    try:
        key = site.submit(file, "Copied", track="mini")["id"]
        site.finished(key)
        said = site.command("withdraw", key, "--reason", "The answers are another team's.")
        assert said == (
            f"{key} is withdrawn and its content deleted; the board follows within seconds."
        )
        told = site.status(key)
        assert (told["status"], told["result"]) == ("withdrawn", None)
        assert told["message"] == "Withdrawn by the maintainers: The answers are another team's."
        site.wait_for(lambda: not _board(site), 30, "it is on the board still")
    finally:
        site.stop()


def _board(site: Site) -> list[str]:
    """Return the models on the board."""
    board = site.call("/leaderboard", track="mini", phase="dev", language="en")
    return [row["model"] for row in board["entries"]]
