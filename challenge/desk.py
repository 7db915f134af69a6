"""The front desk: everything a participant can ask for, without a screen."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import sqlalchemy as sa

from challenge.identity import Caller, Mode, mode, team
from evaluator.board import about, snapshot_path
from evaluator.challenge import Challenge
from evaluator.entry import Entry
from evaluator.errors import NotAllowed
from evaluator.items import load_items, question_pack
from evaluator.metrics import METRICS
from evaluator.metrics.metric import Statistic
from evaluator.phase import Phase
from evaluator.records import Record, Submission
from evaluator.results import Result
from evaluator.runs import Queue
from evaluator.settings import Settings
from evaluator.store import Store
from evaluator.submission import Reading, read_submission
from evaluator.texts import _
from evaluator.track import Track


class Standing(NamedTuple):
    """Where a submission stands: runs before it in the queue, and its result once there is one."""

    record: Record
    position: int
    result: Result | None


class Desk:
    """Answers participants; holds the challenge, the store and the queue of one server."""

    def __init__(
        self, settings: Settings, challenge: Challenge, engine: sa.Engine, queue: Queue
    ) -> None:
        self.settings = settings
        self.challenge = challenge
        self.store = Store(engine)
        self._queue = queue
        self.counts = self._count()

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
        track, phase = self._place(track_id, phase_id)
        return read_submission(path, name, self.challenge, track, phase, self.settings.limits)

    def submit(
        self, path: Path, name: str, track_id: str, phase_id: str, entry: Entry, caller: Caller
    ) -> str:
        """Validate, store and queue an uploaded file; return the submission's id.

        Raises:
            NotAllowed, SubmissionRefused, NotFound: nothing was stored.
        """
        submitter = self.team(caller)
        reading = self.validate(path, name, track_id, phase_id)
        file_hash = hashlib.sha256(path.read_bytes()).hexdigest()
        submission = Submission(track_id, phase_id, submitter, entry, name, file_hash)
        return self.store.accept(submission, reading.predictions, self._queue.enqueue)

    def standing(self, submission_id: str | None) -> Standing:
        """Return where a submission stands.

        Raises:
            NotFound: there is none of that id.
        """
        record = self._record(submission_id)
        waits = record.status == "queued"
        return Standing(
            record,
            self.store.position(record.id) if waits else 0,
            self.store.scores.result(record.id),
        )

    def cancel(self, submission_id: str, caller: Caller) -> None:
        """Withdraw a submission that is not scored yet, and delete its content.

        Raises:
            NotAllowed: it is another team's, or it is scored already.
            NotFound: there is none of that id.
        """
        record = self._record(submission_id)
        if self.team(caller) != record.submission.team:
            raise NotAllowed(_("Only the team that submitted it can cancel it."))
        if not self.store.withdraw(record.id):
            raise NotAllowed(_("The submission is scored already; it cannot be cancelled."))

    def items(self, submission_id: str | None, caller: Caller) -> dict[str, list[dict[str, Any]]]:
        """Return what was found for each item, to the team that submitted it, in an open phase.

        Raises:
            NotAllowed: the references are hidden, or the submission is another team's.
            NotFound: there is none of that id.
        """
        record = self._record(submission_id)
        track, phase = self._place(record.submission.track, record.submission.phase)
        if phase.references != "open":
            raise NotAllowed(_("This phase hides its references, so it shows no single items."))
        if self.team(caller) != record.submission.team:
            raise NotAllowed(_("Only the team that submitted it sees its single items."))
        kept = self.store.scores.statistics(record.id)
        return {
            dataset.id: [
                _item(row, METRICS[dataset.metric.name].columns(dataset))
                for row in kept[dataset.id]
            ]
            for dataset in track.datasets
            if dataset.id in kept
        }

    def items_if_allowed(
        self, found: Standing, caller: Caller
    ) -> dict[str, list[dict[str, Any]]] | None:
        """Return a finished submission's single items, None where the caller may not see them."""
        if found.result is None:
            return None
        try:
            return self.items(found.record.id, caller)
        except NotAllowed:
            return None

    def board(self, track_id: str, phase_id: str) -> dict[str, Any]:
        """Return the published snapshot of one phase: what it is about, and its entries.

        Raises:
            NotFound: there is no such track or phase.
        """
        track, phase = self._place(track_id, phase_id)
        path = snapshot_path(self.settings.board_dir, track.id, phase.id)
        if not path.exists():
            return {"about": None, "entries": []}
        found = pq.read_table(path)
        return {"about": about(found.schema), "entries": found.to_pylist()}

    @lru_cache(maxsize=32)  # noqa: B019 - the desk lives as long as its process
    def pack(self, track_id: str, phase_id: str) -> bytes:
        """Return the question pack of one phase as a zip.

        Raises:
            NotFound: there is no such track or phase.
        """
        track, phase = self._place(track_id, phase_id)
        return question_pack(self.challenge, track, phase)

    def _count(self) -> dict[str, int]:
        """Return the number of items of each dataset of each track's first phase."""
        return {
            f"{track.id}/{dataset.id}": len(
                load_items(self.challenge.items_folder(track, track.phases[0], dataset))
            )
            for track in self.challenge.tracks.values()
            for dataset in track.datasets
        }

    def _record(self, submission_id: str | None) -> Record:
        # A program may send null where a page sends an empty text.
        return self.store.record((submission_id or "").strip())

    def _place(self, track_id: str, phase_id: str) -> tuple[Track, Phase]:
        track = self.challenge.track(track_id)
        return track, track.phase(phase_id)


def _item(row: Statistic, columns: tuple[str, ...]) -> dict[str, Any]:
    return {
        "item": row.item,
        "values": dict(zip(columns, row.values, strict=True)),
        "extracted": row.extracted,
        "reading": row.reading,
    }
