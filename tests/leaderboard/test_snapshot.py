"""Reading snapshots: what is damaged or newer is said, not shown."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from leaderboard.snapshot import SnapshotError, available, chosen_board, read_snapshot, stamp

BOARDS = [("eye", "dev"), ("main", "dev"), ("main", "test")]


def test_it_reads_what_was_published(board_dir: Path) -> None:
    assert list(available(board_dir)) == [("mini", "dev"), ("mini", "test")]
    snapshot = read_snapshot(board_dir, "mini", "dev")
    assert snapshot.track_title.zh == "小赛道"
    assert [axis.id for axis in snapshot.dimensions] == ["safety", "generation"]
    assert [axis.column for axis in snapshot.datasets] == ["dataset/Choice", "dataset/Report"]
    assert read_snapshot(board_dir, "mini", "test").entries.empty


def test_the_stamp_changes_with_the_file(board_dir: Path) -> None:
    before = stamp(board_dir, "mini", "dev")
    path = board_dir / "mini" / "dev.parquet"
    pq.write_table(pq.read_table(path), path)
    assert stamp(board_dir, "mini", "dev") != before
    assert stamp(board_dir, "mini", "never") == 0


def test_a_damaged_snapshot_is_an_error_with_a_sentence(board_dir: Path) -> None:
    (board_dir / "mini" / "dev.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(SnapshotError) as caught:
        read_snapshot(board_dir, "mini", "dev")
    assert caught.value.text("zh") == "暂时无法读取 mini / dev 的榜单。"


def test_a_snapshot_of_another_version_is_not_guessed_at(board_dir: Path) -> None:
    path = board_dir / "mini" / "dev.parquet"
    table = pq.read_table(path)
    metadata = {
        key: value.replace(b'"schema":3', b'"schema":99')
        for key, value in table.schema.metadata.items()
    }
    pq.write_table(table.replace_schema_metadata(metadata), path)
    with pytest.raises(SnapshotError, match="another version"):
        read_snapshot(board_dir, "mini", "dev")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (("main", "test"), ("main", "test")),
        (("main", "gone"), ("main", "dev")),  # the track is there, the phase is not
        (("nothing", ""), ("eye", "dev")),
        (("", ""), ("eye", "dev")),
    ],
)
def test_an_address_that_names_nothing_shows_the_nearest(
    asked: tuple[str, str], shown: tuple[str, str]
) -> None:
    assert chosen_board(BOARDS, asked) == shown
