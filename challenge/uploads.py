"""Uploaded files between the upload and the submission: taken out of reach, gone if abandoned."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from gradio import processing_utils, route_utils
from gradio.exceptions import InvalidPathError

SWEEP_SECONDS = 15

log = logging.getLogger(__name__)


def take_uploads_only(blocks: gr.Blocks) -> None:
    """Make Gradio take a file only from the request that uploaded it.

    It checks that a file named in a request was uploaded only after `launch`, which a mounted
    portal never calls; until then a request may name any file of this machine. It fetches what
    another site's address names, whatever its size. And it stores equal uploads at one path, so
    that two people with the same file would take it from each other.
    """
    blocks.has_launched = True
    processing_utils.async_ssrf_protected_download = _refuse_address
    route_utils.GradioUploadFile = _Upload


async def _refuse_address(url: str, cache_dir: str) -> str:
    raise InvalidPathError("An upload is a file, not an address.")


class _Upload(route_utils.GradioUploadFile):
    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        # Its folder is named by this digest.
        self.sha.update(secrets.token_bytes(16))


class Held(NamedTuple):
    """An upload that waits to be submitted: where it lies, and what its owner calls it."""

    path: Path
    name: str


class Uploads:
    """Holds uploads in a private folder; what nobody touches for `seconds` is deleted.

    `reachable` is the folder into which the portal receives uploads and from which it would
    serve them back; whatever stays there is deleted as well.
    """

    def __init__(self, folder: Path, reachable: Path, seconds: int) -> None:
        self._folder = folder
        self._reachable = reachable
        self._seconds = seconds
        self._held: dict[str, Held] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_sweeping, daemon=True)
        for place in (folder, reachable):
            place.mkdir(parents=True, mode=0o700, exist_ok=True)

    def start(self) -> None:
        """Begin to delete what is abandoned."""
        self._thread.start()

    def stop(self) -> None:
        """Stop deleting."""
        self._stopping.set()

    def hold(self, uploaded: Path) -> str:
        """Move a file out of the reachable folder; return the key that holds it."""
        key = secrets.token_urlsafe(16)
        path = self._folder / key
        shutil.move(uploaded, path)
        os.utime(path)
        self._held[key] = Held(path, uploaded.name)
        return key

    def get(self, key: str) -> Held | None:
        """Return a held upload and keep it a while longer; None if it is gone."""
        held = self._held.get(key)
        if held is None or not held.path.exists():
            return None
        os.utime(held.path)
        return held

    def take(self, key: str) -> Held | None:
        """Return a held upload and hold it no longer, so that it is submitted once."""
        return self._held.pop(key, None)

    def put_back(self, key: str, held: Held) -> None:
        """Hold an upload again that was taken in vain."""
        self._held[key] = held

    def drop(self, key: str) -> None:
        """Delete a held upload."""
        held = self._held.pop(key, None)
        if held:
            held.path.unlink(missing_ok=True)

    def sweep(self, now: float) -> int:
        """Delete every file that was not touched for the set time; return how many.

        Gradio makes a folder for each upload: it goes as well, once it is as old and empty.
        """
        found = [path for place in (self._folder, self._reachable) for path in place.rglob("*")]
        old = [path for path in found if _is_older(path, now - self._seconds)]
        files = [path for path in old if path.is_file()]
        for path in files:
            path.unlink(missing_ok=True)
        for path in old:
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        # One by one, on a copy: other threads hold uploads meanwhile.
        for key, held in list(self._held.items()):
            if not held.path.exists():
                self._held.pop(key, None)
        return len(files)

    def _keep_sweeping(self) -> None:
        while not self._stopping.wait(SWEEP_SECONDS):
            try:
                self.sweep(time.time())
            except OSError as error:
                log.warning("what is abandoned is deleted at the next sweep: %s", error)


def _is_older(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_mtime < moment
    except FileNotFoundError:
        return False
