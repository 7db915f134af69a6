"""A repository in a folder: the same files and the same promises, without a Hub."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from filelock import FileLock

from evaluator.depot.repository import Change, Conflict, Head, Mark, Refused, blob_id
from evaluator.replacing import replacing
from evaluator.texts import _

LOCK, NEWEST = ".lock", ".commit"
# What a folder is at before its first commit.
EMPTY = "empty"


class FolderRepository:
    """Keeps the newest commit only; its id lies in a file beside the others."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._folder = folder
        self._lock = FileLock(folder / LOCK)

    @property
    def place(self) -> str:
        """Return the folder."""
        return str(self._folder)

    def make(self) -> None:
        """Make the folder unless it exists."""
        self._folder.mkdir(parents=True, exist_ok=True)

    def head(self, paths: Collection[str] | None = None) -> Head:
        """Return the files as they are, or of `paths` those that are there.

        Of a folder that does not exist there are none.
        """
        if not self._folder.is_dir():
            return Head("", {})
        with self._lock:
            return Head(self._newest(), {path: self._mark(path) for path in self._there(paths)})

    def read(self, path: str, commit: str) -> bytes:
        """Return a file as it is at the newest commit.

        Raises:
            Conflict: the commit is not the newest any more.
            Refused: there is no such file.
        """
        return self.read_all([path], commit)[path]

    def read_all(self, paths: Collection[str], commit: str) -> dict[str, bytes]:
        """Return many files as they are at the newest commit, by path.

        Raises:
            Conflict: the commit is not the newest any more.
            Refused: there is no such file.
        """
        if not paths:
            return {}
        with self._lock:
            self._check(commit)
            return {path: self._read(path) for path in paths}

    def commit(self, changes: Sequence[Change], parent: str, message: str) -> str:
        """Make all changes; each file is whole at any moment.

        Raises:
            Conflict: another commit came between.
        """
        with self._lock:
            self._check(parent)
            for change in changes:
                file = self._folder / change.path
                if change.content is None:
                    file.unlink(missing_ok=True)
                    continue
                with replacing(file) as draft:
                    draft.write_bytes(change.content)
            made = secrets.token_hex(20)
            with replacing(self._folder / NEWEST) as draft:
                draft.write_text(made, "utf-8")
            return made

    def forget(self, is_gone: Callable[[str], bool]) -> None:
        """There are no former commits."""

    def _read(self, path: str) -> bytes:
        file = self._folder / path
        if not file.is_file():
            raise Refused(_("{name} has no file {path}."), name=self.name, path=path)
        return file.read_bytes()

    def _check(self, commit: str) -> None:
        if self._newest() != commit:
            raise Conflict(_("{name} was changed meanwhile."), name=self.name)

    def _newest(self) -> str:
        file = self._folder / NEWEST
        return file.read_text("utf-8") if file.is_file() else EMPTY

    def _there(self, paths: Collection[str] | None) -> list[str]:
        if paths is not None:
            return [path for path in paths if (self._folder / path).is_file()]
        return [
            path.relative_to(self._folder).as_posix()
            for path in sorted(self._folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        ]

    def _mark(self, path: str) -> Mark:
        return Mark(blob_id((self._folder / path).read_bytes()))
