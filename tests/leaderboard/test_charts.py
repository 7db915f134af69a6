"""The radar: values worked by hand, names as data, axes never truncated."""

from __future__ import annotations

import pytest

from leaderboard.charts import COLOURS, radar, radar_values
from leaderboard.snapshot import Snapshot


def test_absolute_values_are_points(snapshot: Snapshot) -> None:
    values = radar_values(snapshot.entries, snapshot.dimensions, "absolute")
    assert values.to_numpy().tolist() == [[80.0, 40.0], [40.0, 40.0], [0.0, 0.0]]


def test_relative_values_give_the_best_of_each_dimension_a_hundred(snapshot: Snapshot) -> None:
    values = radar_values(snapshot.entries, snapshot.dimensions, "relative")
    assert values.to_numpy().tolist() == [[100.0, 100.0], [50.0, 100.0], [0.0, 0.0]]


def test_relative_to_all_entries_not_only_to_the_chosen(snapshot: Snapshot) -> None:
    chosen = snapshot.entries[1:2]
    values = radar_values(chosen, snapshot.dimensions, "relative", best=snapshot.entries)
    assert values.to_numpy().tolist() == [[50.0, 100.0]]


def test_a_dimension_without_any_point_stays_at_zero(snapshot: Snapshot) -> None:
    worst = snapshot.entries[2:]
    values = radar_values(worst, snapshot.dimensions, "relative")
    assert values.to_numpy().tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("view", ["absolute", "relative"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_figure_is_closed_runs_to_a_hundred_and_escapes_names(
    snapshot: Snapshot, view: str, language: str
) -> None:
    figure = radar(snapshot.entries, snapshot.dimensions, view, language)  # type: ignore[arg-type]
    assert tuple(figure.layout.polar.radialaxis.range) == (0, 100)
    assert figure.layout.showlegend
    assert next(trace.name for trace in figure.data) == "Best &lt;b&gt;model&lt;/b&gt;"
    for trace in figure.data:
        assert trace.r[0] == trace.r[-1], "the line returns to its start"
        assert len(trace.r) == len(snapshot.dimensions) + 1
    drawn = {(trace.line.color, trace.line.dash, trace.marker.symbol) for trace in figure.data}
    assert len(drawn) == len(figure.data), "told apart by more than colour"
    assert len(set(COLOURS)) == len(COLOURS)
