"""What was scored: the statistics of items, and what each run made of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TypeVar

import sqlalchemy as sa

from evaluator.arrays import pack_arrays, unpack_arrays
from evaluator.copies import touch
from evaluator.metrics.metric import Array, Statistic
from evaluator.records import Finished, now, record_of
from evaluator.results import Outcome, Result
from evaluator.schema import runs, statistics, submissions
from evaluator.scoring import VIEW, Chunk
from evaluator.states import begin, is_finished, move

V = TypeVar("V")


class Scores:
    """Reads and writes the scores of one database's submissions."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def keep(
        self, submission_id: str, chunk: Chunk, rows: Sequence[Statistic], signature: str
    ) -> bool:
        """Keep the statistics of one chunk; keeping them again changes nothing.

        Returns False, and keeps nothing, where the submission is neither being scored nor scored
        already and scored anew.
        """
        columns = statistics.c
        overlapping = (
            (columns.submission == submission_id)
            & (columns.part == chunk.part)
            & (columns.start < chunk.stop)
            & (columns.start + columns.size > chunk.start)
        )
        kept = sa.select(sa.func.sum(statistics.c.size)).where(
            statistics.c.submission == submission_id, statistics.c.part.not_like(f"%{VIEW}%")
        )
        scored = submissions.update().where(submissions.c.id == submission_id)
        with self.engine.begin() as connection:
            if not begin(connection, submission_id):
                return False
            connection.execute(statistics.delete().where(overlapping))
            connection.execute(
                statistics.insert().values(
                    submission=submission_id,
                    part=chunk.part,
                    start=chunk.start,
                    size=len(rows),
                    signature=signature,
                    rows=json.dumps(rows),
                )
            )
            connection.execute(scored.values(items=sa.func.coalesce(kept.scalar_subquery(), 0)))
        return True

    def kept(self, submission_id: str) -> dict[Chunk, str]:
        """Return which chunks have statistics, and under what signature."""
        columns = statistics.c
        query = sa.select(columns.part, columns.start, columns.size, columns.signature).where(
            columns.submission == submission_id
        )
        with self.engine.connect() as connection:
            return {
                Chunk(part, start, start + size): signature
                for part, start, size, signature in connection.execute(query)
            }

    def statistics(self, submission_id: str) -> dict[str, list[Statistic]]:
        """Return every kept statistic by part, in item order."""
        query = (
            sa.select(statistics.c.part, statistics.c.rows)
            .where(statistics.c.submission == submission_id)
            .order_by(statistics.c.part, statistics.c.start)
        )
        found: dict[str, list[Statistic]] = {}
        with self.engine.connect() as connection:
            for part, rows in connection.execute(query):
                for item, values, *rest in json.loads(rows):
                    found.setdefault(part, []).append(Statistic(item, tuple(values), *rest))
        return found

    def finish(self, submission_id: str, outcome: Outcome, number: int = 1) -> None:
        """Keep what a run found; nothing is written over, and its submission is finished."""
        with self.engine.begin() as connection:
            done = move(connection, submission_id, "finished", None)
            if not (done or is_finished(connection, submission_id)):
                return
            if _has_run(connection, submission_id, number):
                return
            connection.execute(
                runs.insert().values(
                    submission=submission_id,
                    number=number,
                    finished_at=now(),
                    record=outcome.result.model_dump_json(),
                    influences=pack_arrays(outcome.influences),
                )
            )
            touch(connection, submission_id)

    def result(self, submission_id: str) -> Result | None:
        """Return the newest result of a submission, None while it has none."""
        with self.engine.connect() as connection:
            found = connection.execute(_newest(runs.c.record, submission_id)).scalar_one_or_none()
        return None if found is None else Result.model_validate_json(found)

    def run(self, submission_id: str, number: int) -> Result | None:
        """Return what one run of a submission found, None where there was none."""
        columns = runs.c
        query = sa.select(columns.record).where(
            columns.submission == submission_id, columns.number == number
        )
        with self.engine.connect() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else Result.model_validate_json(found)

    def influences(self, submission_id: str) -> dict[str, Array]:
        """Return the influences that the newest run of a submission found, by dataset."""
        query = _newest(runs.c.influences, submission_id)
        with self.engine.connect() as connection:
            return unpack_arrays(connection.execute(query).scalar_one())

    def finished(self, track_id: str, phase_id: str) -> Iterator[Finished]:
        """Yield the scored submissions of one phase with their newest results, oldest first."""
        newest = (
            sa.select(runs.c.submission, sa.func.max(runs.c.number).label("number"))
            .group_by(runs.c.submission)
            .subquery()
        )
        query = (
            sa.select(submissions, runs.c.record, runs.c.finished_at, runs.c.number)
            .join(runs, runs.c.submission == submissions.c.id)
            .join(
                newest,
                (newest.c.submission == runs.c.submission) & (newest.c.number == runs.c.number),
            )
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
                yield Finished(record_of(dict(row)), result, row["finished_at"], row["number"])


def _newest(column: sa.Column[V], submission_id: str) -> sa.Select[V]:
    """Return the query for one column of a submission's newest run."""
    return (
        sa.select(column)
        .where(runs.c.submission == submission_id)
        .order_by(runs.c.number.desc())
        .limit(1)
    )


def _has_run(connection: sa.Connection, submission_id: str, number: int) -> bool:
    query = sa.select(runs.c.number).where(
        runs.c.submission == submission_id, runs.c.number == number
    )
    return connection.execute(query).first() is not None
