"""Entries that ship with a challenge: outputs recorded elsewhere, submitted by the maintainers."""

from __future__ import annotations

import hashlib
import logging
from datetime import date
from pathlib import Path

from pydantic import model_validator

from evaluator.challenge import Challenge
from evaluator.declaration import Declaration, read_declaration
from evaluator.durable import Queue
from evaluator.entering import KEY_DIGITS, Entrance, sha256
from evaluator.entry import Access, read_entry
from evaluator.errors import EvaluatorError
from evaluator.origin import Day, Origin
from evaluator.settings import Limits
from evaluator.store import Store
from evaluator.texts import Bilingual

log = logging.getLogger(__name__)


class Recorded(Declaration):
    """One file `entries/*.yaml`: what is said of the model, and where its predictions are.

    `source` says who recorded them and where, `recorded_on` when, `licence` on what terms.
    """

    track: str
    phase: str
    model: str
    organisation: str
    access: Access
    parameters: str = ""
    note: Bilingual | None = None
    # YAML reads a day without quotes as a date, but a month as text.
    released: date | str = ""
    # The model's own on a Hub, as OWNER/NAME.
    repository: str = ""
    source: str = ""
    recorded_on: Day | None = None
    licence: str = ""
    predictions: str

    @model_validator(mode="after")
    def _source_has_a_day(self) -> Recorded:
        if bool(self.source) != bool(self.recorded_on):
            raise ValueError("source and recorded_on belong together; give both or neither")
        return self

    def origin(self, file_hash: str) -> Origin | None:
        """Return where the outputs come from, where that is said."""
        if not self.recorded_on:
            return None
        return Origin(
            first=self.recorded_on,
            last=self.recorded_on,
            outputs_hash=file_hash,
            licence=self.licence,
            source=self.source,
        )


def submit_recorded(challenge: Challenge, store: Store, queue: Queue, limits: Limits) -> list[str]:
    """Submit every recorded entry that was not yet; return the ids of all that stand.

    An entry that is wrong is logged with its reason, and the others go on.
    """
    entrance = Entrance(challenge, store, queue, limits)
    submitted = []
    for file in sorted((challenge.folder / "entries").glob("*.yaml")):
        try:
            submitted.append(_submit(file, entrance))
        except (EvaluatorError, OSError) as error:
            log.error("%s was not submitted: %s", file, error)
    return submitted


def _submit(file: Path, entrance: Entrance) -> str:
    recorded = read_declaration(file, Recorded)
    path = file.parent / recorded.predictions
    file_hash = sha256(path)
    declared = hashlib.sha256(file.read_bytes() + file_hash.encode()).hexdigest()
    track = entrance.challenge.track(recorded.track)
    entry = read_entry(
        recorded.model,
        recorded.organisation,
        recorded.access,
        recorded.parameters,
        recorded.note,
        str(recorded.released),
        repository=recorded.repository,
    )
    return entrance.enter(
        path,
        (track, track.phase(recorded.phase)),
        entry,
        "recorded",
        f"recorded-{declared[:KEY_DIGITS]}",
        origin=recorded.origin(file_hash),
    )
