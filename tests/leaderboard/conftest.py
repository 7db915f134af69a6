"""A snapshot written by the evaluator's own code, with scores a reader can check."""

from __future__ import annotations

from pathlib import Path

import pytest

from leaderboard.snapshot import Snapshot, read_snapshot
from tests.leaderboard.small_board import publish_small_board


@pytest.fixture
def board_dir(tmp_path: Path) -> Path:
    """Six entries in small / dev, none in small / empty; see `small_board`."""
    publish_small_board(tmp_path / "board")
    return tmp_path / "board"


@pytest.fixture
def snapshot(board_dir: Path) -> Snapshot:
    """The snapshot of the six entries."""
    return read_snapshot(board_dir, "small", "dev")
