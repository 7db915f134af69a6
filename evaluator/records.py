"""What is kept of a submission: who sent what, where it stands, and what was found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from evaluator.entry import Entry, Provenance
from evaluator.origin import Origin
from evaluator.results import Result
from evaluator.texts import Bilingual, Sentence

# The team of what the maintainers enter themselves.
MAINTAINERS = "maintainers"
Status = Literal["queued", "scoring", "finished", "failed", "withdrawn"]


@dataclass(frozen=True)
class Submission:
    """One upload to one track and phase; `file_hash` is the SHA-256 of the uploaded bytes.

    `shared` says that its team lets everybody have its predictions, once its phase tells all.
    """

    track: str
    phase: str
    team: str
    entry: Entry
    file_name: str
    file_hash: str
    provenance: Provenance = "participant"
    origin: Origin | None = None
    shared: bool = False


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
    """A scored submission with the result of its newest run, which has that number."""

    record: Record
    result: Result
    finished_at: str
    run: int = 1


def part_id(submission_id: str, phase_id: str) -> str:
    """Return the id under which a private part of a submission is scored."""
    return f"{submission_id}-{phase_id}"


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def record_of(row: Mapping[str, Any]) -> Record:
    """Return the record that a row of the table of submissions holds."""
    note = Bilingual.model_validate_json(row["note"]) if row["note"] else None
    entry = Entry(
        row["model"],
        row["organisation"],
        row["access"],
        row["parameters"],
        note,
        row["released"],
        row["pseudonym"],
        row["repository"],
    )
    submission = Submission(
        row["track"],
        row["phase"],
        row["team"],
        entry,
        row["file_name"],
        row["file_hash"],
        row["provenance"],
        Origin.model_validate_json(row["origin"]) if row["origin"] else None,
        row["shared"],
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
