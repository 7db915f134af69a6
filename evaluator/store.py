"""Where submissions, their states, statistics and results are kept: one SQL database."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from evaluator.entry import Entry
from evaluator.errors import NotFound
from evaluator.metrics.metric import Statistic
from evaluator.predictions import Predictions
from evaluator.records import Finished, Record, Status, Submission
from evaluator.results import Result
from evaluator.schema import METADATA, predictions, results, statistics, submissions
from evaluator.scoring import Chunk
from evaluator.texts import Bilingual, Sentence, _

FROM: dict[Status, tuple[Status, ...]] = {
    "queued": (),
    "scoring": ("queued", "scoring"),
    "finished": ("scoring",),
    "failed": ("queued", "scoring"),
    "withdrawn": ("queued", "scoring", "failed"),
}


class Store:
    """Reads and writes one database; safe to use from several threads and processes."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
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
        return _record(row)

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
            return _move(connection, submission_id, to, message)

    def withdraw(self, submission_id: str) -> bool:
        """Withdraw an unfinished submission and delete its content; False where it is finished."""
        content = (predictions, statistics)
        with self.engine.begin() as connection:
            if not _move(connection, submission_id, "withdrawn", None):
                return False
            for table in content:
                connection.execute(table.delete().where(table.c.submission == submission_id))
        return True

    def keep(self, submission_id: str, chunk: Chunk, rows: Sequence[Statistic]) -> bool:
        """Keep the statistics of one chunk; keeping them again changes nothing.

        Returns False, and keeps nothing, where the submission is no longer being scored.
        """
        key = {"submission": submission_id, "dataset": chunk.dataset, "start": chunk.start}
        same = sa.and_(*(statistics.c[name] == value for name, value in key.items()))
        kept = sa.select(sa.func.sum(statistics.c.size)).where(
            statistics.c.submission == submission_id
        )
        scored = submissions.update().where(submissions.c.id == submission_id)
        with self.engine.begin() as connection:
            if not _move(connection, submission_id, "scoring", None):
                return False
            connection.execute(statistics.delete().where(same))
            connection.execute(
                statistics.insert().values(**key, size=len(rows), rows=json.dumps(rows))
            )
            connection.execute(scored.values(items=kept.scalar_subquery()))
        return True

    def statistics(self, submission_id: str) -> dict[str, list[Statistic]]:
        """Return every kept statistic by dataset, in item order."""
        query = (
            sa.select(statistics.c.dataset, statistics.c.rows)
            .where(statistics.c.submission == submission_id)
            .order_by(statistics.c.dataset, statistics.c.start)
        )
        found: dict[str, list[Statistic]] = {}
        with self.engine.connect() as connection:
            for dataset, rows in connection.execute(query):
                for item, values, extracted in json.loads(rows):
                    row = Statistic(item, tuple(values), extracted)
                    found.setdefault(dataset, []).append(row)
        return found

    def finish(self, submission_id: str, result: Result) -> None:
        """Keep the result of a run and mark it finished; the first result stays."""
        with self.engine.begin() as connection:
            if _move(connection, submission_id, "finished", None):
                connection.execute(
                    results.insert().values(
                        submission=submission_id,
                        finished_at=now(),
                        record=result.model_dump_json(),
                    )
                )

    def result(self, submission_id: str) -> Result | None:
        """Return the result of a submission, None while it has none."""
        query = sa.select(results.c.record).where(results.c.submission == submission_id)
        with self.engine.connect() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else Result.model_validate_json(found)

    def finished(self, track_id: str, phase_id: str) -> Iterator[Finished]:
        """Yield the scored submissions of one phase, oldest first."""
        query = (
            sa.select(submissions, results.c.record, results.c.finished_at)
            .join(results, results.c.submission == submissions.c.id)
            .where(
                submissions.c.status == "finished",
                submissions.c.track == track_id,
                submissions.c.phase == phase_id,
            )
            .order_by(submissions.c.sequence)
        )
        with self.engine.connect() as connection:
            for row in connection.execute(query).mappings():
                result = Result.model_validate_json(row["record"])
                yield Finished(_record(row), result, row["finished_at"])

    def of_team(self, team: str, limit: int = 20) -> list[Record]:
        """Return a team's submissions, newest first."""
        query = (
            sa.select(submissions)
            .where(submissions.c.team == team)
            .order_by(submissions.c.sequence.desc())
            .limit(limit)
        )
        with self.engine.connect() as connection:
            return [_record(row) for row in connection.execute(query).mappings()]


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _move(
    connection: sa.Connection, submission_id: str, to: Status, message: Sentence | None
) -> bool:
    written = message and json.dumps([message.template, dict(message.values)], default=str)
    update = (
        submissions.update()
        .where(submissions.c.id == submission_id, submissions.c.status.in_(FROM[to]))
        .values(status=to, message=written)
    )
    return connection.execute(update).rowcount == 1


def _record(row: Any) -> Record:
    note = Bilingual.model_validate_json(row["note"]) if row["note"] else None
    entry = Entry(row["model"], row["organisation"], row["access"], row["parameters"], note)
    submission = Submission(
        row["track"],
        row["phase"],
        row["team"],
        entry,
        row["file_name"],
        row["file_hash"],
        row["provenance"],
    )
    message = None if row["message"] is None else Sentence(*json.loads(row["message"]))
    return Record(
        row["id"],
        submission,
        row["created_at"],
        row["status"],
        row["items"],
        row["total"],
        message,
    )
