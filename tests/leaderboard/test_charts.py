"""The radar: values worked by hand, names as data, axes never truncated."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leaderboard.charts import COLOURS, chosen_axes, comparison_chart, radar, radar_values
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


def test_too_few_axes_are_bars_from_zero_to_a_hundred(snapshot: Snapshot) -> None:
    """The mini track has two dimensions of one dataset each."""
    axes = chosen_axes(snapshot)
    figure = comparison_chart(snapshot.entries, axes, "absolute", "en")

    assert axes == snapshot.datasets
    assert [trace.type for trace in figure.data] == ["bar"] * 3
    assert tuple(figure.layout.yaxis.range) == (0, 100)
    assert list(figure.data[0].y) == [80.0, 40.0]
    assert figure.data[0].name == "Best &lt;b&gt;model&lt;/b&gt;"


def test_datasets_make_a_radar_where_dimensions_do_not(snapshot: Snapshot) -> None:
    three = replace(snapshot, datasets=(*snapshot.datasets, snapshot.datasets[0]))
    assert chosen_axes(three) == three.datasets
    assert chosen_axes(replace(three, dimensions=three.datasets)) == three.datasets

    figure = comparison_chart(three.entries, chosen_axes(three), "absolute", "en")

    assert {trace.type for trace in figure.data} == {"scatterpolar"}
