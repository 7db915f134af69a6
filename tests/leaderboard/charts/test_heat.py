"""The heat map: one colour for one score, whoever else is shown."""

from __future__ import annotations

import math

import pandas as pd

from leaderboard.charts.frame import label
from leaderboard.charts.heat import MOST_ROWS, heat_map
from leaderboard.snapshot import Snapshot
from tests.leaderboard.small_board import MARKUP, names


def test_cells_are_points(snapshot: Snapshot) -> None:
    [trace] = heat_map(snapshot.entries, snapshot.datasets, "en").data
    assert [round(float(value), 6) for value in trace.z[0]] == [90.0, 80.0, 60.0, 80.0]
    assert [round(float(value), 6) for value in trace.z[5]] == [0.0, 20.0, 20.0, 10.0]
    assert list(trace.x) == ["Choice", "Facts", "Terms", "Report"]


def test_colours_run_from_zero_to_a_hundred(snapshot: Snapshot) -> None:
    """Also where the scores shown are all alike."""
    [trace] = heat_map(snapshot.entries[5:], snapshot.datasets, "en").data
    assert (trace.zmin, trace.zmax) == (0, 100)


def test_the_best_stands_on_top_and_names_are_harmless(snapshot: Snapshot) -> None:
    figure = heat_map(snapshot.entries, snapshot.datasets, "en")
    assert figure.layout.yaxis.autorange == "reversed"
    assert list(figure.data[0].y) == [label(name) for name in names(snapshot, "en")]
    assert MARKUP not in figure.to_json()


def test_two_entries_of_one_name_are_two_rows(snapshot: Snapshot) -> None:
    same = snapshot.entries.assign(name_en="Same")
    assert len(set(heat_map(same, snapshot.datasets, "en").data[0].y)) == 6


def test_two_long_names_that_begin_alike_are_two_rows(snapshot: Snapshot) -> None:
    alike = snapshot.entries.head(2).assign(name_en=[60 * "x" + "a", 60 * "x" + "b"])
    assert len(set(heat_map(alike, snapshot.datasets, "en").data[0].y)) == 2


def test_a_score_that_is_missing_is_a_gap(snapshot: Snapshot) -> None:
    entries = snapshot.entries.assign(**{"dataset/Facts": float("nan")})
    [trace] = heat_map(entries, snapshot.datasets, "en").data
    assert math.isnan(trace.z[0][1])


def test_more_rows_than_fit_are_cut(snapshot: Snapshot) -> None:
    many = pd.concat([snapshot.entries] * 6)
    assert len(heat_map(many, snapshot.datasets, "en").data[0].z) == MOST_ROWS
