"""Reading published snapshots; the board knows nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from evaluator.board import SCHEMA, about, snapshot_path
from evaluator.errors import EvaluatorError
from evaluator.texts import Bilingual, Language, _


class SnapshotError(EvaluatorError):
    """A snapshot that this board cannot read."""


@dataclass(frozen=True)
class Axis:
    """A dimension or dataset: its column in the entries, and its title."""

    column: str
    id: str
    title: Bilingual


@dataclass(frozen=True)
class Snapshot:
    """The board of one phase: `entries` has a row for each entry, best first, scores in 0-1.

    `detectable` is the smallest difference of two entries that a paired test would find, in 0-1.
    Before `visible_from` there are no entries; `rounded_to` is the step, in points, of scores that
    the phase rounds while it is open.
    """

    track: str
    phase: str
    track_title: Bilingual
    phase_title: Bilingual
    published_at: str
    dimensions: tuple[Axis, ...]
    datasets: tuple[Axis, ...]
    entries: pd.DataFrame
    detectable: float | None
    visible_from: datetime | None = None
    rounded_to: float | None = None


def available(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield track and phase of every snapshot that is published."""
    for path in sorted(folder.glob("*/*.parquet")):
        yield path.parent.name, path.stem


def chosen_board(boards: list[tuple[str, str]], asked: tuple[str, str]) -> tuple[str, str]:
    """Return the board asked for by its address, else the track's first, else the first of all."""
    same_track = [board for board in boards if board[0] == asked[0]]
    return asked if asked in boards else (same_track or boards)[0]


def stamp(folder: Path, track: str, phase: str) -> int:
    """Return a number that changes when a phase is published anew, 0 if it never was."""
    path = snapshot_path(folder, track, phase)
    return path.stat().st_mtime_ns if path.exists() else 0


def stamps(folder: Path) -> dict[tuple[str, str], int]:
    """Return the stamp of every published board, by track and phase."""
    return {board: stamp(folder, *board) for board in available(folder)}


def read_snapshot(folder: Path, track: str, phase: str) -> Snapshot:
    """Read the snapshot of one phase.

    Raises:
        SnapshotError: it is damaged, or of a newer schema.
    """
    path = snapshot_path(folder, track, phase)
    try:
        table = pq.read_table(path)
        written = about(table.schema)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(
            _("The board of {track} / {phase} cannot be read just now."), track=track, phase=phase
        ) from error
    if written["schema"] != SCHEMA:
        raise SnapshotError(
            _("The board of {track} / {phase} was published by another version of this software."),
            track=track,
            phase=phase,
        )
    dimensions, visible = written["dimensions"], written["visible_from"]
    return Snapshot(
        track=track,
        phase=phase,
        track_title=Bilingual(**written["track"]["title"]),
        phase_title=Bilingual(**written["phase"]["title"]),
        published_at=written["published_at"],
        dimensions=tuple(_axis("dimension", dimension) for dimension in dimensions),
        datasets=tuple(
            _axis("dataset", dataset)
            for dimension in dimensions
            for dataset in dimension["datasets"]
        ),
        entries=table.to_pandas(),
        detectable=written["detectable_difference"],
        visible_from=datetime.fromisoformat(visible) if visible else None,
        rounded_to=written["rounded_to"],
    )


def titles(axes: tuple[Axis, ...], language: Language) -> list[str]:
    """Return the titles of axes in one language."""
    return [axis.title.text(language) for axis in axes]


def _axis(kind: str, written: dict[str, Any]) -> Axis:
    return Axis(f"{kind}/{written['id']}", written["id"], Bilingual(**written["title"]))
