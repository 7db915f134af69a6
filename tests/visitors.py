"""The browser of a visitor: how it starts, what no page may do in it, how files are dropped."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

from tests.site import Site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Streamlit, opened by a deep link, looks for its server one level too high before it finds it.
HARMLESS = re.compile(r"404|_stcore")


class Watch:
    """Notes what a page must not do: console errors, failed scripts, requests to foreign hosts."""

    def __init__(self, page: Page, site: Site) -> None:
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self._home = urlsplit(site.url).netloc
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)

    def check(self) -> None:
        """Fail if the page did any of it."""
        assert self.errors == []
        assert self.foreign == []

    def _console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        where = message.location.get("url", "")
        if not ("_stcore" in where and HARMLESS.search(message.text)):
            self.errors.append(f"{message.text} ({where})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self._home:
            self.foreign.append(request.url)


def drop(page: Page, path: Path) -> None:
    """Drop a prediction file."""
    page.locator("#predictions input[type=file]").set_input_files(path)
