"""Writes a board of made-up entries, to measure and to look at; no model stands behind them.

`python -m benchmarks.made_up_board DIR ENTRIES` writes it below `DIR/board`, the DATA_DIR of a
server, with 36 datasets in five dimensions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from evaluator.board import (
    Findings,
    Participation,
    describe,
    history_path,
    pairs_path,
    snapshot_path,
    snapshot_table,
)
from evaluator.publishing import replace_table
from evaluator.track import Track

DATASETS = (8, 7, 8, 7, 6)
READINGS = ("all_copies_right", "kept_when_shuffled", "agreement")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def track() -> Track:
    """Return a track of 36 datasets in five dimensions."""
    title = {"zh": "合成榜单", "en": "Made-up board"}
    dimensions = [
        {
            "id": f"dimension{number}",
            "title": {"zh": f"第{number}维度", "en": f"Dimension {number}"},
            "datasets": [
                {
                    "id": f"Set{number}{letter}",
                    "title": {"zh": f"数据集{number}{letter}", "en": f"Dataset {number}{letter}"},
                    "convention": "letter" if letter == "A" else "text",
                    "metric": {"name": "robust_accuracy" if letter == "A" else "rouge_l"},
                    "card": title,
                }
                for letter in "ABCDEFGH"[:size]
            ],
        }
        for number, size in enumerate(DATASETS, 1)
    ]
    return Track.model_validate(
        {
            "id": "made-up",
            "title": title,
            "summary": {"zh": "仅供测量与查看。", "en": "To measure and to look at only."},
            "phases": [
                {"id": "dev", "title": {"zh": "开发", "en": "Development"}, "references": "open"}
            ],
            "dimensions": dimensions,
        }
    )


def rows(of: Track, entries: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return so many rows of a board, best first."""
    generator = np.random.default_rng(seed)
    level = np.sort(generator.beta(5, 3, entries))[::-1]
    datasets = {
        d.id: np.clip(level + generator.normal(0, 0.08, entries), 0, 1) for d in of.datasets
    }
    found = [_row(of, number, datasets) for number in range(entries)]
    found.sort(key=lambda row: -row["overall"])
    rank = 0
    for row in found:
        rank += row["provenance"] == "participant"
        row["rank"] = rank if row["provenance"] == "participant" else None
        row["rank_best"] = max(1, rank - 2) if row["rank"] else None
        row["rank_worst"] = rank + 2 if row["rank"] else None
        row["group"] = 1 + (rank - 1) // 4 if row["rank"] else None
    return found


def _row(of: Track, number: int, datasets: dict[str, Any]) -> dict[str, Any]:
    values = {f"dataset/{name}": float(scores[number]) for name, scores in datasets.items()}
    for dimension in of.dimensions:
        values[f"dimension/{dimension.id}"] = float(
            np.mean([values[f"dataset/{dataset.id}"] for dataset in dimension.datasets])
        )
    values["overall"] = float(np.mean([values[f"dimension/{d.id}"] for d in of.dimensions]))
    day = NOW - timedelta(hours=number % 5000)
    return {
        "compared": True,
        "entry": f"e{number}",
        "submission": f"s{number}",
        "model": f"Model {number} 模型",
        "anonymous": number % 17 == 5,
        "organisation": f"Hospital {number % 40} 医院",
        "access": "open" if number % 3 else "closed",
        "parameters": ("7B", "14B", "72B", "1.5B", "")[number % 5],
        "released": (NOW - timedelta(days=number % 900)).date().isoformat(),
        "provenance": "self-run" if number % 11 == 3 else "participant",
        "submitted_at": day.isoformat(timespec="seconds"),
        "skipped": 0,
        "tries": 1 + number % 4,
        "earlier": [
            {"submitted_at": (day - timedelta(days=back)).isoformat(), "overall": values["overall"]}
            for back in range(number % 4, -1, -1)
        ],
        **values,
        **{f"{name}/low": max(value - 0.03, 0) for name, value in values.items()},
        **{f"{name}/high": min(value + 0.03, 1) for name, value in values.items()},
        **_parts(of, values),
        **{f"signature/{d.id}": f"{d.metric.name}|v:1|data:{d.id}" for d in of.datasets},
    }


def _parts(of: Track, values: dict[str, float]) -> dict[str, float]:
    return {
        f"part/{dataset.id}/{reading}": min(values[f"dataset/{dataset.id}"] + 0.05 * place, 1.0)
        for dataset in of.datasets
        if dataset.metric.name == "robust_accuracy"
        for place, reading in enumerate(READINGS)
    }


def pairs(found: list[dict[str, Any]], tested: int = 200) -> Iterator[dict[str, Any]]:
    """Yield a made-up paired test for each pair of the best entries."""
    best = found[:tested]
    for number, one in enumerate(best):
        for other in best[number + 1 :]:
            gap = one["overall"] - other["overall"]
            p = float(np.exp(-200 * gap))
            yield {
                "a": one["submission"],
                "b": other["submission"],
                "difference": gap,
                "low": gap - 0.02,
                "high": gap + 0.02,
                "p": p,
                "adjusted_p": min(1.0, 10 * p),
            }


def write(data_dir: Path, entries: int) -> None:
    """Write a board with its pairs and two former days."""
    import pyarrow as pa

    of = track()
    phase = of.phases[0]
    folder = data_dir / "board"
    found = rows(of, entries)
    analysis = {
        "entries": min(entries, 200),
        "items": 50,
        "difficulty": [1, 2, 4, 6, 9, 10, 8, 5, 3, 2],
        "discrimination": [0, 0, 0, 1, 3, 8, 14, 14, 8, 2],
        "median_discrimination": 0.31,
    }
    parts = {d.id: READINGS for d in of.datasets if d.metric.name == "robust_accuracy"}
    told = describe(
        of,
        phase,
        NOW,
        Findings(
            0.021,
            {dataset.id: analysis for dataset in of.datasets[:8]},
            Participation(min(entries, 40), entries, entries),
            Participation(min(entries, 40), entries, entries),
            {dataset.id: 50 for dataset in of.datasets},
            parts,
        ),
    )
    replace_table(snapshot_path(folder, of.id, phase.id), snapshot_table(found, of, told))
    replace_table(pairs_path(folder, of.id, phase.id), pa.Table.from_pylist(list(pairs(found))))
    for back, share in ((60, 0.5), (20, 0.8)):
        earlier = found[: max(1, int(share * entries))]
        path = history_path(folder, of.id, phase.id, (NOW - timedelta(days=back)).date())
        replace_table(path, snapshot_table(earlier, of, told))


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
