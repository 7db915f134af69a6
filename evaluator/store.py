"""Where submissions are kept and where they stand: one SQL database."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import fields

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from evaluator.entry import Entry
from evaluator.errors import NotFound
from evaluator.predictions import Predictions
from evaluator.records import Record, Status, Submission, now, record_of
from evaluator.schema import METADATA, predictions, statistics, submissions
from evaluator.scores import Scores
from evaluator.states import begin, move
from evaluator.texts import Sentence, _


class Store:
    """Reads and writes one database; safe to use from several threads and processes.

    `scores` is what was found of the submissions.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.scores = Scores(engine)
        # Not create_all, which looks first: a process that starts at the same time may be faster.
        with engine.begin() as connection:
            for table in METADATA.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))
                for index in table.indexes:
                    connection.execute(CreateIndex(index, if_not_exists=True))

    def accept(
        self,
        submission: Submission,
        answers: Predictions,
        enqueue: Callable[[sa.Connection, str], None],
        submission_id: str | None = None,
    ) -> str:
        """Keep a submission and queue its run in one transaction; return its id.

        A given id that stands already is returned as it is.
        """
        key = submission_id or secrets.token_hex(8)
        try:
            self._accept(submission, answers, enqueue, key)
        except sa.exc.IntegrityError:
            if not self.has(key):
                raise
        return key

    def _accept(
        self,
        submission: Submission,
        answers: Predictions,
        enqueue: Callable[[sa.Connection, str], None],
        key: str,
    ) -> None:
        row = {field.name: getattr(submission, field.name) for field in fields(submission)}
        entry: Entry = row.pop("entry")
        with self.engine.begin() as connection:
            connection.execute(
                submissions.insert().values(
                    id=key,
                    **row,
                    model=entry.model,
                    organisation=entry.organisation,
                    access=entry.access,
                    parameters=entry.parameters,
                    note=entry.note.model_dump_json() if entry.note else None,
                    created_at=now(),
                    status="queued",
                    items=0,
                    total=answers.items,
                )
            )
            connection.execute(predictions.insert().values(submission=key, packed=answers.pack()))
            enqueue(connection, key)

    def has(self, submission_id: str) -> bool:
        """Whether there is a submission of that id."""
        query = sa.select(submissions.c.id).where(submissions.c.id == submission_id)
        with self.engine.connect() as connection:
            return connection.execute(query).first() is not None

    def record(self, submission_id: str) -> Record:
        """Return one submission.

        Raises:
            NotFound: there is none of that id.
        """
        # Whoever asks may send half a surrogate pair, which no database takes.
        asked = submission_id.encode(errors="replace").decode()
        query = sa.select(submissions).where(submissions.c.id == asked)
        with self.engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound(
                _("There is no submission “{id}”; copy the id you were given when you submitted."),
                id=asked[:40],
            )
        return record_of(dict(row))

    def predictions(self, submission_id: str) -> Predictions:
        """Return the answers of one submission, which must exist."""
        query = sa.select(predictions.c.packed).where(predictions.c.submission == submission_id)
        with self.engine.connect() as connection:
            return Predictions.unpack(connection.execute(query).scalar_one())

    def position(self, submission_id: str) -> int:
        """Return how many unfinished submissions were accepted before this one."""
        this = sa.select(submissions.c.sequence).where(submissions.c.id == submission_id)
        query = sa.select(sa.func.count()).where(
            submissions.c.status.in_(["queued", "scoring"]),
            submissions.c.sequence < this.scalar_subquery(),
        )
        with self.engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def unfinished(self) -> list[str]:
        """Return the ids of submissions that are queued or being scored, oldest first."""
        query = (
            sa.select(submissions.c.id)
            .where(submissions.c.status.in_(["queued", "scoring"]))
            .order_by(submissions.c.sequence)
        )
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def move(self, submission_id: str, to: Status, message: Sentence | None = None) -> bool:
        """Move a submission to a state; return False where it may not go there from its own."""
        with self.engine.begin() as connection:
            return move(connection, submission_id, to, message)

    def withdraw(self, submission_id: str) -> bool:
        """Withdraw an unfinished submission and delete its content; False where it is finished."""
        content = (predictions, statistics)
        with self.engine.begin() as connection:
            if not move(connection, submission_id, "withdrawn", None):
                return False
            for table in content:
                connection.execute(table.delete().where(table.c.submission == submission_id))
        return True

    def begin(self, submission_id: str) -> bool:
        """Mark a submission as being scored, unless it is scored already and scored anew.

        Returns False where it may not be scored any more.
        """
        with self.engine.begin() as connection:
            return begin(connection, submission_id)

    def of_team(self, team: str, limit: int = 20) -> list[Record]:
        """Return a team's submissions, newest first."""
        query = (
            sa.select(submissions)
            .where(submissions.c.team == team)
            .order_by(submissions.c.sequence.desc())
            .limit(limit)
        )
        with self.engine.connect() as connection:
            return [record_of(dict(row)) for row in connection.execute(query).mappings()]
