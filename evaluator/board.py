"""The board's snapshots: Parquet files for each phase, the only thing the public sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from evaluator.dataset import Dataset
from evaluator.pairs import Pairs
from evaluator.phase import Phase
from evaluator.track import Track

SCHEMA = 4
METADATA_KEY = b"board"
# Metrics over many classes have parts for each, which would be hundreds of columns.
MOST_PARTS = 12
EARLIER = pa.struct([("submitted_at", pa.string()), ("overall", pa.float64())])
ABOUT = pa.schema(
    [
        pa.field("rank", pa.int32()),
        pa.field("rank_best", pa.int32()),
        pa.field("rank_worst", pa.int32()),
        pa.field("group", pa.int32()),
        pa.field("compared", pa.bool_()),
        pa.field("entry", pa.string()),
        pa.field("submission", pa.string()),
        pa.field("model", pa.string()),
        pa.field("anonymous", pa.bool_()),
        pa.field("organisation", pa.string()),
        pa.field("access", pa.string()),
        pa.field("parameters", pa.string()),
        pa.field("released", pa.string()),
        pa.field("repository", pa.string()),
        pa.field("provenance", pa.string()),
        pa.field("origin", pa.string()),
        pa.field("note_zh", pa.string()),
        pa.field("note_en", pa.string()),
        pa.field("predictions", pa.string()),
        pa.field("submitted_at", pa.string()),
        pa.field("skipped", pa.int32()),
        pa.field("tries", pa.int32()),
        pa.field("earlier", pa.list_(EARLIER)),
    ]
)


def snapshot_path(folder: Path, track_id: str, phase_id: str) -> Path:
    """Return where the snapshot of one phase lies."""
    return folder / track_id / f"{phase_id}.parquet"


def pairs_path(folder: Path, track_id: str, phase_id: str) -> Path:
    """Return where the paired tests of one phase's ranked entries lie."""
    return folder / track_id / "pairs" / f"{phase_id}.parquet"


def history_folder(folder: Path, track_id: str, phase_id: str) -> Path:
    """Return where the snapshots of former days lie, named by the day in UTC."""
    return folder / track_id / "history" / phase_id


def history_path(folder: Path, track_id: str, phase_id: str, day: date) -> Path:
    """Return where the last snapshot of a day lies."""
    return history_folder(folder, track_id, phase_id) / f"{day.isoformat()}.parquet"


class Participation(NamedTuple):
    """How many have taken part, the maintainers' own entries aside."""

    teams: int
    submissions: int
    models: int


class Findings(NamedTuple):
    """What is told with a board besides its entries.

    `detectable` is the smallest difference that a paired test would detect, None where unknown;
    `difficulty` the item analysis of datasets; `taken_part` counts this phase, `everywhere` the
    whole challenge; `items` is the number of items and `parts` the names of a score's parts, by
    dataset; `position` is the track's place among the tracks.
    """

    detectable: float | None = None
    difficulty: Mapping[str, Mapping[str, Any]] = {}
    taken_part: Participation = Participation(0, 0, 0)
    everywhere: Participation = Participation(0, 0, 0)
    items: Mapping[str, int] = {}
    parts: Mapping[str, Sequence[str]] = {}
    position: int = 0


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


def describe(
    track: Track, phase: Phase, moment: datetime, found: Findings | None = None
) -> dict[str, Any]:
    """Return what a reader of the snapshot made at a moment must know about its columns."""
    found = found or Findings()
    visible = phase.visible_from
    return {
        "schema": SCHEMA,
        "detectable_difference": found.detectable,
        "difficulty": found.difficulty,
        "participation": found.taken_part._asdict(),
        "everywhere": found.everywhere._asdict(),
        "published_at": moment.astimezone(UTC).isoformat(timespec="seconds"),
        "opens": phase.opens.isoformat() if phase.opens else None,
        "closes": phase.closes.isoformat() if phase.closes else None,
        "visible_from": visible.isoformat() if visible and visible > moment else None,
        "rounded_to": phase.rounded_to if phase.told(moment) == "rounded" else None,
        "track": {
            "id": track.id,
            "title": track.title.model_dump(),
            "summary": track.summary.model_dump(),
            "position": found.position,
        },
        "phase": {"id": phase.id, "title": phase.title.model_dump()},
        "citation": track.citation,
        "dimensions": [
            {
                "id": dimension.id,
                "title": dimension.title.model_dump(),
                "datasets": [_dataset(dataset, found) for dataset in dimension.datasets],
            }
            for dimension in track.dimensions
        ],
    }


def _dataset(dataset: Dataset, found: Findings) -> dict[str, Any]:
    return {
        "id": dataset.id,
        "title": dataset.title.model_dump(),
        "metric": dataset.metric.name,
        "items": found.items.get(dataset.id),
        "parts": list(found.parts.get(dataset.id, ())),
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
    datasets = [one for dimension in description["dimensions"] for one in dimension["datasets"]]
    fields = [
        *(
            pa.field(f"{name}{end}", pa.float64())
            for name in names
            for end in ("", "/low", "/high")
        ),
        *(
            pa.field(f"part/{dataset['id']}/{name}", pa.float64())
            for dataset in datasets
            for name in dataset["parts"]
        ),
        *(pa.field(f"signature/{dataset['id']}", pa.string()) for dataset in datasets),
    ]
    schema = pa.schema([*ABOUT, *fields]).with_metadata({METADATA_KEY: orjson.dumps(description)})
    return pa.Table.from_pylist(rows, schema=schema)


def about(schema: pa.Schema) -> dict[str, Any]:
    """Return what `describe` wrote into a snapshot."""
    written: dict[str, Any] = orjson.loads(schema.metadata[METADATA_KEY])
    return written
