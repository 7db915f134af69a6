"""The board's snapshot: one Parquet file for each phase, the only thing the public sees."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from evaluator.records import Finished
from evaluator.store import Store, now
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
    rows = entries(found for found in store.finished(track_id, phase_id) if _fits(found, track))
    path = snapshot_path(folder, track_id, phase_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    pq.write_table(snapshot_table(rows, track, phase), draft)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)
    return path


def remove_other_boards(folder: Path, boards: Sequence[tuple[str, str]]) -> None:
    """Delete the snapshots of phases that are no longer served."""
    served = {snapshot_path(folder, *board) for board in boards}
    for path in folder.glob("*/*.parquet"):
        if path not in served:
            path.unlink()


def entries(finished: Iterable[Finished]) -> list[dict[str, Any]]:
    """Return the rows of a board, best first: of each team and model the newest submission.

    Equal scores share a rank. An entry that skipped items, or whose signatures are not those of
    the newest result, is shown after the others, without rank: it does not compare.
    """
    newest = {
        (found.record.submission.team, found.record.submission.entry.model): found
        for found in finished
    }
    current = max(newest.values(), key=lambda found: found.finished_at, default=None)
    compared = {
        found.record.id
        for found in newest.values()
        if current and not found.result.skipped and _signatures(found) == _signatures(current)
    }
    rows = sorted(
        (_row(found) for found in newest.values()),
        key=lambda row: (row["submission"] not in compared, -row["overall"], row["submission"]),
    )
    ranked = [row["overall"] for row in rows if row["submission"] in compared]
    for row in rows:
        is_ranked = row["submission"] in compared
        row["rank"] = ranked.index(row["overall"]) + 1 if is_ranked else None
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


def _signatures(found: Finished) -> dict[str, str]:
    return {name: score.signature for name, score in found.result.datasets.items()}


def _fits(found: Finished, track: Track) -> bool:
    """Whether a result has just the dimensions and datasets that the track has now."""
    return set(found.result.dimensions) == {d.id for d in track.dimensions} and set(
        found.result.datasets
    ) == {d.id for d in track.datasets}


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


def snapshot_table(rows: list[dict[str, Any]], track: Track, phase: Phase) -> pa.Table:
    """Return the rows of `entries` as a table that says what its columns are."""
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
