"""What is kept of a submission: who sent what, where it stands, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from evaluator.entry import Entry, Provenance
from evaluator.results import Result
from evaluator.texts import Sentence

Status = Literal["queued", "scoring", "finished", "failed", "withdrawn"]


@dataclass(frozen=True)
class Submission:
    """One upload to one track and phase; `file_hash` is the SHA-256 of the uploaded bytes."""

    track: str
    phase: str
    team: str
    entry: Entry
    file_name: str
    file_hash: str
    provenance: Provenance = "participant"


class Record(NamedTuple):
    """A stored submission and where it stands; `items` of `total` are scored."""

    id: str
    submission: Submission
    created_at: str
    status: Status
    items: int
    total: int
    message: Sentence | None


class Finished(NamedTuple):
    """A scored submission with its result."""

    record: Record
    result: Result
    finished_at: str
