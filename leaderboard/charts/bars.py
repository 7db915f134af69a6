"""Bars: entries side by side with whiskers, levels of dimensions, robustness, counts of items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from evaluator.texts import Language, Sentence, _, translate
from leaderboard.charts.frame import (
    COLOURS,
    MOST_MODELS,
    PATTERNS,
    POINTS,
    frame,
    label,
    labels,
    wrapped,
)
from leaderboard.snapshot import Axis, titles


def side_by_side(chosen: pd.DataFrame, axes: Sequence[Axis], language: Language) -> go.Figure:
    """Return bars of up to six entries for each axis, with their 95 % intervals."""
    names = [wrapped(title) for title in titles(tuple(axes), language)]
    figure = go.Figure()
    for number, row in enumerate(chosen.head(MOST_MODELS).to_dict("records")):
        name = label(row[f"name_{language}"])
        values = np.array([100 * row[axis.column] for axis in axes])
        low = np.array([100 * row[f"{axis.column}/low"] for axis in axes])
        high = np.array([100 * row[f"{axis.column}/high"] for axis in axes])
        figure.add_trace(
            go.Bar(
                x=names,
                y=values,
                name=name,
                marker={"color": COLOURS[number], "pattern": {"shape": PATTERNS[number]}},
                error_y={
                    "type": "data",
                    "array": np.maximum(high - values, 0),
                    "arrayminus": np.maximum(values - low, 0),
                    # A grey that stands out on bars and on both grounds.
                    "color": "#64748b",
                    "thickness": 1.4,
                    "width": 3,
                },
                hovertemplate="%{fullData.name}<br>%{x}: <b>%{y:.1f}</b><extra></extra>",
            )
        )
    title = translate(_("0 to 100 points, 95 % intervals"), language)
    figure.update_layout(
        barmode="group",
        xaxis={"tickangle": 0},
        yaxis={"range": POINTS},
        margin={"l": 40, "r": 20, "t": 50, "b": 40},
        **frame(title, 460, legend_below=0.22),
    )
    return figure


def levels(
    means: pd.Series, axes: Sequence[Axis], language: Language, *, entries: int
) -> go.Figure:
    """Return how near the best entries come, on average, to the best of each dimension."""
    title = Sentence(
        _("Mean of the best {entries} (best = 100)"),
        {"entries": entries},
    ).text(language)
    figure = go.Figure(
        go.Bar(
            x=[wrapped(one) for one in titles(tuple(axes), language)],
            y=means,
            marker={"color": COLOURS[0]},
            text=["" if pd.isna(value) else f"{value:.1f}" for value in means],
            hovertemplate="%{x}: <b>%{y:.1f}</b><extra></extra>",
        )
    )
    figure.update_layout(
        yaxis={"range": POINTS},
        margin={"l": 40, "r": 20, "t": 90, "b": 40},
        **frame(title, 420),
    )
    return figure


def grouped(table: pd.DataFrame, series: Sequence[str], title: str) -> go.Figure:
    """Return lying bars from 0 to 100: a group for each row of `table`, a bar for each column."""
    figure = go.Figure()
    for number, (column, text) in enumerate(zip(table.columns, series, strict=True)):
        figure.add_trace(
            go.Bar(
                y=labels(table.index),
                x=table[column],
                name=text,
                orientation="h",
                marker={"color": COLOURS[number], "pattern": {"shape": PATTERNS[number]}},
                hovertemplate=f"%{{y}}<br>{text}: <b>%{{x:.1f}}</b><extra></extra>",
            )
        )
    figure.update_layout(
        barmode="group",
        xaxis={"range": POINTS},
        yaxis={"autorange": "reversed", "automargin": True},
        margin={"l": 20, "r": 20, "t": 50, "b": 40},
        **frame(title, 200 + 50 * len(table), legend_below=40 / (100 + 50 * len(table))),
    )
    return figure


def counts(
    found: Mapping[str, Sequence[int]], ends: tuple[float, float], title: str, axis: str
) -> go.Figure:
    """Return how many items lie in each step between two ends, a line for each name."""
    low, high = ends
    steps = len(next(iter(found.values())))
    figure = go.Figure(
        go.Heatmap(
            z=list(found.values()),
            x=marks(low, high, steps),
            y=labels(found),
            colorscale="Cividis",
            reversescale=True,
            text=[[count or "" for count in row] for row in found.values()],
            texttemplate="%{text}",
            showscale=False,
            hovertemplate="%{y}, %{x}: <b>%{z}</b><extra></extra>",
        )
    )
    figure.update_layout(
        xaxis={"title": {"text": axis}, "tickangle": -40},
        yaxis={"autorange": "reversed"},
        margin={"l": 120, "r": 20, "t": 50, "b": 70},
        **frame(title, 170 + 26 * len(found)),
    )
    return figure


def marks(low: float, high: float, steps: int) -> list[str]:
    """Return what each step between two ends is called.

    >>> marks(-1, 1, 4)
    ['-1.0–-0.5', '-0.5–0.0', '0.0–0.5', '0.5–1.0']
    """
    width = (high - low) / steps
    return [f"{low + width * step:.1f}–{low + width * (step + 1):.1f}" for step in range(steps)]
