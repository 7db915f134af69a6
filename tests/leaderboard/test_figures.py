"""The tables beside charts, and what is counted: values worked by hand from `small_board`."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from leaderboard.figures import of_bars, of_differences, of_heat_map, of_radar
from leaderboard.reading import how_to_read, moment, rounding
from leaderboard.snapshot import OVERALL, Snapshot
from leaderboard.tallies import of_board, of_everything
from leaderboard.words import Difference


@pytest.mark.parametrize(
    ("view", "safety"),
    [
        ("absolute", ["Safety", "90.0", "60.0"]),
        # GPT's 60 of the best, 90.
        ("relative", ["Safety", "100.0", "66.7"]),
        # 75 lies between them.
        ("rank", ["Safety", "1", "3"]),
    ],
)
def test_a_radar_has_a_row_for_each_axis(snapshot: Snapshot, view: Any, safety: list[str]) -> None:
    entries, axes = snapshot.entries, snapshot.dimensions
    found = of_radar(entries.head(2), axes, view, "en", entries)

    assert found.headings == ["Axis", "Best <b>model</b>", "GPT 基线"]
    assert found.rows[0] == safety
    assert [row[0] for row in found.rows] == ["Safety", "Knowledge", "Writing"]


def test_bars_give_points_with_their_interval(snapshot: Snapshot) -> None:
    found = of_bars(snapshot.entries.head(1), (OVERALL, *snapshot.dimensions), "en")

    assert found.headings == ["Model", "Overall", "Safety", "Knowledge", "Writing"]
    assert found.rows[0][:3] == ["Best <b>model</b>", "80.0 (75.0 – 85.0)", "90.0 (85.0 – 95.0)"]


def test_what_nobody_measured_is_a_dash(snapshot: Snapshot) -> None:
    gap = {"dataset/Facts": None, "dimension/safety/low": None, "dimension/safety/high": None}
    entries = snapshot.entries.head(1).assign(**gap).astype(dict.fromkeys(gap, "float64"))

    assert of_heat_map(entries, snapshot.datasets, "zh").rows == [
        ["Best <b>model</b>", "90.0", "–", "60.0", "80.0"]
    ]
    assert of_bars(entries, snapshot.dimensions, "zh").rows[0][1] == "90.0"


def test_differences_say_how_sure_they_are() -> None:
    found = of_differences(
        [
            ("Tested", Difference(10.0, 8.0, 12.0, 0.04, "better")),
            ("Beyond doubt", Difference(-20.0, -22.0, -18.0, 0.0004, "worse")),
            ("Unknown", Difference(3.0, None, None, None, "untested")),
        ],
        "caption",
        "en",
    )
    assert [row[:4] for row in found.rows] == [
        ["Tested", "+10.0", "+8.0 … +12.0", "0.040"],
        ["Beyond doubt", "−20.0", "−22.0 … −18.0", "< 0.001"],
        ["Unknown", "+3.0", "–", "–"],
    ]


def test_what_is_counted(snapshot: Snapshot) -> None:
    assert [tile.number for tile in of_board(snapshot, "en")] == ["6", "3", "6", "3", "4"]
    # One track of four datasets; 4 teams sent 9 submissions of 7 models; GPT is the baseline.
    found = of_everything([snapshot, snapshot.with_entries(pd.DataFrame({"baseline": []}))], "en")
    assert [tile.number for tile in found] == ["1", "4", "9", "4", "7", "1"]


def test_a_board_says_what_it_can_tell_apart(snapshot: Snapshot) -> None:
    assert "a true difference of 3.0 points" in how_to_read(snapshot, "en")[-1]
    assert rounding(snapshot, "en") == ""
    assert moment("2027-01-05T08:00:00+08:00") == "2027-01-05 00:00 UTC"
