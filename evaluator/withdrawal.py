"""Withdrawal: the content of a submission is deleted; what is left says that there was one.

Who could withdraw after the score is told could choose among tries. So a scored one goes on costing
quota, and where the latest counts, an earlier try of the same model does not take its place.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from evaluator.records import now
from evaluator.schema import predictions, runs, statistics, submissions
from evaluator.states import move
from evaluator.texts import Sentence

_COLUMNS = submissions.c
# What a team said of its model and its file. That a model stood there is not forgotten, nor where
# its results were offered, so that they can be taken back.
EMPTIED: dict[str, Any] = {
    "organisation": "",
    "parameters": "",
    "released": "",
    "note": None,
    "origin": None,
    "file_name": "",
    "file_hash": "",
    "shared": False,
    "items": 0,
}


class Tombstone(NamedTuple):
    """A scored submission that was withdrawn; it had so many runs."""

    id: str
    track: str
    phase: str
    created_at: str
    withdrawn_at: str
    runs: int


def withdraw(connection: sa.Connection, key: str, message: Sentence | None) -> bool:
    """Withdraw a submission and its private parts; False where it may not be.

    To be called where nobody else writes.
    """
    if not _bury(connection, key, message):
        return False
    # Whatever the challenge declares by now: a part's id begins with that of its whole.
    of_parts = sa.select(_COLUMNS.id).where(_COLUMNS.id.startswith(f"{key}-", autoescape=True))
    parts = list(connection.execute(of_parts).scalars())
    for part in parts:
        _bury(connection, part, message)
    for table in (predictions, statistics, runs):
        connection.execute(table.delete().where(table.c.submission.in_([key, *parts])))
    return True


def is_scored() -> sa.ColumnElement[bool]:
    """Whether the score of a submission is known, or was when it was withdrawn."""
    return (_COLUMNS.status == "finished") | (_COLUMNS.withdrawn_runs > 0)


def stands() -> sa.ColumnElement[bool]:
    """Whether a submission is to be counted: it is scored, or will be."""
    return _COLUMNS.status.in_(("queued", "scoring")) | is_scored()


def tombstones(engine: sa.Engine) -> list[Tombstone]:
    """Return what was withdrawn after it was scored."""
    query = (
        sa.select(
            _COLUMNS.id,
            _COLUMNS.track,
            _COLUMNS.phase,
            _COLUMNS.created_at,
            _COLUMNS.withdrawn_at,
            _COLUMNS.withdrawn_runs,
        )
        .where(_COLUMNS.withdrawn_runs > 0)
        .order_by(_COLUMNS.sequence)
    )
    with engine.connect() as connection:
        return [Tombstone(*row) for row in connection.execute(query)]


def retired(engine: sa.Engine, track: str, phase: str) -> set[tuple[str, str, str]]:
    """Return the team, model and provenance of models whose latest scored try was withdrawn."""
    model = (_COLUMNS.team, _COLUMNS.model, _COLUMNS.provenance)
    gone = sa.func.max(sa.case((_COLUMNS.withdrawn_runs > 0, _COLUMNS.sequence), else_=0))
    query = (
        sa.select(*model)
        .where(_COLUMNS.track == track, _COLUMNS.phase == phase, is_scored())
        .group_by(*model)
        .having(sa.func.max(_COLUMNS.sequence) == gone)
    )
    with engine.connect() as connection:
        return {(team, name, provenance) for team, name, provenance in connection.execute(query)}


def _bury(connection: sa.Connection, key: str, message: Sentence | None) -> bool:
    query = sa.select(sa.func.max(runs.c.number)).where(runs.c.submission == key)
    made = connection.execute(query).scalar_one() or 0
    if not move(connection, key, "withdrawn", message):
        return False
    buried = submissions.update().where(_COLUMNS.id == key)
    connection.execute(buried.values(**EMPTIED, withdrawn_at=now(), withdrawn_runs=made))
    return True
