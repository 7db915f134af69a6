"""Entries that ship with a challenge: outputs recorded elsewhere, submitted by the maintainers."""

from __future__ import annotations

import hashlib
import logging
from datetime import date
from pathlib import Path

from evaluator.challenge import Challenge
from evaluator.declaration import Declaration, read_declaration
from evaluator.entry import Access, read_entry
from evaluator.errors import EvaluatorError
from evaluator.records import Submission
from evaluator.runs import Queue
from evaluator.settings import Limits
from evaluator.store import Store
from evaluator.submission import read_submission
from evaluator.texts import Bilingual

MAINTAINERS = "maintainers"

log = logging.getLogger(__name__)


class Recorded(Declaration):
    """One file `entries/*.yaml`: what is said of the model, and where its predictions are."""

    track: str
    phase: str
    model: str
    organisation: str
    access: Access
    parameters: str = ""
    note: Bilingual | None = None
    # YAML reads a day without quotes as a date, but a month as text.
    released: date | str = ""
    predictions: str


def submit_recorded(challenge: Challenge, store: Store, queue: Queue, limits: Limits) -> list[str]:
    """Submit every recorded entry that was not yet; return the ids of all that stand.

    An entry that is wrong is logged with its reason, and the others go on.
    """
    submitted = []
    for file in sorted((challenge.folder / "entries").glob("*.yaml")):
        try:
            submitted.append(_submit(file, challenge, store, queue, limits))
        except (EvaluatorError, OSError) as error:
            log.error("%s was not submitted: %s", file, error)
    return submitted


def _submit(file: Path, challenge: Challenge, store: Store, queue: Queue, limits: Limits) -> str:
    recorded = read_declaration(file, Recorded)
    path = file.parent / recorded.predictions
    file_hash = hashlib.sha256(path.read_bytes()).hexdigest()
    declared = hashlib.sha256(file.read_bytes() + file_hash.encode()).hexdigest()
    submission_id = f"recorded-{declared[:16]}"
    if store.has(submission_id):
        return submission_id
    track = challenge.track(recorded.track)
    phase = track.phase(recorded.phase)
    reading = read_submission(path, path.name, challenge, track, phase, limits)
    entry = read_entry(
        recorded.model,
        recorded.organisation,
        recorded.access,
        recorded.parameters,
        recorded.note,
        str(recorded.released),
    )
    submission = Submission(
        track.id, phase.id, MAINTAINERS, entry, path.name, file_hash, "recorded"
    )
    return store.accept(
        submission, reading.predictions, queue.enqueue, submission_id, private=reading.private
    )
