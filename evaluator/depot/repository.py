"""A repository of files with commits: on a Hub, or a folder with the same layout."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from evaluator.errors import EvaluatorError


class Change(NamedTuple):
    """One file of a commit: its new content, or None where it goes."""

    path: str
    content: bytes | None


class Mark(NamedTuple):
    """What tells a file's content: its git blob id, or of a large one its SHA-256."""

    blob: str = ""
    sha256: str = ""

    def fits(self, content: bytes) -> bool:
        """Whether a file with this mark holds just that content."""
        if self.sha256:
            return hashlib.sha256(content).hexdigest() == self.sha256
        return blob_id(content) == self.blob


class Head(NamedTuple):
    """The newest commit of a repository and the marks of its files, by path."""

    commit: str
    files: Mapping[str, Mark]


class RepositoryError(EvaluatorError):
    """A repository cannot be read or written; the sentence says what to do."""


class Conflict(RepositoryError):
    """Somebody else committed since the head was read: read it anew."""


class Busy(RepositoryError):
    """Worth another try, not before `retry_after` seconds where that is said."""

    def __init__(
        self, template: str, *, retry_after: float | None = None, **values: object
    ) -> None:
        super().__init__(template, **values)
        self.retry_after = retry_after


class Refused(RepositoryError):
    """Not to be had with this token under this name."""


class Edited(Refused):
    """One record was edited by hand; others are not concerned."""


class Repository(Protocol):
    """One repository; `name` is what people call it, `place` tells it from any other."""

    name: str

    @property
    def place(self) -> str: ...

    def make(self) -> None:
        """Make the repository unless it exists.

        Raises:
            Busy, Refused: it cannot be made.
        """

    def head(self, paths: Collection[str] | None = None) -> Head:
        """Return the newest commit; of a repository that does not exist it has no name, no files.

        With `paths` it is enough to say of these files whether and how they are there.

        Raises:
            Busy, Refused: it cannot be read.
        """

    def read(self, path: str, commit: str) -> bytes:
        """Return a file as it is at a commit.

        Raises:
            Busy, Refused: it cannot be read.
        """

    def read_all(self, paths: Collection[str], commit: str) -> dict[str, bytes]:
        """Return many files as they are at a commit, by path.

        Raises:
            Busy, Refused: they cannot be read.
        """

    def commit(self, changes: Sequence[Change], parent: str, message: str) -> str:
        """Make all changes at once on top of `parent`; return the new commit.

        Raises:
            Conflict: another commit came between.
            Busy, Refused: it cannot be written; whether it was is to be seen at the head.
        """

    def forget(self, is_gone: Callable[[str], bool]) -> None:
        """Delete for good what former commits hold of files that are gone; doing it twice is once.

        Raises:
            Busy, Refused: it cannot be.
        """


def blob_id(content: bytes) -> str:
    """Return the id that git gives a file.

    >>> blob_id(b"")
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
