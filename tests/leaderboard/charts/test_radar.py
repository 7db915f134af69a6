"""The radar: values worked by hand, names as data, axes never truncated.

Six entries: safety 90 60 75 40 30 0, knowledge 70 80 50 40 30 20, writing 80 70 25 70 60 10.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import get_args

import pandas as pd
import plotly.graph_objects as go
import pytest

from evaluator.texts import LANGUAGES, Language, translate
from leaderboard.charts.frame import MOST_MODELS, label
from leaderboard.charts.radar import (
    VIEW_TITLES,
    View,
    chosen_axes,
    radar,
    radar_values,
    view_name,
)
from leaderboard.snapshot import Snapshot
from tests.leaderboard.small_board import LONG, MARKUP, RIGHT_TO_LEFT, names

VIEWS: tuple[View, ...] = get_args(View)
NAN = float("nan")


def rounded(values: pd.DataFrame) -> list[list[float]]:
    """Return values without the dust of floating point."""
    return [[float(value) for value in row] for row in values.round(6).to_numpy()]


def test_absolute_values_are_points(snapshot: Snapshot) -> None:
    values = radar_values(snapshot.entries.head(3), snapshot.dimensions, "absolute")
    assert rounded(values) == [[90.0, 70.0, 80.0], [60.0, 80.0, 70.0], [75.0, 50.0, 25.0]]


def test_relative_values_give_the_best_of_each_axis_a_hundred(snapshot: Snapshot) -> None:
    """The best are 90, 80 and 80."""
    values = radar_values(snapshot.entries, snapshot.dimensions, "relative")
    assert rounded(values)[0] == [100.0, 87.5, 100.0]
    assert rounded(values)[1] == [66.666667, 100.0, 87.5]
    assert rounded(values)[5] == [0.0, 25.0, 12.5]


def test_relative_to_everyone_not_only_to_the_chosen(snapshot: Snapshot) -> None:
    chosen = snapshot.entries[2:3]
    alone = radar_values(chosen, snapshot.dimensions, "relative")
    assert rounded(alone) == [[100.0, 100.0, 100.0]]
    among = radar_values(chosen, snapshot.dimensions, "relative", snapshot.entries)
    assert rounded(among) == [[83.333333, 62.5, 31.25]]


def test_ranks_are_those_among_everyone(snapshot: Snapshot) -> None:
    chosen = snapshot.entries.iloc[[3, 0]]
    values = radar_values(chosen, snapshot.dimensions, "rank", snapshot.entries)
    # On writing 70 points stand twice behind the 80: both second.
    assert rounded(values) == [[4.0, 4.0, 2.0], [1.0, 2.0, 1.0]]


def test_all_ties_are_all_first(snapshot: Snapshot) -> None:
    tied = snapshot.entries.assign(**{axis.column: 0.5 for axis in snapshot.dimensions})
    assert rounded(radar_values(tied, snapshot.dimensions, "rank")) == [[1.0] * 3] * 6
    assert rounded(radar_values(tied, snapshot.dimensions, "relative")) == [[100.0] * 3] * 6


def test_an_axis_on_which_nobody_has_a_point_stays_at_zero(snapshot: Snapshot) -> None:
    entries = snapshot.entries.assign(**{"dimension/writing": 0.0})
    values = radar_values(entries, snapshot.dimensions, "relative")
    assert values["dimension/writing"].tolist() == [0.0] * 6


def test_a_score_that_is_missing_is_no_zero_in_any_view(snapshot: Snapshot) -> None:
    entries = snapshot.entries.assign(**{"dimension/writing": NAN})
    for view in VIEWS:
        assert radar_values(entries, snapshot.dimensions, view)["dimension/writing"].isna().all()


def test_datasets_are_axes_where_they_are_asked_for(snapshot: Snapshot) -> None:
    assert chosen_axes(snapshot) == snapshot.dimensions
    assert chosen_axes(snapshot, datasets=True) == snapshot.datasets
    two = replace(snapshot, dimensions=snapshot.dimensions[:2])
    assert chosen_axes(two) == two.datasets, "two dimensions make no radar"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_returns_to_its_start(
    snapshot: Snapshot, view: View, language: Language
) -> None:
    figure = radar(snapshot.entries, snapshot.dimensions, view, language)
    assert len(figure.data) == 6
    for trace in figure.data:
        assert trace.r[0] == trace.r[-1]
        assert trace.theta[0] == trace.theta[-1]
        assert len(trace.r) == len(trace.theta) == 4
    assert figure.layout.showlegend
    titled = translate(VIEW_TITLES[view], language).format(entries=6)
    assert figure.layout.title.text == titled


@pytest.mark.parametrize("view", ["absolute", "relative"])
@pytest.mark.parametrize("chosen", [slice(0, 6), slice(5, 6)])
def test_axes_of_points_are_never_truncated(snapshot: Snapshot, view: View, chosen: slice) -> None:
    figure = radar(snapshot.entries[chosen], snapshot.dimensions, view, "en", snapshot.entries)
    assert tuple(figure.layout.polar.radialaxis.range) == (0, 100)
    assert figure.layout.polar.radialaxis.tickvals[-1] == 100


def test_the_axis_of_ranks_runs_from_the_last_to_the_first(snapshot: Snapshot) -> None:
    """Of all entries, not of the chosen; the last is not drawn on the very centre."""
    figure = radar(snapshot.entries[:2], snapshot.dimensions, "rank", "en", snapshot.entries)
    axis = figure.layout.polar.radialaxis
    assert axis.range[1] == 1
    assert 6 < axis.range[0] < 6.5
    assert list(axis.tickvals) == [1, 2, 4, 5, 6]


@pytest.mark.parametrize(("entries", "ticks"), [(1, [1, 2]), (2, [1, 2]), (3, [1, 2, 3])])
def test_few_entries_have_few_ranks(snapshot: Snapshot, entries: int, ticks: list[int]) -> None:
    few = snapshot.entries.head(entries)
    axis = radar(few, snapshot.dimensions, "rank", "en").layout.polar.radialaxis
    assert list(axis.tickvals) == ticks
    assert axis.range[0] > axis.range[1] == 1


def test_lines_are_told_apart_by_more_than_colour(snapshot: Snapshot) -> None:
    figure = radar(snapshot.entries, snapshot.dimensions, "absolute", "en")
    for one in (
        lambda trace: trace.line.color,
        lambda trace: trace.line.dash,
        lambda trace: trace.marker.symbol,
    ):
        assert len({one(trace) for trace in figure.data}) == MOST_MODELS


@pytest.mark.parametrize("axes", [2, 3])
def test_names_are_harmless(snapshot: Snapshot, axes: int) -> None:
    figure = radar(snapshot.entries, snapshot.dimensions[:axes], "absolute", "en")
    drawn = [trace.name for trace in figure.data]
    assert drawn == [label(name) for name in names(snapshot, "en")]
    written = figure.to_json()
    assert MARKUP not in written
    assert LONG not in written
    assert label(RIGHT_TO_LEFT) in drawn


@pytest.mark.parametrize("view", VIEWS)
def test_too_few_axes_are_bars(snapshot: Snapshot, view: View) -> None:
    figure = radar(snapshot.entries[:3], snapshot.dimensions[:2], view, "en", snapshot.entries)
    assert {trace.type for trace in figure.data} == {"bar"}
    drawn = [
        [round(float(value) + float(trace.base or 0), 3) for value in trace.y]
        for trace in figure.data
    ]
    expected = {
        "absolute": [[90.0, 70.0], [60.0, 80.0], [75.0, 50.0]],
        "relative": [[100.0, 87.5], [66.667, 100.0], [83.333, 62.5]],
        "rank": [[1.0, 2.0], [3.0, 1.0], [2.0, 3.0]],
    }
    assert drawn == expected[view]
    assert len({trace.marker.pattern.shape for trace in figure.data}) == 3
    if view != "rank":
        assert tuple(figure.layout.yaxis.range) == (0, 100)


def test_a_bar_of_a_better_rank_is_longer(snapshot: Snapshot) -> None:
    """As far as it is seen: the axis runs from the last rank to 1, a bar from its base."""
    figure = radar(snapshot.entries, snapshot.dimensions[:2], "rank", "en")
    last, first = figure.layout.yaxis.range

    def seen(trace: go.Bar) -> float:
        base = float(trace.base or 0.0)
        ends = [min(max(end, first), last) for end in (base, base + float(trace.y[0]))]
        return float(abs(ends[0] - ends[1]))

    ranked_1, ranked_3, ranked_2 = (seen(trace) for trace in figure.data[:3])
    assert ranked_1 > ranked_2 > ranked_3 > 0


def test_a_bar_of_no_score_says_nothing(snapshot: Snapshot) -> None:
    entries = snapshot.entries.assign(**{"dimension/safety": NAN})
    for view in VIEWS[::2]:
        figure = radar(entries, snapshot.dimensions[:2], view, "en")
        assert "nan" not in list(figure.data[0].text)


def test_an_entry_without_a_score_leaves_a_gap(snapshot: Snapshot) -> None:
    entries = snapshot.entries.assign(**{"dimension/writing": NAN})
    figure = radar(entries, snapshot.dimensions, "absolute", "en")
    assert math.isnan(figure.data[0].r[2])


def test_many_axes_are_named_by_their_datasets(snapshot: Snapshot) -> None:
    axes = tuple(replace(snapshot.datasets[0], id=f"Set{number}") for number in range(11))
    figure = radar(snapshot.entries, axes, "absolute", "zh")
    assert figure.data[0].theta[0] == "Set0"
    assert radar(snapshot.entries, axes[:10], "absolute", "zh").data[0].theta[0] == "选择题"


def test_views_have_names() -> None:
    assert [view_name(view, "en") for view in VIEWS] == ["Absolute", "Relative", "Rank"]
