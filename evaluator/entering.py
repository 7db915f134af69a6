"""Entering a file on behalf of the maintainers: read as every upload is, accepted and queued."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from evaluator.challenge import Challenge
from evaluator.durable import Queue
from evaluator.entry import Entry, Provenance
from evaluator.origin import Origin
from evaluator.phase import Phase
from evaluator.records import MAINTAINERS, Submission
from evaluator.settings import Limits
from evaluator.store import Store
from evaluator.submission import read_submission
from evaluator.track import Track

KEY_DIGITS = 16


class Entrance(NamedTuple):
    """Where submissions are taken by the maintainers themselves."""

    challenge: Challenge
    store: Store
    queue: Queue
    limits: Limits

    def enter(
        self,
        file: Path,
        place: tuple[Track, Phase],
        entry: Entry,
        provenance: Provenance,
        submission_id: str,
        *,
        origin: Origin | None = None,
        team: str = MAINTAINERS,
    ) -> str:
        """Submit a file unless it was submitted under that id; return the id.

        Raises:
            SubmissionRefused: with every problem of the file.
        """
        if self.store.has(submission_id):
            return submission_id
        track, phase = place
        reading = read_submission(file, file.name, self.challenge, track, phase, self.limits)
        submission = Submission(
            track.id, phase.id, team, entry, file.name, sha256(file), provenance, origin
        )
        return self.store.accept(
            submission,
            reading.predictions,
            self.queue.enqueue,
            submission_id,
            private=reading.private,
        )


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
