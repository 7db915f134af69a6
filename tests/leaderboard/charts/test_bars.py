"""Bars: values and whiskers worked by hand, the scale always from 0 to 100."""

from __future__ import annotations

import math

import pandas as pd
import plotly.graph_objects as go
import pytest

from evaluator.texts import LANGUAGES, Language
from leaderboard.charts.bars import counts, grouped, levels, side_by_side
from leaderboard.charts.frame import ISOLATE, MOST_MODELS, POP, label
from leaderboard.snapshot import OVERALL, Snapshot
from tests.leaderboard.small_board import MARKUP, names

NAN = float("nan")


@pytest.mark.parametrize("language", LANGUAGES)
def test_bars_stand_side_by_side_with_their_intervals(
    snapshot: Snapshot, language: Language
) -> None:
    figure = side_by_side(snapshot.entries, (OVERALL, *snapshot.dimensions), language)
    first, last = figure.data[0], figure.data[5]
    assert [round(float(value), 6) for value in first.y] == [80.0, 90.0, 70.0, 80.0]
    assert [round(float(value), 6) for value in first.error_y.array] == [5.0, 5.0, 5.0, 5.0]
    # Safety of 0 points: its interval is cut at 0.
    assert [round(float(value), 6) for value in last.error_y.arrayminus] == [5.0, 0.0, 5.0, 5.0]
    assert tuple(figure.layout.yaxis.range) == (0, 100)
    assert figure.layout.barmode == "group"
    assert list(first.x)[1] == {"zh": "安全", "en": "Safety"}[language]


def test_bars_are_told_apart_by_more_than_colour(snapshot: Snapshot) -> None:
    figure = side_by_side(snapshot.entries, snapshot.dimensions, "en")
    assert len({trace.marker.color for trace in figure.data}) == MOST_MODELS
    assert len({trace.marker.pattern.shape for trace in figure.data}) == MOST_MODELS


def test_names_are_harmless(snapshot: Snapshot) -> None:
    figure = side_by_side(snapshot.entries, snapshot.dimensions, "en")
    assert [trace.name for trace in figure.data] == [label(one) for one in names(snapshot, "en")]
    assert MARKUP not in figure.to_json()


def test_more_than_six_entries_are_cut(snapshot: Snapshot) -> None:
    twice = pd.concat([snapshot.entries, snapshot.entries])
    assert len(side_by_side(twice, snapshot.dimensions, "en").data) == MOST_MODELS


def test_a_score_or_interval_that_is_missing_is_a_gap(snapshot: Snapshot) -> None:
    entries = snapshot.entries.head(1).assign(**{"dimension/safety": NAN, "overall/low": NAN})
    [trace] = side_by_side(entries, (OVERALL, *snapshot.dimensions), "en").data
    assert math.isnan(trace.y[1])
    assert trace.y[0] == pytest.approx(80.0)
    assert math.isnan(trace.error_y.arrayminus[0])


def test_a_whisker_never_points_inwards(snapshot: Snapshot) -> None:
    """A score outside its own interval, as a bootstrap can make one."""
    entries = snapshot.entries.head(1).assign(**{"overall/low": 0.9, "overall/high": 0.95})
    [trace] = side_by_side(entries, (OVERALL,), "en").data
    assert list(trace.error_y.arrayminus) == [0.0]
    assert trace.error_y.array[0] == pytest.approx(15.0)


def test_levels_of_dimensions(snapshot: Snapshot) -> None:
    means = pd.Series([62.5, 0.0, 100.0])
    figure = levels(means, snapshot.dimensions, "en", entries=6)
    assert list(figure.data[0].y) == [62.5, 0.0, 100.0]
    assert list(figure.data[0].text) == ["62.5", "0.0", "100.0"]
    assert tuple(figure.layout.yaxis.range) == (0, 100)
    assert "6" in figure.layout.title.text, "of how many it is the mean"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_title_fits_a_phone(snapshot: Snapshot, language: Language) -> None:
    """Forty letters of 14 pixels' type are as wide as one of 390 pixels shows."""
    figure = levels(pd.Series([1.0, 2.0, 3.0]), snapshot.dimensions, language, entries=10)
    lines = figure.layout.title.text.split("<br>")
    assert max(map(len, lines)) <= 40


def groups(trace: go.Bar) -> list[str]:
    """Return where bars stand, or lie."""
    return list(trace.y if trace.orientation == "h" else trace.x)


def lengths(trace: go.Bar) -> list[float]:
    """Return how long bars are, whichever way they lie."""
    return list(trace.x if trace.orientation == "h" else trace.y)


def test_groups_of_bars() -> None:
    table = pd.DataFrame({"a": [10.0, NAN], "b": [30.0, 40.0]}, index=[MARKUP, "Second"])
    figure = grouped(table, ["First reading", "Second reading"], "Title")
    assert [trace.name for trace in figure.data] == ["First reading", "Second reading"]
    assert lengths(figure.data[1]) == [30.0, 40.0]
    assert groups(figure.data[0]) == [label(MARKUP), label("Second")]
    assert (0, 100) in (figure.layout.xaxis.range, figure.layout.yaxis.range)
    assert len({trace.marker.pattern.shape for trace in figure.data}) == 2


def test_two_entries_of_one_name_are_two_groups() -> None:
    """Plotly puts bars of one place on top of each other."""
    table = pd.DataFrame({"a": [10.0, 20.0]}, index=["Same", "Same"])
    [trace] = grouped(table, ["Reading"], "Title").data
    assert len(set(groups(trace))) == 2


def test_counts_of_items() -> None:
    figure = counts({"Choice": [0, 1, 2, 3], "<b>": [4, 0, 0, 0]}, (0, 1), "Title", "Axis")
    [trace] = figure.data
    assert list(trace.x) == ["0.0–0.2", "0.2–0.5", "0.5–0.8", "0.8–1.0"]
    assert [list(row) for row in trace.z] == [[0, 1, 2, 3], [4, 0, 0, 0]]
    assert [list(row) for row in trace.text] == [["", 1, 2, 3], [4, "", "", ""]]
    assert list(trace.y) == [f"{ISOLATE}Choice{POP}", f"{ISOLATE}&lt;b&gt;{POP}"]


def test_counts_between_minus_one_and_one() -> None:
    figure = counts({"Choice": [1] * 10}, (-1, 1), "Title", "Axis")
    assert list(figure.data[0].x)[::9] == ["-1.0–-0.8", "0.8–1.0"]
    assert len(set(figure.data[0].x)) == 10
