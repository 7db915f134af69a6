"""A team enters a model anonymously in a real browser, is asked, and reveals it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.folders import mini_answers, write_lines
from tests.site import Site
from tests.visitors import CHROMIUM, Watch, drop

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
SECRETS = ("Secret model", "Secret clinic")


def test_a_model_is_anonymous_until_its_team_says_so_twice(
    browser: Browser, tmp_path: Path, mini: Path
) -> None:
    site = Site(tmp_path / "data", CHALLENGE_DIR=str(mini))
    token = site.command("issue-token", "ours")
    site.start()
    try:
        page = browser.new_context(locale="en-GB").new_page()
        watch = Watch(page, site)
        page.goto(site.url)
        page.locator("#token input").fill(token)
        drop(page, write_lines(tmp_path / "answers.jsonl", mini_answers()))
        expect(page.locator("#checked")).to_contain_text("The file is valid")
        for name, text in zip(("model", "organisation"), SECRETS, strict=True):
            page.locator(f"#{name} textarea, #{name} input").fill(text)
        page.locator("#released textarea, #released input").fill("2024-05")
        page.locator("#anonymous input").check()
        page.locator("#submit").click()
        badge = page.locator("#standing .mb-hidden")
        expect(badge).to_be_visible()
        expect(badge).to_have_text("Anonymous " + _only(site, "pseudonym"))
        expect(page.locator("#standing")).to_contain_text(SECRETS[0])
        key = _only(site, "id")

        stranger = browser.new_context(locale="en-GB").new_page()
        stranger.goto(f"{site.url}/?submission={key}")
        expect(stranger.locator("#standing h3")).to_have_text(badge.inner_text())
        expect(stranger.locator("#standing .mb-finished")).to_be_visible(timeout=120_000)
        for secret in SECRETS:
            expect(stranger.locator("#standing")).not_to_contain_text(secret)

        page.get_by_role("tab", name="My submissions").click()
        expect(page.locator("#listed .mb-hidden")).to_be_visible()
        page.locator("#asked textarea, #asked input").fill(key)
        page.get_by_role("button", name="Show", exact=True).click()
        page.locator("#reveal").click()
        expect(page.locator("#question")).to_contain_text("This cannot be undone.")
        assert _only(site, "pseudonym")
        page.locator("#confirm").click()
        expect(page.locator("#listed .mb-hidden")).to_have_count(0)
        expect(page.locator("#found .mb-hidden")).to_have_count(0)
        expect(page.locator("#confirm")).to_be_hidden()
        assert _only(site, "pseudonym") == ""

        stranger.reload()
        expect(stranger.locator("#standing h3")).to_have_text(SECRETS[0])
        watch.check()
    finally:
        site.stop()


def _only(site: Site, column: str) -> str:
    """Return what the only submission has in a column."""
    ((found,),) = site.rows(f"SELECT {column} FROM submissions")
    return str(found)
