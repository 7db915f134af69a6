"""Figures about a whole board, worked by hand.

Safety 90 60 75 40 30 0, knowledge 70 80 50 40 30 20, writing 80 70 25 70 60 10.
"""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from evaluator.board import snapshot_path
from leaderboard.analysis import READINGS, relative_levels, robust_datasets, robustness
from leaderboard.snapshot import Snapshot, read_snapshot
from tests.leaderboard.small_board import MARKUP, make_older


def levels(snapshot: Snapshot, best: int) -> list[float]:
    """Return the levels of the dimensions, rounded."""
    found = relative_levels(snapshot.entries, snapshot.dimensions, best)
    return [float(value) for value in found.round(4)]


def test_the_level_is_the_mean_where_the_best_is_a_hundred(snapshot: Snapshot) -> None:
    """Of the best two: (90 + 60) / 2 / 90, (70 + 80) / 2 / 80, (80 + 70) / 2 / 80."""
    assert levels(snapshot, 2) == [83.3333, 93.75, 93.75]


def test_fewer_entries_than_asked_for_are_all(snapshot: Snapshot) -> None:
    """(90 + 60 + 75 + 40 + 30 + 0) / 6 / 90, 290 / 6 / 80, 315 / 6 / 80."""
    assert levels(snapshot, 10) == [54.6296, 60.4167, 65.625]


def test_the_best_are_those_of_overall_not_those_that_stand_first(snapshot: Snapshot) -> None:
    turned = snapshot.with_entries(snapshot.entries[::-1])
    assert levels(turned, 2) == levels(snapshot, 2)


def test_one_entry_is_its_own_best(snapshot: Snapshot) -> None:
    assert levels(snapshot, 1) == [100.0, 100.0, 100.0]


def test_an_axis_on_which_nobody_has_a_point_stays_at_zero(snapshot: Snapshot) -> None:
    board = snapshot.with_entries(snapshot.entries.assign(**{"dimension/safety": 0.0}))
    assert levels(board, 2) == [0.0, 93.75, 93.75]


def test_an_axis_that_nobody_attempted_has_no_level(snapshot: Snapshot) -> None:
    board = snapshot.with_entries(snapshot.entries.assign(**{"dimension/safety": float("nan")}))
    found = levels(board, 2)
    assert pd.isna(found[0])
    assert found[1:] == [93.75, 93.75]


def test_all_ties_are_all_at_a_hundred(snapshot: Snapshot) -> None:
    tied = {axis.column: 0.3 for axis in snapshot.dimensions}
    board = snapshot.with_entries(snapshot.entries.assign(**tied))
    assert levels(board, 10) == [100.0, 100.0, 100.0]


def test_an_entry_that_lacks_an_axis_does_not_lower_it(snapshot: Snapshot) -> None:
    entries = snapshot.entries.copy()
    entries.loc[1, "dimension/safety"] = float("nan")
    assert levels(snapshot.with_entries(entries), 2)[0] == 100.0


def test_datasets_of_shuffled_choices_are_those_with_all_readings(snapshot: Snapshot) -> None:
    assert [axis.id for axis in robust_datasets(snapshot)] == ["Choice"]


def test_an_older_snapshot_tells_of_none(board_dir: Path) -> None:
    make_older(snapshot_path(board_dir, "small", "dev"))
    assert robust_datasets(read_snapshot(board_dir, "small", "dev")) == ()


def test_readings_are_in_points_by_name(snapshot: Snapshot) -> None:
    found = robustness(snapshot.entries, robust_datasets(snapshot), "en", most=2)
    assert list(found.columns) == list(READINGS)
    assert list(found.index) == [MARKUP, "GPT 基线"]
    assert found.round(6).to_numpy().tolist() == [[90.0, 100.0, 90.0], [60.0, 70.0, 90.0]]


def test_readings_are_the_mean_over_the_datasets(snapshot: Snapshot) -> None:
    """90 and 50 points are 70; of one reading only one dataset tells."""
    other = {f"part/Facts/{reading}": 0.5 for reading in READINGS[:2]}
    entries = snapshot.entries.assign(**other, **{f"part/Facts/{READINGS[2]}": float("nan")})
    datasets = snapshot.datasets[:2]
    found = robustness(entries, datasets, "en", most=1)
    assert [round(float(value), 6) for value in found.iloc[0]] == [70.0, 75.0, 90.0]


def test_a_reading_that_is_missing_is_missing(snapshot: Snapshot) -> None:
    """No item right in its original order: there is nothing to keep."""
    entries = snapshot.entries.assign(**{"part/Choice/kept_when_shuffled": float("nan")})
    found = robustness(entries, robust_datasets(snapshot), "zh", most=1)
    assert math.isnan(found["kept_when_shuffled"].iloc[0])
    assert isinstance(found, pd.DataFrame)
