"""Copies: which submissions have changed since they were last copied to the depot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from evaluator.schema import depots, submissions


class Waiting(NamedTuple):
    """A submission that is to be copied as it is at this revision; `copied` is the one that was.

    `place` is TRACK/PHASE/ID.
    """

    sequence: int
    id: str
    revision: int
    copied: int
    withdrawn: bool
    place: str

    @property
    def may_leave(self) -> bool:
        """Whether there may be content of it that it does not have any more."""
        return self.withdrawn or self.copied > 0


_COLUMNS = submissions.c
_CHANGED = _COLUMNS.revision > _COLUMNS.copied


def touch(connection: sa.Connection, submission_id: str) -> None:
    """Note that a submission has changed."""
    changed = submissions.update().where(_COLUMNS.id == submission_id)
    connection.execute(changed.values(revision=_COLUMNS.revision + 1))


def is_settled(connection: sa.Connection, place: str) -> bool:
    """Whether it is to this place that copies go."""
    return connection.execute(sa.select(depots.c.place)).scalar_one_or_none() == place


def settle(connection: sa.Connection, place: str) -> None:
    """Note to which place copies go from now on; to another one everything goes anew."""
    if is_settled(connection, place):
        return
    connection.execute(depots.delete())
    connection.execute(depots.insert().values(place=place))
    connection.execute(submissions.update().values(copied=0))


def waiting(
    engine: sa.Engine, limit: int, after: int = 0, *, everything: bool = False
) -> list[Waiting]:
    """Return submissions that wait to be copied, oldest first, accepted after that sequence.

    With `everything` also those that were copied as they are.
    """
    query = (
        sa.select(
            _COLUMNS.sequence,
            _COLUMNS.id,
            _COLUMNS.revision,
            _COLUMNS.copied,
            _COLUMNS.status == "withdrawn",
            _COLUMNS.track + "/" + _COLUMNS.phase + "/" + _COLUMNS.id,
        )
        .where(sa.true() if everything else _CHANGED, _COLUMNS.sequence > after)
        .order_by(_COLUMNS.sequence)
        .limit(limit)
    )
    with engine.connect() as connection:
        return [Waiting(*row) for row in connection.execute(query)]


def count_waiting(connection: sa.Connection, *, new: bool = False) -> int:
    """Return how many wait to be copied; with `new` only teams' own of which there is no copy."""
    query = sa.select(sa.func.count()).select_from(submissions).where(_CHANGED)
    if new:
        query = query.where(_COLUMNS.copied == 0, _COLUMNS.provenance == "participant")
    return connection.execute(query).scalar_one()


def mark_copied(engine: sa.Engine, place: str, revisions: Mapping[str, int]) -> None:
    """Note up to which revision submissions were copied, where it is there that copies go."""
    with engine.begin() as connection:
        if not is_settled(connection, place):
            return
        for name, revision in revisions.items():
            copied = submissions.update().where(_COLUMNS.id == name, _COLUMNS.copied < revision)
            connection.execute(copied.values(copied=revision))


def are_copied(engine: sa.Engine, submission_ids: Sequence[str]) -> bool:
    """Whether there is a copy of each of these submissions, be it of an earlier revision."""
    query = sa.select(sa.func.count()).where(_COLUMNS.id.in_(submission_ids), _COLUMNS.copied > 0)
    with engine.connect() as connection:
        return connection.execute(query).scalar_one() == len(submission_ids)
