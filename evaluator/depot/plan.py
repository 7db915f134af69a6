"""What publishing would change in one repository, and whether it may."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from evaluator.depot import signed
from evaluator.depot.layout import LAYOUT_FILE, check_layout
from evaluator.depot.push import Pushed, Wanted, changes, push, trying
from evaluator.depot.repository import Change, Edited, Head, Repository
from evaluator.texts import _

EDITED = _(
    "{file} in {name} was edited by hand: its hash does not fit. Put it back, or "
    "use --force to write over it."
)


class Publication(NamedTuple):
    """What one repository is to hold.

    `message` is what its commits are called, or says it of what changes: a title and, after an
    empty line, more. `done` is called once the repository holds everything.
    """

    kind: str
    repository: Repository
    wanted: Wanted
    message: str | Callable[[Sequence[Change]], str]
    done: Callable[[], None] = lambda: None


class Plan(NamedTuple):
    """A publication, and what of it is not there yet; `forced` is why others' content may go."""

    publication: Publication
    changes: Sequence[Change]
    head: Head
    forced: str = ""

    def lines(self) -> list[str]:
        """Return a line for each file that would change: + new, ~ other content, - gone."""
        return [
            f"{_sign(change, self.head)} {self.publication.repository.name}/{change.path}"
            for change in self.changes
        ]

    def push(self) -> Pushed:
        """Push until the repository holds what is wanted.

        Raises:
            Refused, Busy, Conflict: as `push`.
        """
        _kind, repository, wanted, message, done = self.publication
        if self.changes:
            trying()(repository.make)
        called = message if isinstance(message, str) else message(self.changes)
        if self.forced:
            called = "\n\n".join([called, f"Forced: {self.forced}"])
        pushed = push(repository, wanted, called)
        done()
        return pushed


def plan(publication: Publication, *, force: str = "") -> Plan:
    """Return what publishing would change; `force` is the reason for writing over what others put.

    Raises:
        Refused: the repository is not this challenge's, or is newer, which `force` does not change.
        Edited: a record was edited by hand; with `force` it is written over.
        Busy: it cannot be read.
    """
    return trying()(_plan, publication, force)


def _plan(publication: Publication, force: str) -> Plan:
    repository = publication.repository
    head = repository.head([LAYOUT_FILE, *publication.wanted])
    if LAYOUT_FILE not in head.files:
        head = repository.head()
    check_layout(repository, head, publication.kind, force=bool(force))
    found = changes(publication.wanted, head)
    if not force:
        _check_records(repository, head, found)
    return Plan(publication, found, head, force)


def _check_records(repository: Repository, head: Head, found: Sequence[Change]) -> None:
    """Refuse to write over a record that somebody edited; all that is JSON is signed."""
    known = [
        change.path
        for change in found
        if change.path.endswith(".json")
        and change.path != LAYOUT_FILE
        and change.path in head.files
    ]
    for path, content in repository.read_all(known, head.commit).items():
        if signed.read(content) is None:
            raise Edited(EDITED, file=path, name=repository.name)


def _sign(change: Change, head: Head) -> str:
    if change.content is None:
        return "-"
    return "~" if change.path in head.files else "+"
