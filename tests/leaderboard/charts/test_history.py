"""The submissions of one model over time."""

from __future__ import annotations

from leaderboard.charts.history import history
from leaderboard.snapshot import Snapshot


def test_the_line_runs_through_every_submission(snapshot: Snapshot) -> None:
    """60 points in October, 80 in November."""
    figure = history(list(snapshot.entries["earlier"][0]), "en")
    [trace] = figure.data
    assert [round(float(value), 6) for value in trace.y] == [60.0, 80.0]
    assert [moment[:10] for moment in trace.x] == ["2026-10-20", "2026-11-01"]
    assert tuple(figure.layout.yaxis.range) == (0, 100)
