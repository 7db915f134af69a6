"""The published boards, each read once a version; what is damaged leaves the last good one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import pandas as pd

from evaluator.board import history_folder, history_path, pairs_path, snapshot_path
from evaluator.reported import read_published, reported_path
from leaderboard.snapshot import NO_PAIRS, Snapshot, SnapshotError, read_pairs, read_snapshot

Board = tuple[str, str]
DAYS_KEPT = 8


class Shelf:
    """Holds the newest good snapshot of every board; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._read: dict[Board, tuple[int, Snapshot]] = {}
        self._pairs: dict[Board, tuple[int, pd.DataFrame]] = {}
        self._on_day = lru_cache(maxsize=DAYS_KEPT)(self._read_day)
        self._reported: tuple[int, pd.DataFrame] | None = None

    def stamps(self) -> dict[Board, int]:
        """Return for every published board a number that changes when it is published anew."""
        return {board: _stamp(snapshot_path(self.folder, *board)) for board in self._published()}

    def boards(self) -> list[Snapshot]:
        """Return every board that can be read, in the order of the challenge's tracks."""
        found = []
        for board in self._published():
            try:
                found.append(self.board(*board))
            except SnapshotError:
                # Whoever asks for this very board is told; the others go on.
                continue
        return sorted(found, key=lambda one: (one.position, one.track))

    def board(self, track: str, phase: str) -> Snapshot:
        """Return the newest snapshot of a phase that can be read, marked stale if it is not last.

        Raises:
            SnapshotError: none can be read.
        """
        key = (track, phase)
        stamp = _stamp(snapshot_path(self.folder, *key))
        with self._lock:
            known = self._read.get(key)
            if known and known[0] == stamp:
                return known[1]
            try:
                found = replace(read_snapshot(self.folder, track, phase), version=stamp)
            except SnapshotError:
                found = replace(known[1] if known else self._last_day(key), stale=True)
            self._read[key] = (stamp, found)
            return found

    def pairs(self, track: str, phase: str) -> pd.DataFrame:
        """Return the paired tests of a phase, by the submissions `a` and `b`.

        Beside a board that is not the last there are none: they would be of other scores.
        """
        key = (track, phase)
        if self.board(track, phase).stale:
            return NO_PAIRS
        stamp = _stamp(pairs_path(self.folder, *key))
        with self._lock:
            known = self._pairs.get(key)
            if known is None or known[0] != stamp:
                known = (stamp, read_pairs(self.folder, track, phase))
                self._pairs[key] = known
            return known[1]

    def days(self, track: str, phase: str) -> list[date]:
        """Return the days of which a snapshot is kept, oldest first."""
        found = history_folder(self.folder, track, phase).glob("*.parquet")
        return sorted(day for path in found if (day := _day(path)))

    def on_day(self, track: str, phase: str, day: date) -> Snapshot:
        """Return the board as it was at the end of a day of `days`.

        Raises:
            SnapshotError: it cannot be read.
        """
        stamp = _stamp(history_path(self.folder, track, phase, day))
        return self._on_day(track, phase, day, stamp)

    def reported(self) -> pd.DataFrame:
        """Return the figures reported elsewhere, read once a version.

        Raises:
            ReportedUnreadable: they cannot be read.
        """
        stamp = _stamp(reported_path(self.folder))
        with self._lock:
            if self._reported is None or self._reported[0] != stamp:
                self._reported = (stamp, read_published(self.folder))
            return self._reported[1]

    def _read_day(self, track: str, phase: str, day: date, _stamp: int) -> Snapshot:
        return read_snapshot(self.folder, track, phase, day)

    def _last_day(self, board: Board) -> Snapshot:
        """Return the newest kept day's board that can be read, else raise why none can."""
        for day in reversed(self.days(*board)):
            try:
                return read_snapshot(self.folder, *board, day)
            except SnapshotError:
                continue
        return read_snapshot(self.folder, *board)

    def _published(self) -> Iterator[Board]:
        for path in sorted(self.folder.glob("*/*.parquet")):
            yield path.parent.name, path.stem


def chosen_board(boards: list[Snapshot], track: str, phase: str) -> Snapshot:
    """Return the board asked for by its address, else the track's first, else the first of all."""
    same_track = [board for board in boards if board.track == track]
    for board in same_track:
        if board.phase == phase:
            return board
    return (same_track or boards)[0]


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def _day(path: Path) -> date | None:
    try:
        return date.fromisoformat(path.stem)
    except ValueError:
        return None
