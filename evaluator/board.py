"""The board's snapshot: one Parquet file for each phase, the only thing the public sees."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from evaluator.challenge import Challenge
from evaluator.feedback import told
from evaluator.pairs import Pairs, compare, detectable, places
from evaluator.phase import Phase
from evaluator.ranking import entries, standing_entries
from evaluator.records import Finished, now
from evaluator.results import weights
from evaluator.store import Store
from evaluator.track import Track

SCHEMA = 3
# The paired tests of more entries would be too many to adjust for; the best are tested.
MOST_TESTED = 200
METADATA_KEY = b"board"
ABOUT = pa.schema(
    [
        pa.field("rank", pa.int32()),
        pa.field("rank_best", pa.int32()),
        pa.field("rank_worst", pa.int32()),
        pa.field("group", pa.int32()),
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


def pairs_path(folder: Path, track_id: str, phase_id: str) -> Path:
    """Return where the paired tests of one phase's ranked entries lie."""
    return folder / track_id / "pairs" / f"{phase_id}.parquet"


def publish_board(
    store: Store,
    challenge: Challenge,
    folder: Path,
    track_id: str,
    phase_id: str,
    moment: datetime | None = None,
) -> Path:
    """Write the snapshot of one phase and its paired tests anew; return the snapshot's path.

    It shows what the phase lets be told at a moment, by default now: before the board is visible no
    entry, and of rounded scores no paired tests, which would tell the digits.
    """
    moment = moment or datetime.now(UTC)
    track = challenge.track(track_id)
    phase = track.phase(phase_id)
    found = _shown(store, track, phase, moment)
    rows = entries(found)
    exact = phase.told(moment) != "rounded"
    tested = [row for row in rows if row["rank"] is not None and exact][:MOST_TESTED]
    pairs = _compare(store, track, tested)
    for row, place in zip(tested, places(pairs, range(len(tested))), strict=True):
        row.update(rank_best=place.best, rank_worst=place.worst, group=place.group)
    path = snapshot_path(folder, track_id, phase_id)
    written = describe(track, phase, detectable(pairs), moment)
    _replace(pairs_path(folder, track_id, phase_id), pairs_table(pairs, tested))
    _replace(path, snapshot_table(rows, track, written))
    return path


def _shown(store: Store, track: Track, phase: Phase, moment: datetime) -> list[Finished]:
    """Return the entries of a board as they may be shown at a moment."""
    if not phase.is_visible(moment):
        return []
    return [
        one._replace(result=result)
        for one in standing_entries(store, track, phase, moment)
        if (result := told(one.result, phase, moment))
    ]


def _compare(store: Store, track: Track, tested: Sequence[dict[str, Any]]) -> Pairs:
    """Return the paired tests of entries of one board, best first."""
    moved = [store.scores.influences(row["submission"]) for row in tested]
    return compare(
        np.array([row["overall"] for row in tested]),
        [
            np.array([one[dataset.id] for one in moved]).reshape(len(moved), -1 if moved else 0)
            for dataset in track.datasets
        ],
        list(weights(track).values()),
    )


def pairs_table(pairs: Pairs, tested: Sequence[dict[str, Any]]) -> pa.Table:
    """Return one row a pair: the better entry `a`, the other, and how sure the difference is."""
    keys = np.array([row["submission"] for row in tested], dtype=object)
    a, b = np.triu_indices(len(tested), k=1)
    numbers = {
        "difference": pairs.difference,
        "low": pairs.low,
        "high": pairs.high,
        "p": pairs.p,
        "adjusted_p": pairs.adjusted,
    }
    columns = {name: pa.array(table[a, b], pa.float64()) for name, table in numbers.items()}
    return pa.table(
        {"a": pa.array(keys[a], pa.string()), "b": pa.array(keys[b], pa.string()), **columns}
    )


def _replace(path: Path, table: pa.Table) -> None:
    """Write a table to a file all at once, so that a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    pq.write_table(table, draft)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)


def remove_other_boards(folder: Path, boards: Sequence[tuple[str, str]]) -> None:
    """Delete the snapshots of phases that are no longer served."""
    served = {path(folder, *board) for board in boards for path in (snapshot_path, pairs_path)}
    for path in folder.glob("**/*.parquet"):
        if path not in served:
            path.unlink()


def describe(track: Track, phase: Phase, least: float | None, moment: datetime) -> dict[str, Any]:
    """Return what a reader of the snapshot must know about its columns.

    `least` is the smallest difference that a paired test would detect, None where unknown.
    """
    visible = phase.visible_from
    return {
        "schema": SCHEMA,
        "detectable_difference": least,
        "published_at": now(),
        "visible_from": visible.isoformat() if visible and visible > moment else None,
        "rounded_to": phase.rounded_to if phase.told(moment) == "rounded" else None,
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


def snapshot_table(
    rows: list[dict[str, Any]], track: Track, description: dict[str, Any]
) -> pa.Table:
    """Return the rows of `entries` as a table that says what its columns are."""
    names = [
        "overall",
        *(f"dimension/{dimension.id}" for dimension in track.dimensions),
        *(f"dataset/{dataset.id}" for dataset in track.datasets),
    ]
    numbers = [
        pa.field(f"{name}{end}", pa.float64()) for name in names for end in ("", "/low", "/high")
    ]
    schema = pa.schema([*ABOUT, *numbers]).with_metadata({METADATA_KEY: orjson.dumps(description)})
    return pa.Table.from_pylist(rows, schema=schema)


def about(schema: pa.Schema) -> dict[str, Any]:
    """Return what `describe` wrote into a snapshot."""
    written: dict[str, Any] = orjson.loads(schema.metadata[METADATA_KEY])
    return written
