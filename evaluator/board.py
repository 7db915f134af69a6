"""The board's snapshot: one Parquet file for each phase, the only thing the public sees."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from evaluator.store import Finished, Store, now
from evaluator.track import Challenge, Phase, Track

SCHEMA = 1
METADATA_KEY = b"board"
ABOUT = pa.schema(
    [
        pa.field("rank", pa.int32()),
        pa.field("submission", pa.string()),
        pa.field("model", pa.string()),
        pa.field("organisation", pa.string()),
        pa.field("access", pa.string()),
        pa.field("parameters", pa.string()),
        pa.field("provenance", pa.string()),
        pa.field("note_zh", pa.string()),
        pa.field("note_en", pa.string()),
        pa.field("submitted_at", pa.string()),
        pa.field("skipped", pa.int32()),
    ]
)


def snapshot_path(folder: Path, track_id: str, phase_id: str) -> Path:
    """Return where the snapshot of one phase lies."""
    return folder / track_id / f"{phase_id}.parquet"


def publish_board(
    store: Store, challenge: Challenge, folder: Path, track_id: str, phase_id: str
) -> Path:
    """Write the snapshot of one phase anew, all at once, and return its path."""
    track = challenge.track(track_id)
    phase = track.phase(phase_id)
    rows = entries(store.finished(track_id, phase_id))
    path = snapshot_path(folder, track_id, phase_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    pq.write_table(_table(rows, track, phase), draft)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)
    return path


def entries(finished: Iterable[Finished]) -> list[dict[str, Any]]:
    """Return the rows of a board, best first: of each team and model the newest submission.

    An entry that skipped items is shown after the others, without rank. Equal scores share a
    rank.
    """
    newest = {
        (found.record.submission.team, found.record.submission.entry.model): found
        for found in finished
    }
    rows = sorted((_row(found) for found in newest.values()), key=_order)
    ranked = [row["overall"] for row in rows if not row["skipped"]]
    for row in rows:
        row["rank"] = None if row["skipped"] else ranked.index(row["overall"]) + 1
    return rows


def describe(track: Track, phase: Phase) -> dict[str, Any]:
    """Return what a reader of the snapshot must know about its columns."""
    return {
        "schema": SCHEMA,
        "published_at": now(),
        "track": {"id": track.id, "title": track.title.model_dump()},
        "phase": {"id": phase.id, "title": phase.title.model_dump()},
        "dimensions": [
            {
                "id": dimension.id,
                "title": dimension.title.model_dump(),
                "datasets": [
                    {
                        "id": dataset.id,
                        "title": dataset.title.model_dump(),
                        "metric": dataset.metric.name,
                    }
                    for dataset in dimension.datasets
                ],
            }
            for dimension in track.dimensions
        ],
    }


def _order(row: dict[str, Any]) -> tuple[bool, float, str]:
    return bool(row["skipped"]), -row["overall"], row["submission"]


def _row(found: Finished) -> dict[str, Any]:
    record, result = found.record, found.result
    entry = record.submission.entry
    scores = {
        "overall": result.overall,
        **{f"dimension/{name}": score for name, score in result.dimensions.items()},
        **{f"dataset/{name}": score for name, score in result.datasets.items()},
    }
    return {
        "submission": record.id,
        "model": entry.model,
        "organisation": entry.organisation,
        "access": entry.access,
        "parameters": entry.parameters,
        "provenance": record.submission.provenance,
        "note_zh": entry.note.zh if entry.note else None,
        "note_en": entry.note.en if entry.note else None,
        "submitted_at": record.created_at,
        "skipped": result.skipped,
        **{name: score.value for name, score in scores.items()},
        **{f"{name}/low": score.interval.low for name, score in scores.items()},
        **{f"{name}/high": score.interval.high for name, score in scores.items()},
    }


def _table(rows: list[dict[str, Any]], track: Track, phase: Phase) -> pa.Table:
    names = [
        "overall",
        *(f"dimension/{dimension.id}" for dimension in track.dimensions),
        *(f"dataset/{dataset.id}" for dataset in track.datasets),
    ]
    numbers = [
        pa.field(f"{name}{end}", pa.float64()) for name in names for end in ("", "/low", "/high")
    ]
    schema = pa.schema([*ABOUT, *numbers]).with_metadata(
        {METADATA_KEY: orjson.dumps(describe(track, phase))}
    )
    return pa.Table.from_pylist(rows, schema=schema)


def about(schema: pa.Schema) -> dict[str, Any]:
    """Return what `describe` wrote into a snapshot."""
    written: dict[str, Any] = orjson.loads(schema.metadata[METADATA_KEY])
    return written
