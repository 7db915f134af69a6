"""Score against size or date: who does not say is left out, the scale is never truncated."""

from __future__ import annotations

from typing import get_args

import pandas as pd
import pytest

from leaderboard.charts.frame import label
from leaderboard.charts.scatter import MOST_POINTS, Against, places, scatter
from leaderboard.snapshot import Snapshot
from tests.leaderboard.small_board import LONG, MARKUP

AGAINST: tuple[Against, ...] = get_args(Against)


def test_open_and_closed_are_told_apart(snapshot: Snapshot) -> None:
    """Sizes: open 7, none, 1500 and 7; closed none and 100."""
    figure = scatter(snapshot.entries, "size", "en")
    open_, closed = figure.data
    assert (open_.name, closed.name) == ("Open weights", "Closed weights")
    assert list(open_.x) == [7.0, 1500.0, 7.0]
    assert [round(float(value), 6) for value in open_.y] == [80.0, 50.0, 10.0]
    assert list(closed.x) == [100.0]
    assert open_.marker.color != closed.marker.color
    assert open_.marker.symbol != closed.marker.symbol


@pytest.mark.parametrize("against", AGAINST)
def test_points_run_from_zero_to_a_hundred(snapshot: Snapshot, against: Against) -> None:
    figure = scatter(snapshot.entries, against, "zh")
    assert tuple(figure.layout.yaxis.range) == (0, 100)
    assert figure.layout.xaxis.type == ("log" if against == "size" else "date")


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-03-01", "2026-03-01"),
        ("2025-08", "2025-08-01"),  # a month is its first day
        ("2026-11-03T23:59:00+00:00", "2026-11-03"),
        ("", None),
        ("soon", None),
        ("2026-13-01", None),
        ("2026", None),
    ],
)
def test_a_day_is_read_from_what_is_written(
    snapshot: Snapshot, written: str, day: str | None
) -> None:
    [place] = places(snapshot.entries.head(1).assign(released=written), "released")
    assert pd.isna(place) if day is None else place == pd.Timestamp(day)


def test_submissions_stand_at_their_day(snapshot: Snapshot) -> None:
    found = places(snapshot.entries, "submitted")
    assert [f"{day:%Y-%m-%d}" for day in found[:2]] == ["2026-11-01", "2026-11-02"]


def test_names_are_harmless(snapshot: Snapshot) -> None:
    figure = scatter(snapshot.entries, "submitted", "en")
    assert figure.data[0].text[0] == label(MARKUP)
    written = figure.to_json()
    assert MARKUP not in written
    assert LONG not in written


def test_nobody_says_so(snapshot: Snapshot) -> None:
    nobody = snapshot.entries.assign(released=None, parameters="")
    for against in AGAINST[:2]:
        assert places(nobody, against).isna().all()
        assert [len(trace.x) for trace in scatter(nobody, against, "en").data] == [0, 0]


def test_the_best_are_drawn_where_there_are_many(snapshot: Snapshot) -> None:
    many = pd.concat([snapshot.entries] * 100, ignore_index=True)
    figure = scatter(many, "submitted", "en")
    assert sum(len(trace.x) for trace in figure.data) == MOST_POINTS
