"""Uploaded files between the upload and the submission: taken out of reach, gone if abandoned."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from pathlib import Path
from typing import NamedTuple

SWEEP_SECONDS = 15


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
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True, mode=0o700)

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
        """Delete every file that was not touched for the set time; return how many."""
        old = [
            path
            for place in (self._folder, self._reachable)
            for path in place.rglob("*")
            if path.is_file() and _is_older(path, now - self._seconds)
        ]
        for path in old:
            path.unlink(missing_ok=True)
        self._held = {key: held for key, held in self._held.items() if held.path.exists()}
        return len(old)

    def _keep_sweeping(self) -> None:
        while not self._stopping.wait(SWEEP_SECONDS):
            self.sweep(time.time())


def _is_older(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_mtime < moment
    except FileNotFoundError:
        return False
