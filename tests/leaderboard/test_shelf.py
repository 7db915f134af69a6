"""The shelf: a version is read once, and what cannot be read leaves the last good one."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from evaluator.board import SCHEMA, history_folder, history_path, pairs_path, snapshot_path
from leaderboard.shelf import Shelf, chosen_board
from leaderboard.snapshot import SnapshotError
from tests.leaderboard.small_board import (
    DAYS,
    MARKUP,
    damage,
    make_older,
    names,
    publish,
    rewritten,
    small_rows,
    small_track,
)

DEV = ("small", "dev")


@pytest.fixture
def shelf(board_dir: Path) -> Shelf:
    """A shelf that has read nothing yet."""
    return Shelf(board_dir)


def later(path: Path, seconds: int = 1) -> None:
    """Let a file be changed later than it was, however coarse the clock of the disk is."""
    moment = path.stat().st_mtime_ns + seconds * 1_000_000_000
    os.utime(path, ns=(moment, moment))


def test_a_version_is_read_once(shelf: Shelf, board_dir: Path) -> None:
    first = shelf.board(*DEV)
    assert shelf.board(*DEV) is first
    assert shelf.pairs(*DEV) is shelf.pairs(*DEV)
    path = publish(board_dir, small_rows()[:2])
    later(path)
    later(pairs_path(board_dir, *DEV))
    assert len(shelf.board(*DEV).entries) == 2
    assert len(shelf.pairs(*DEV)) == 1


def test_stamps_are_of_the_published_boards(shelf: Shelf, board_dir: Path) -> None:
    before = shelf.stamps()
    assert list(before) == [DEV, ("small", "empty")], "neither pairs nor former days"
    later(snapshot_path(board_dir, *DEV))
    after = shelf.stamps()
    assert after[DEV] != before[DEV]
    assert after["small", "empty"] == before["small", "empty"]


def test_boards_stand_in_the_order_of_the_tracks(shelf: Shelf, board_dir: Path) -> None:
    publish(board_dir, small_rows(), of=small_track(id="a-later-one"), track=_track(1))
    assert [one.track for one in shelf.boards()] == ["small", "small", "a-later-one"]


def _track(position: int) -> dict[str, object]:
    title = {"zh": "又一个", "en": "Another"}
    return {"id": "a-later-one", "title": title, "summary": title, "position": position}


def test_a_damaged_board_leaves_the_last_good_one(shelf: Shelf, board_dir: Path) -> None:
    good = shelf.board(*DEV)
    path = snapshot_path(board_dir, *DEV)
    damage(path)
    later(path)

    found = shelf.board(*DEV)

    assert found.stale
    assert not good.stale, "who holds the good one is not disturbed"
    assert found.entries is good.entries
    assert shelf.board(*DEV) is found, "the damaged one is not read at every visit"


def test_a_board_that_is_mended_is_shown_again(shelf: Shelf, board_dir: Path) -> None:
    shelf.board(*DEV)
    path = snapshot_path(board_dir, *DEV)
    damage(path)
    later(path)
    assert shelf.board(*DEV).stale
    publish(board_dir, small_rows()[:3])
    later(path, 2)
    found = shelf.board(*DEV)
    assert not found.stale
    assert len(found.entries) == 3


def test_damaged_twice_it_is_still_the_last_good_one(shelf: Shelf, board_dir: Path) -> None:
    shelf.board(*DEV)
    path = snapshot_path(board_dir, *DEV)
    for seconds in (1, 2):
        damage(path)
        later(path, seconds)
        assert shelf.board(*DEV).stale
        assert len(shelf.board(*DEV).entries) == 6


def test_damaged_at_the_first_start_it_is_the_newest_day(shelf: Shelf, board_dir: Path) -> None:
    damage(snapshot_path(board_dir, *DEV))
    found = shelf.board(*DEV)
    assert found.stale
    assert len(found.entries) == 5, "the second day's"
    assert found.published_at.startswith("2026-11-10")


def test_a_damaged_day_is_passed_over(shelf: Shelf, board_dir: Path) -> None:
    damage(snapshot_path(board_dir, *DEV))
    damage(history_path(board_dir, *DEV, DAYS[1]))
    assert names(shelf.board(*DEV), "en") == [MARKUP]


def test_where_nothing_can_be_read_it_says_why(shelf: Shelf, board_dir: Path) -> None:
    damage(snapshot_path(board_dir, *DEV))
    for day in DAYS:
        damage(history_path(board_dir, *DEV, day))
    with pytest.raises(SnapshotError, match="cannot be read"):
        shelf.board(*DEV)
    assert [one.phase for one in shelf.boards()] == ["empty"], "the others go on"


def test_a_newer_schema_shows_the_last_day_of_this_one(shelf: Shelf, board_dir: Path) -> None:
    path = snapshot_path(board_dir, *DEV)
    pq.write_table(rewritten(path, lambda told: {**told, "schema": SCHEMA + 1}), path)
    found = shelf.board(*DEV)
    assert found.stale
    assert len(found.entries) == 5


def test_a_newer_schema_without_days_is_refused(shelf: Shelf, board_dir: Path) -> None:
    path = snapshot_path(board_dir, "small", "empty")
    pq.write_table(rewritten(path, lambda told: {**told, "schema": SCHEMA + 1}), path)
    with pytest.raises(SnapshotError, match="another version"):
        shelf.board("small", "empty")


def test_an_older_schema_is_no_fault(shelf: Shelf, board_dir: Path) -> None:
    make_older(snapshot_path(board_dir, *DEV))
    found = shelf.board(*DEV)
    assert not found.stale
    assert len(found.entries) == 6


def test_pairs_that_cannot_be_read_leave_none(shelf: Shelf, board_dir: Path) -> None:
    damage(pairs_path(board_dir, *DEV))
    assert shelf.pairs(*DEV).empty


def test_days_are_those_kept_oldest_first(shelf: Shelf, board_dir: Path) -> None:
    folder = history_folder(board_dir, *DEV)
    (folder / "notes.parquet").write_bytes(b"a file that names no day")
    assert shelf.days(*DEV) == list(DAYS)
    assert shelf.days("small", "empty") == []
    day = shelf.on_day(*DEV, DAYS[0])
    assert len(day.entries) == 1
    assert shelf.on_day(*DEV, DAYS[0]) is day


def test_a_day_that_is_not_over_is_read_again_when_it_is_published_again(
    shelf: Shelf, board_dir: Path
) -> None:
    first = shelf.on_day(*DEV, DAYS[0])
    shutil.copy(snapshot_path(board_dir, *DEV), history_path(board_dir, *DEV, DAYS[0]))
    assert len(shelf.on_day(*DEV, DAYS[0]).entries) != len(first.entries)


def test_a_stale_board_has_no_pairs_of_a_newer_one(shelf: Shelf, board_dir: Path) -> None:
    assert len(shelf.pairs(*DEV))
    damage(snapshot_path(board_dir, *DEV))
    assert shelf.pairs(*DEV).empty


def test_threads_share_one_reading(shelf: Shelf) -> None:
    with ThreadPoolExecutor(2) as two:
        found = list(two.map(lambda _number: shelf.board(*DEV), range(20)))
    assert len({id(one) for one in found}) == 1


def test_threads_never_see_a_broken_board(shelf: Shelf, board_dir: Path) -> None:
    """One thread reads while the file is now damaged, now published anew."""
    shelf.board(*DEV)
    path = snapshot_path(board_dir, *DEV)

    def change() -> None:
        for number in range(20):
            if number % 2:
                damage(path)
            else:
                publish(board_dir, small_rows()[: 1 + number % 5])

    with ThreadPoolExecutor(2) as two:
        changing = two.submit(change)
        while not changing.done():
            found = shelf.board(*DEV)
            assert 1 <= len(found.entries) <= 6
            assert len(names(found, "zh")) == len(found.entries)
        changing.result()


@pytest.mark.parametrize(
    ("track", "phase", "shown"),
    [
        ("small", "empty", ("small", "empty")),
        ("small", "gone", ("small", "dev")),  # the track is there, the phase is not
        ("nothing", "empty", ("small", "dev")),
        ("", "", ("small", "dev")),
        ("../small", "dev\x00", ("small", "dev")),
    ],
)
def test_an_address_that_names_nothing_shows_the_nearest(
    shelf: Shelf, track: str, phase: str, shown: tuple[str, str]
) -> None:
    found = chosen_board(shelf.boards(), track, phase)
    assert (found.track, found.phase) == shown


def test_each_publication_is_another_version(shelf: Shelf, board_dir: Path) -> None:
    """Two within one second too: charts are kept by it."""
    before = shelf.board(*DEV)
    path = snapshot_path(board_dir, *DEV)
    pq.write_table(pq.read_table(path), path)
    after = shelf.board(*DEV)
    assert before.published_at == after.published_at
    assert before.version != after.version
