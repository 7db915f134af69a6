"""The front desk: everything a participant can ask for, without a screen."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from challenge.identity import Caller, Mode, mode, team
from challenge.library import Library
from challenge.safekeeping import Safekeeping
from challenge.window import Window, check_open, check_seen
from evaluator.challenge import Challenge
from evaluator.durable import Queue
from evaluator.entry import Entry
from evaluator.errors import NotAllowed
from evaluator.feedback import told
from evaluator.phase import Feedback, Phase
from evaluator.quotas import refuse_beyond
from evaluator.records import Record, Submission, part_id
from evaluator.results import Result
from evaluator.settings import Settings
from evaluator.store import Store, missing
from evaluator.submission import Reading, read_submission
from evaluator.texts import _


class Standing(NamedTuple):
    """Where a submission stands: runs before it in the queue, and what its phase lets be told.

    `told` is what its phase lets be told just now. `part_failed` says that a private part could not
    be scored. It is `kept` once another place has a copy of it, where there is to be one.
    """

    record: Record
    position: int
    result: Result | None
    told: Feedback = "scores"
    part_failed: bool = False
    kept: bool = True


class Desk:
    """Answers participants; holds the challenge, the store and the queue of one server."""

    def __init__(
        self, settings: Settings, challenge: Challenge, engine: sa.Engine, queue: Queue
    ) -> None:
        self.settings = settings
        self.challenge = challenge
        self.store = Store(engine)
        self.safekeeping = Safekeeping(self.store, settings.keeps_records)
        self.library = Library(challenge, self.store, settings.board_dir)
        self._queue = queue

    @property
    def mode(self) -> Mode:
        """Return how submitters are told apart just now."""
        return mode(self.settings, self.store.engine)

    def team(self, caller: Caller) -> str:
        """Return the caller's team.

        Raises:
            NotAllowed: the caller may not submit.
        """
        return team(self.mode, caller, self.store.engine)

    def validate(self, path: Path, name: str, track_id: str, phase_id: str) -> Reading:
        """Read an uploaded file.

        Raises:
            SubmissionRefused: with every problem.
            NotFound: there is no such track or phase.
        """
        track, phase = self.library.place(track_id, phase_id)
        check_seen(phase, datetime.now(UTC))
        return read_submission(path, name, self.challenge, track, phase, self.settings.limits)

    def submit(
        self,
        path: Path,
        name: str,
        track_id: str,
        phase_id: str,
        entry: Entry,
        caller: Caller,
        *,
        shared: bool = False,
    ) -> str:
        """Validate, store and queue an uploaded file; return the submission's id.

        With `shared` everybody may have its predictions, once its phase tells all.

        Raises:
            NotAllowed, SubmissionRefused, NotFound: nothing was stored.
        """
        submitter = self.team(caller)
        _track, phase = self.library.place(track_id, phase_id)
        check_open(phase, datetime.now(UTC))
        reading = self.validate(path, name, track_id, phase_id)
        file_hash = hashlib.sha256(path.read_bytes()).hexdigest()
        # A program may send "false" in quotes: only a plain yes makes answers public.
        agreed = shared is True
        submission = Submission(
            track_id, phase_id, submitter, entry, name, file_hash, shared=agreed
        )

        def admit(connection: sa.Connection, moment: datetime) -> None:
            # Once more: the phase may have closed while the file was read.
            check_open(phase, moment)
            self.safekeeping.admit(connection)
            if phase.quota:
                place = (track_id, phase_id, submitter)
                refuse_beyond(connection, phase.quota, place, moment)

        key = self.store.accept(
            submission,
            reading.predictions,
            self._queue.enqueue,
            private=reading.private,
            admit=admit,
        )
        self.safekeeping.wait([key, *(part_id(key, part) for part in reading.private)])
        return key

    def window(self, track_id: str, phase_id: str, caller: Caller) -> Window:
        """Return how a phase stands, with what is left of the caller's quota where one is known.

        Raises:
            NotFound: there is no such track or phase.
        """
        _track, phase = self.library.place(track_id, phase_id)
        moment = datetime.now(UTC)
        left = None
        if phase.quota:
            with suppress(NotAllowed):
                place = (track_id, phase_id, self.team(caller))
                left = self.store.allowance(phase.quota, place)
        return Window(phase, phase.is_open(moment), phase.has_opened(moment), left)

    def standing(self, submission_id: str | None) -> Standing:
        """Return where a submission stands.

        Raises:
            NotFound: there is none of that id.
        """
        record = self.record(submission_id)
        waits = record.status == "queued"
        phase = self._phase_of(record)
        moment = datetime.now(UTC)
        result = self.store.scores.result(record.id)
        parts = self._parts(record)
        return Standing(
            record,
            self.store.position(record.id) if waits else 0,
            told(result, phase, moment) if result else None,
            phase.told(moment),
            self.store.any_failed(parts),
            self.safekeeping.is_kept([record.id, *parts]),
        )

    def cancel(self, submission_id: str, caller: Caller) -> None:
        """Withdraw a submission that is not scored yet, and delete its content.

        Raises:
            NotAllowed: it is another team's, or it is scored already.
            NotFound: there is none of that id.
        """
        only = _("Only the team that submitted it can cancel it.")
        self._take_back(self.record(submission_id), caller, only, scored=False)

    def withdraw(self, submission_id: str | None, caller: Caller) -> None:
        """Withdraw a submission, scored or not, and delete its content for good.

        Raises:
            NotAllowed: it is another team's, or it is withdrawn already.
            NotFound: there is none of that id.
        """
        only = _("Only the team that submitted it can withdraw it.")
        self._take_back(self.record(submission_id), caller, only, scored=True)

    def _take_back(self, record: Record, caller: Caller, only: str, *, scored: bool) -> None:
        self.own(record, caller, only)
        if self.store.withdraw(record.id, scored=scored):
            self._queue.keep()
            return
        if record.status == "withdrawn":
            raise NotAllowed(_("The submission is withdrawn already."))
        raise NotAllowed(_("The submission is scored already; it cannot be cancelled."))

    def reveal(self, submission_id: str | None, caller: Caller) -> None:
        """Show all submissions of an anonymous submission's model under its name, for good.

        Raises:
            NotAllowed: it is another team's, or it is not anonymous.
            NotFound: there is none of that id.
        """
        record = self.record(submission_id)
        self.own(record, caller, _("Only the team that submitted it can reveal it."))
        entry = record.submission.entry
        if not self.store.reveal(record.submission.team, entry.model):
            raise NotAllowed(_("“{model}” stands under its name already."), model=entry.model)

    def is_own(self, record: Record, caller: Caller) -> bool:
        """Whether a submission is of the caller's team."""
        with suppress(NotAllowed):
            return self.team(caller) == record.submission.team
        return False

    def of_team(self, caller: Caller) -> list[Record]:
        """Return the newest submissions of the caller's team.

        Raises:
            NotAllowed: the caller belongs to no team.
        """
        places = [(t.id, p.id) for t in self.challenge.tracks.values() for p in t.entered]
        return self.store.of_team(self.team(caller), places)

    def record(self, submission_id: str | None) -> Record:
        """Return a submission that people may ask for.

        Raises:
            NotFound: there is none of that id, or it is a private part of one.
        """
        # A program may send null where a page sends an empty text.
        record = self.store.record((submission_id or "").strip())
        if self._phase_of(record).part_of:
            # A private part is told of on the board, once it is revealed.
            raise missing(record.id)
        return record

    def own(self, record: Record, caller: Caller, sentence: str) -> None:
        """Refuse with a sentence what only the team of a submission may do.

        Raises:
            NotAllowed: the caller is not of that team.
        """
        if self.team(caller) != record.submission.team:
            raise NotAllowed(sentence)

    def _parts(self, record: Record) -> list[str]:
        """Return the ids under which the private parts of a submission are scored."""
        track, phase = self.library.place(record.submission.track, record.submission.phase)
        return [part_id(record.id, part.id) for part in track.private_parts(phase)]

    def _phase_of(self, record: Record) -> Phase:
        return self.library.place(record.submission.track, record.submission.phase)[1]
