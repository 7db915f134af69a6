"""Pseudonyms: what the public sees in place of a model whose team does not name it yet."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from evaluator.entry import Entry, draw_pseudonym
from evaluator.errors import NotAllowed
from evaluator.schema import submissions
from evaluator.texts import _
from evaluator.withdrawal import stands


def settled(connection: sa.Connection, team: str, entry: Entry) -> Entry:
    """Return an entry as it may stand beside the team's others of the same model, on all boards.

    To be called where nobody else writes (`Store.accept`), so that of many at once all get the
    same pseudonym.

    Raises:
        NotAllowed: one is anonymous and the other is not.
    """
    former = _former(connection, team, entry.model)
    if entry.pseudonym and "" in former:
        raise NotAllowed(
            _(
                "Your team has entered this model under its name, so a pseudonym would hide "
                "nothing; nothing was stored. Submit it under its name."
            )
        )
    if not entry.pseudonym and former - {""}:
        raise NotAllowed(
            _(
                "Your team has entered this model under a pseudonym; nothing was stored. Submit it "
                "under the pseudonym too, or reveal it first in “My submissions”."
            )
        )
    if not entry.pseudonym:
        return entry
    return replace(entry, pseudonym=former.pop() if former else _unused(connection, entry))


def reveal(connection: sa.Connection, team: str, model: str) -> int:
    """Clear the pseudonym of all of a team's submissions of a model; return how many had one."""
    columns = submissions.c
    hidden = (columns.team == team) & (columns.model == model) & (columns.pseudonym != "")
    shown = submissions.update().values(pseudonym="", revision=columns.revision + 1)
    return connection.execute(shown.where(hidden)).rowcount


def pseudonyms(connection: sa.Connection, track: str, phase: str) -> frozenset[str]:
    """Return the pseudonyms of the submissions to one phase."""
    columns = submissions.c
    # Greater, not unequal: so the index is used, and a worker that asks often reads few rows.
    query = sa.select(columns.pseudonym).where(
        columns.pseudonym > "", columns.track == track, columns.phase == phase
    )
    return frozenset(connection.execute(query).scalars())


def _former(connection: sa.Connection, team: str, model: str) -> set[str]:
    """Return the pseudonyms under which a team's model stands, an empty one for its name."""
    columns = submissions.c
    query = sa.select(columns.pseudonym).where(
        columns.team == team,
        columns.model == model,
        stands(),
    )
    return set(connection.execute(query).scalars())


def _unused(connection: sa.Connection, entry: Entry) -> str:
    """Return the pseudonym drawn for an entry, or another one where somebody has it."""
    code = entry.pseudonym
    while connection.execute(
        sa.select(submissions.c.id).where(submissions.c.pseudonym == code)
    ).first():
        code = draw_pseudonym()
    return code
