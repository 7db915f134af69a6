"""A snapshot written by the evaluator's own code, with scores a reader can check."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from evaluator.board import describe, snapshot_table
from evaluator.challenge import load_challenge
from leaderboard.snapshot import Snapshot, read_snapshot
from tests.folders import mini_challenge

SCORES = {"Best <b>model</b>": (0.8, 0.4), "Second": (0.4, 0.4), "Third": (0.0, 0.0)}


@pytest.fixture
def board_dir(tmp_path: Path) -> Path:
    """Three entries: safety 80, 40, 0 and generation 40, 40, 0 points; the last skipped items."""
    track = load_challenge(mini_challenge(tmp_path / "challenge")).track("mini")
    folder = tmp_path / "board" / "mini"
    folder.mkdir(parents=True)
    rows = [
        _row(number, model, *scores) for number, (model, scores) in enumerate(SCORES.items(), 1)
    ]
    for phase, shown, least in (("dev", rows, 0.03), ("test", [], None)):
        told = describe(track, track.phase(phase), least, datetime.now(UTC))
        pq.write_table(snapshot_table(shown, track, told), folder / f"{phase}.parquet")
    return tmp_path / "board"


@pytest.fixture
def snapshot(board_dir: Path) -> Snapshot:
    """The snapshot of the three entries."""
    return read_snapshot(board_dir, "mini", "dev")


def _row(number: int, model: str, safety: float, generation: float) -> dict[str, object]:
    values = {
        "overall": (safety + generation) / 2,
        "dimension/safety": safety,
        "dimension/generation": generation,
        "dataset/Choice": safety,
        "dataset/Report": generation,
    }
    return {
        "rank": None if number == 3 else number,
        "rank_best": None if number == 3 else 1,
        "rank_worst": None if number == 3 else number,
        "group": None if number == 3 else number,
        "submission": f"s{number}",
        "model": model,
        "organisation": "Hospital",
        "access": "open",
        "parameters": "7B",
        "provenance": "participant",
        "note_zh": "说明" if number == 2 else None,
        "note_en": "a note" if number == 2 else None,
        "submitted_at": "2026-11-22T10:00:00+00:00",
        "skipped": 1 if number == 3 else 0,
        **values,
        **{f"{name}/low": value - 0.05 for name, value in values.items()},
        **{f"{name}/high": value + 0.05 for name, value in values.items()},
    }
