"""Where submissions are kept and where they stand: one SQL database."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa

from evaluator import copies
from evaluator.board import Participation
from evaluator.errors import NotFound
from evaluator.phase import Quota
from evaluator.predictions import Predictions
from evaluator.pseudonyms import pseudonyms, reveal, settled
from evaluator.quotas import Allowance, allowance
from evaluator.records import Record, Status, Submission, part_id, record_of
from evaluator.schema import make_tables, predictions, submissions, take_turn
from evaluator.scores import Scores
from evaluator.states import begin, is_finished, move
from evaluator.texts import Sentence, _
from evaluator.withdrawal import withdraw


class Store:
    """Reads and writes one database; safe to use from several threads and processes.

    `scores` is what was found of the submissions.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.scores = Scores(engine)
        make_tables(engine)

    def accept(
        self,
        submission: Submission,
        answers: Predictions,
        enqueue: Callable[[sa.Connection, str], None],
        submission_id: str | None = None,
        *,
        private: Mapping[str, Predictions] | None = None,
        admit: Callable[[sa.Connection, datetime], None] | None = None,
    ) -> str:
        """Keep a submission and queue its run in one transaction; return its id.

        Its answers to private parts of the phase, by the part's id, are kept and queued with it. A
        given id that stands already is returned as it is. `admit` may refuse by raising: it is
        called when nobody else writes any more, with the moment at which the submission is made.
        An anonymous entry gets the pseudonym that its model has already.

        Raises:
            NotAllowed: the model stands under its name and is now anonymous, or the reverse.
        """
        key = submission_id or secrets.token_hex(8)
        parts = [(key, submission, answers)]
        for part, answered in (private or {}).items():
            parts.append((part_id(key, part), replace(submission, phase=part), answered))
        try:
            with self.engine.begin() as connection:
                take_turn(connection)
                moment = datetime.now(UTC)
                if admit:
                    admit(connection, moment)
                entry = settled(connection, submission.team, submission.entry)
                for name, kept, answered in parts:
                    _insert(connection, name, replace(kept, entry=entry), answered, moment)
                    enqueue(connection, name)
        except sa.exc.IntegrityError:
            if not self.has(key):
                raise
        return key

    def allowance(self, quota: Quota, place: Sequence[str]) -> Allowance:
        """Return what is left of a quota now; `place` is track, phase and team."""
        with self.engine.connect() as connection:
            return allowance(connection, quota, place, datetime.now(UTC))

    def is_empty(self) -> bool:
        """Whether nothing was ever submitted."""
        with self.engine.connect() as connection:
            return connection.execute(sa.select(submissions.c.id).limit(1)).first() is None

    def has(self, submission_id: str) -> bool:
        """Whether there is a submission of that id."""
        query = sa.select(submissions.c.id).where(submissions.c.id == submission_id)
        with self.engine.connect() as connection:
            return connection.execute(query).first() is not None

    def any_failed(self, submission_ids: Sequence[str]) -> bool:
        """Whether one of these submissions failed."""
        columns = submissions.c
        failed = columns.id.in_(submission_ids) & (columns.status == "failed")
        with self.engine.connect() as connection:
            return connection.execute(sa.select(columns.id).where(failed)).first() is not None

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
            raise missing(asked)
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

    def unsynced(self, *, new: bool = False) -> int:
        """Return how many submissions wait to be copied to the depot; `new`: for the first time."""
        with self.engine.connect() as connection:
            return copies.count_waiting(connection, new=new)

    def move(self, submission_id: str, to: Status, message: Sentence | None = None) -> bool:
        """Move a submission to a state; return False where it may not go there from its own."""
        with self.engine.begin() as connection:
            return move(connection, submission_id, to, message)

    def withdraw(
        self, submission_id: str, *, scored: bool = False, message: Sentence | None = None
    ) -> bool:
        """Withdraw a submission with its private parts and delete its content.

        Returns False where it may not be withdrawn; one that is finished only may where `scored`
        says so.
        """
        with self.engine.begin() as connection:
            take_turn(connection)
            if not scored and is_finished(connection, submission_id):
                return False
            return withdraw(connection, submission_id, message)

    def reveal(self, team: str, model: str) -> int:
        """Show all of a team's submissions of a model under its name; return how many hid it."""
        with self.engine.begin() as connection:
            return reveal(connection, team, model)

    def pseudonyms(self, track: str, phase: str) -> frozenset[str]:
        """Return the pseudonyms of one phase; its board is to be published anew when one goes."""
        with self.engine.connect() as connection:
            return pseudonyms(connection, track, phase)

    def begin(self, submission_id: str) -> bool:
        """Mark a submission as being scored, unless it is scored already and scored anew.

        Returns False where it may not be scored any more.
        """
        with self.engine.begin() as connection:
            return begin(connection, submission_id)

    def of_team(
        self, team: str, places: Sequence[tuple[str, str]], limit: int = 20
    ) -> list[Record]:
        """Return a team's submissions to these tracks and phases, newest first."""
        columns = submissions.c
        query = (
            sa.select(submissions)
            .where(
                columns.team == team,
                sa.or_(*((columns.track == t) & (columns.phase == p) for t, p in places)),
            )
            .order_by(columns.sequence.desc())
            .limit(limit)
        )
        with self.engine.connect() as connection:
            return [record_of(dict(row)) for row in connection.execute(query).mappings()]

    def participation(self, places: Sequence[tuple[str, str]]) -> Participation:
        """Return how many have taken part in these tracks and phases.

        The maintainers' own entries do not count.
        """
        columns = submissions.c
        model = columns.team + sa.literal("\n") + columns.model
        query = sa.select(
            sa.func.count(columns.team.distinct()), sa.func.count(), sa.func.count(model.distinct())
        ).where(
            sa.or_(*((columns.track == t) & (columns.phase == p) for t, p in places)),
            columns.provenance == "participant",
            columns.status != "withdrawn",
        )
        with self.engine.connect() as connection:
            return Participation(*connection.execute(query).one())


def missing(submission_id: str) -> NotFound:
    """Return what is said of a submission that nobody knows."""
    return NotFound(
        _("There is no submission “{id}”; copy the id you were given when you submitted."),
        id=submission_id[:40],
    )


def _insert(
    connection: sa.Connection,
    key: str,
    submission: Submission,
    answers: Predictions,
    moment: datetime,
) -> None:
    entry, origin = submission.entry, submission.origin
    row = {
        **vars(submission),
        **vars(entry),
        "id": key,
        "note": entry.note.model_dump_json() if entry.note else None,
        "origin": origin.model_dump_json(exclude_defaults=True) if origin else None,
        "created_at": moment.isoformat(timespec="seconds"),
        "status": "queued",
        "items": 0,
        "total": answers.items,
    }
    del row["entry"]
    connection.execute(submissions.insert().values(row))
    connection.execute(predictions.insert().values(submission=key, packed=answers.pack()))
