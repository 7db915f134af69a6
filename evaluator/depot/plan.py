"""What publishing would change in one repository, and whether it may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evaluator.depot import signed
from evaluator.depot.layout import check_layout
from evaluator.depot.push import Pushed, Wanted, changes, push
from evaluator.depot.repository import Change, Head, Refused, Repository
from evaluator.texts import _

EDITED = _(
    "{file} in {name} was edited by hand: its hash does not fit. Put it back, or "
    "use --force to write over it."
)


class Publication(NamedTuple):
    """What one repository is to hold, and what its commits are called."""

    kind: str
    repository: Repository
    wanted: Wanted
    title: str


class Plan(NamedTuple):
    """A publication, and what of it is not there yet."""

    publication: Publication
    changes: Sequence[Change]
    head: Head

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
        publication = self.publication
        if self.changes:
            publication.repository.make()
        return push(publication.repository, publication.wanted, publication.title)


def plan(publication: Publication, *, force: bool = False) -> Plan:
    """Return what publishing would change.

    Raises:
        Refused: the repository is not this challenge's, newer, or a record was edited by hand; with
            `force` only the second stops.
        Busy: it cannot be read.
    """
    repository = publication.repository
    head = repository.head()
    check_layout(repository, head, publication.kind, force=force)
    found = changes(publication.wanted, head)
    if not force:
        _check_records(repository, head, found)
    return Plan(publication, found, head)


def _check_records(repository: Repository, head: Head, found: Sequence[Change]) -> None:
    """Refuse to write over a record that somebody edited; all that is JSON is signed."""
    known = [
        change.path
        for change in found
        if change.path.endswith(".json") and "/" in change.path and change.path in head.files
    ]
    for path, content in repository.read_all(known, head.commit).items():
        if signed.read(content) is None:
            raise Refused(EDITED, file=path, name=repository.name)


def _sign(change: Change, head: Head) -> str:
    if change.content is None:
        return "-"
    return "~" if change.path in head.files else "+"
