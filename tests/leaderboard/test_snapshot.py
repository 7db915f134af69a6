"""Reading snapshots: what is older reads as empty, what is damaged or newer is said."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from evaluator.board import SCHEMA, Participation, pairs_path, snapshot_path
from evaluator.texts import LANGUAGES, translate
from leaderboard.snapshot import ANONYMOUS, NOBODY, Snapshot, SnapshotError, read_pairs
from leaderboard.snapshot import read_snapshot as read
from tests.leaderboard.small_board import (
    BASELINE,
    DAYS,
    LONG,
    MARKUP,
    NOW,
    READINGS,
    RIGHT_TO_LEFT,
    SKIPPED,
    damage,
    make_older,
    names,
    publish,
    rewritten,
    small_rows,
    small_track,
)

NAMES = [MARKUP, BASELINE, "Anonymous K7QX", RIGHT_TO_LEFT, LONG, SKIPPED]


def test_it_reads_what_was_published(snapshot: Snapshot) -> None:
    assert snapshot.title("zh") == "小榜 · 开发"
    assert snapshot.title("en") == "Small board · Development"
    assert datetime.fromisoformat(snapshot.published_at) == NOW
    assert snapshot.detectable == 0.03
    assert snapshot.citation == "The authors, 2026."
    assert snapshot.taken_part == Participation(teams=3, submissions=6, models=5)
    assert snapshot.everywhere == Participation(teams=4, submissions=9, models=7)
    assert snapshot.difficulty is not None
    assert list(snapshot.difficulty) == ["Choice"]
    assert not snapshot.stale
    assert snapshot.visible_from is None


def test_its_axes_are_dimensions_and_their_datasets(snapshot: Snapshot) -> None:
    assert [axis.id for axis in snapshot.dimensions] == ["safety", "knowledge", "writing"]
    assert [axis.column for axis in snapshot.datasets_of("knowledge")] == [
        "dataset/Facts",
        "dataset/Terms",
    ]
    choice, facts, terms, _report = snapshot.datasets
    assert (choice.metric, choice.items, choice.parts) == ("robust_accuracy", 10, READINGS)
    assert (facts.items, facts.parts) == (20, ())
    assert terms.items is None, "their number is not known"
    assert terms.heading("en") == "Terms"
    assert terms.title.en == "Terms of medicine"
    assert snapshot.dimensions[0].heading("en") == "Safety"


def test_entries_say_who_is_a_baseline_and_who_is_anonymous(snapshot: Snapshot) -> None:
    assert snapshot.entries["baseline"].tolist() == [False, True, False, False, False, False]
    assert snapshot.entries["anonymous"].tolist() == [False, False, True, False, False, False]
    assert names(snapshot, "en") == NAMES
    for language in LANGUAGES:
        pseudonym = translate(ANONYMOUS, language).format(code="K7QX")
        assert names(snapshot, language)[2] == pseudonym


def test_some_of_the_entries_are_a_board_like_it(snapshot: Snapshot) -> None:
    few = snapshot.with_entries(snapshot.entries.head(2))
    assert names(few, "en") == NAMES[:2]
    assert few.title("en") == snapshot.title("en")
    assert len(snapshot.entries) == 6, "the other one is as it was"


def test_a_board_without_entries_is_read(board_dir: Path) -> None:
    found = read(board_dir, "small", "empty")
    assert found.entries.empty
    assert "name_zh" in found.entries


def test_a_board_says_from_when_on_it_shows_entries(board_dir: Path) -> None:
    publish(board_dir, [], "later")
    found = read(board_dir, "small", "later")
    assert found.visible_from == datetime(2027, 1, 5, tzinfo=UTC), "8 o'clock in Beijing"


def test_a_day_is_read_as_it_was(board_dir: Path) -> None:
    assert names(read(board_dir, "small", "dev", DAYS[0]), "en") == [MARKUP]
    second = names(read(board_dir, "small", "dev", DAYS[1]), "en")
    assert second == [*NAMES[:4], "Gone"]


def test_an_older_schema_reads_with_empty_columns(board_dir: Path) -> None:
    make_older(snapshot_path(board_dir, "small", "dev"))
    found = read(board_dir, "small", "dev")

    assert found.entries["overall"].round(6).tolist() == [0.8, 0.7, 0.5, 0.5, 0.4, 0.1]
    assert found.entries["entry"].tolist() == ["s1", "s2", "s3", "s4", "s5", "s6"]
    late = ["released", "tries", "earlier", "compared", "repository", "predictions"]
    assert found.entries[late].isna().all(axis=None)
    assert not found.entries["anonymous"].any()
    assert names(found, "en") == [MARKUP, BASELINE, "K7QX", *NAMES[3:]]
    assert (found.taken_part, found.everywhere) == (NOBODY, NOBODY)
    assert (found.citation, found.summary, found.difficulty) == (None, None, None)
    assert [(axis.items, axis.parts) for axis in found.datasets] == [(None, ())] * 4


@pytest.mark.parametrize("schema", [1, 2, SCHEMA + 1, 99])
def test_another_schema_is_not_guessed_at(board_dir: Path, schema: int) -> None:
    path = snapshot_path(board_dir, "small", "dev")
    pq.write_table(rewritten(path, lambda told: {**told, "schema": schema}), path)
    with pytest.raises(SnapshotError, match="another version") as caught:
        read(board_dir, "small", "dev")
    assert "small / dev" in caught.value.text("zh")


@pytest.mark.parametrize("wrong", ["dimensions", "track", "schema", "published_at"])
def test_a_description_that_lacks_something_is_an_error(board_dir: Path, wrong: str) -> None:
    path = snapshot_path(board_dir, "small", "dev")

    def without(told: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in told.items() if name != wrong}

    pq.write_table(rewritten(path, without), path)
    with pytest.raises(SnapshotError, match="cannot be read"):
        read(board_dir, "small", "dev")


def test_a_damaged_snapshot_is_an_error_with_a_sentence(board_dir: Path) -> None:
    damage(snapshot_path(board_dir, "small", "dev"))
    with pytest.raises(SnapshotError) as caught:
        read(board_dir, "small", "dev")
    assert caught.value.text("zh") == "暂时无法读取 small / dev 的榜单。"


def test_half_a_snapshot_is_damaged_too(board_dir: Path) -> None:
    path = snapshot_path(board_dir, "small", "dev")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SnapshotError):
        read(board_dir, "small", "dev")


def test_a_table_of_something_else_is_an_error(board_dir: Path) -> None:
    path = snapshot_path(board_dir, "small", "dev")
    pd.DataFrame({"a": [1]}).to_parquet(path)
    with pytest.raises(SnapshotError, match="cannot be read"):
        read(board_dir, "small", "dev")


def test_no_snapshot_is_an_error(board_dir: Path) -> None:
    with pytest.raises(SnapshotError):
        read(board_dir, "small", "never")


def test_pairs_are_those_of_the_compared(board_dir: Path) -> None:
    pairs = read_pairs(board_dir, "small", "dev")
    assert len(pairs) == 10, "five entries, the sixth skipped items"
    assert pairs.loc[("s1", "s3"), "adjusted_p"] == 0.001


@pytest.mark.parametrize("what", ["damaged", "gone"])
def test_pairs_that_cannot_be_read_are_none(board_dir: Path, what: str) -> None:
    path = pairs_path(board_dir, "small", "dev")
    if what == "damaged":
        damage(path)
    else:
        path.unlink()
    pairs = read_pairs(board_dir, "small", "dev")
    assert pairs.empty
    assert {"low", "high", "adjusted_p"} <= set(pairs.columns)
    assert ("s1", "s3") not in pairs.index


def test_a_dimension_that_nobody_attempted_is_empty(board_dir: Path) -> None:
    lacking = [
        {name: value for name, value in one.items() if not name.startswith("dimension/writing")}
        for one in small_rows()
    ]
    publish(board_dir, lacking, of=small_track())
    found = read(board_dir, "small", "dev")
    assert found.entries["dimension/writing"].isna().all()
    assert found.entries["dimension/writing"].dtype == "float64"
