"""Quotas: how many submissions a team has left, counted where they are accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from evaluator.errors import NotAllowed
from evaluator.phase import Quota
from evaluator.schema import submissions
from evaluator.texts import _
from evaluator.withdrawal import stands


@dataclass(frozen=True)
class Allowance:
    """What a team has left, today and in all (None: unlimited), and when its day ends."""

    today: int | None
    in_all: int | None
    resets_at: datetime


def allowance(
    connection: sa.Connection, quota: Quota, place: Sequence[str], moment: datetime
) -> Allowance:
    """Return what is left of a quota; `place` is track, phase and team."""
    today, in_all = _used(connection, quota, place, moment)
    return Allowance(_left(quota.per_day, today), _left(quota.total, in_all), quota.day_end(moment))


def refuse_beyond(
    connection: sa.Connection, quota: Quota, place: Sequence[str], moment: datetime
) -> None:
    """Refuse one more submission where nothing is left of a quota.

    To be called where nobody else writes (`Store.accept`), so that the last one left goes to
    exactly one of many at once.

    Raises:
        NotAllowed: the quota is used up; the sentence says when there is more.
    """
    left = allowance(connection, quota, place, moment)
    if left.in_all == 0:
        raise NotAllowed(
            _("Your team has used all its {total} submissions to this phase; nothing was stored."),
            total=quota.total,
        )
    if left.today == 0:
        raise NotAllowed(
            _(
                "Your team has used its {per_day} submission(s) of today; nothing was stored. "
                "The next one is possible from {moment}."
            ),
            per_day=quota.per_day,
            moment=left.resets_at,
        )


def _used(
    connection: sa.Connection, quota: Quota, place: Sequence[str], moment: datetime
) -> tuple[int, int]:
    """Return how many submissions cost something: today, and in all."""
    day = quota.day_start(moment).isoformat(timespec="seconds")
    columns = submissions.c
    query = sa.select(
        sa.func.coalesce(sa.func.sum(sa.case((columns.created_at >= day, 1), else_=0)), 0),
        sa.func.count(),
    ).where(
        columns.track == place[0],
        columns.phase == place[1],
        columns.team == place[2],
        columns.provenance == "participant",
        # A failed one was our fault, and one withdrawn before it was scored told nothing.
        stands(),
    )
    today, in_all = connection.execute(query).one()
    return today, in_all


def _left(limit: int | None, used: int) -> int | None:
    return None if limit is None else max(0, limit - used)
