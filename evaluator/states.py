"""Where a submission may go from where it stands; one statement moves it."""

from __future__ import annotations

import json

import sqlalchemy as sa

from evaluator.records import Status
from evaluator.schema import submissions
from evaluator.texts import Sentence

FROM: dict[Status, tuple[Status, ...]] = {
    "queued": (),
    "scoring": ("queued", "scoring"),
    "finished": ("scoring",),
    "failed": ("queued", "scoring"),
    "withdrawn": ("queued", "scoring", "failed", "finished"),
}


def move(
    connection: sa.Connection, submission_id: str, to: Status, message: Sentence | None
) -> bool:
    """Move a submission to a state; return False where it may not go there from its own."""
    written = message and json.dumps([message.template, dict(message.values)], default=str)
    columns = submissions.c
    update = (
        submissions.update()
        .where(columns.id == submission_id, columns.status.in_(FROM[to]))
        .values(
            status=to,
            message=written,
            revision=columns.revision + sa.case((columns.status == to, 0), else_=1),
        )
    )
    return connection.execute(update).rowcount == 1


def begin(connection: sa.Connection, submission_id: str) -> bool:
    """Move a submission to `scoring`; a finished one is scored anew and stays finished.

    Returns False where it may not be scored any more.
    """
    return move(connection, submission_id, "scoring", None) or is_finished(
        connection, submission_id
    )


def is_finished(connection: sa.Connection, submission_id: str) -> bool:
    """Whether a submission is finished."""
    query = sa.select(submissions.c.status).where(submissions.c.id == submission_id)
    return connection.execute(query).scalar_one_or_none() == "finished"
