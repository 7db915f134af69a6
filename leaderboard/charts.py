"""Charts: entries of a snapshot in, plotly figures out."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from textwrap import wrap
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from evaluator.texts import Language, _, translate
from leaderboard.snapshot import Axis, Snapshot, titles

View = Literal["absolute", "relative"]
# Okabe and Ito's colours, which people with colour blindness can tell apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "star")
MOST_MODELS = len(COLOURS)
# With fewer axes a radar is a line or a point.
FEWEST_AXES = 3


def chosen_axes(snapshot: Snapshot) -> tuple[Axis, ...]:
    """Return the axes of a comparison: dimensions, or datasets where only these make a radar."""
    few = len(snapshot.dimensions) < FEWEST_AXES
    return snapshot.datasets if few else snapshot.dimensions


def comparison_chart(
    entries: pd.DataFrame,
    axes: tuple[Axis, ...],
    view: View,
    language: Language,
    best: pd.DataFrame | None = None,
) -> go.Figure:
    """Return a radar, or bars where there are too few axes for one."""
    chart = radar if len(axes) >= FEWEST_AXES else bars
    return chart(entries, axes, view, language, best)


def bars(
    entries: pd.DataFrame,
    axes: tuple[Axis, ...],
    view: View,
    language: Language,
    best: pd.DataFrame | None = None,
) -> go.Figure:
    """Return a bar for each entry and axis; its scale always runs from 0 to 100."""
    names = [_wrapped(escape(title)) for title in titles(axes, language)]
    figure = go.Figure()
    for number, (model, row) in enumerate(_rows(entries, axes, view, best)):
        figure.add_trace(
            go.Bar(
                x=names,
                y=row,
                name=_short(model),
                marker={"color": COLOURS[number]},
                text=[f"{value:.1f}" for value in row],
                hovertemplate=f"{model}<br>%{{x}}: <b>%{{y:.1f}}</b><extra></extra>",
            )
        )
    figure.update_layout(
        yaxis={"range": [0, 100]},
        margin={"l": 40, "r": 20, "t": 60, "b": 40},
        height=420,
        **_frame(view, language, legend_below=0.2),
    )
    return figure


def radar_values(
    entries: pd.DataFrame, axes: tuple[Axis, ...], view: View, best: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return points (0 to 100) of shape (entries, axes).

    The relative view gives the best of `best` (by default of the entries) 100 on each axis; an
    axis on which everybody has 0 stays 0.
    """
    columns = [axis.column for axis in axes]
    points = 100 * entries[columns]
    if view == "absolute":
        return points
    highest = 100 * (entries if best is None else best)[columns].max()
    return (100 * points / highest.where(highest > 0)).fillna(0.0)


def radar(
    entries: pd.DataFrame,
    axes: tuple[Axis, ...],
    view: View,
    language: Language,
    best: pd.DataFrame | None = None,
) -> go.Figure:
    """Return a radar of up to six entries; its axes always run from 0 to 100."""
    names = [_wrapped(escape(title)) for title in titles(axes, language)]
    figure = go.Figure()
    for number, (model, row) in enumerate(_rows(entries, axes, view, best)):
        figure.add_trace(
            go.Scatterpolar(
                r=[*row, row[0]],
                theta=[*names, names[0]],
                name=_short(model),
                line={"color": COLOURS[number], "dash": DASHES[number], "width": 2.5},
                marker={"symbol": SYMBOLS[number], "size": 8},
                hovertemplate=f"{model}<br>%{{theta}}: <b>%{{r:.1f}}</b><extra></extra>",
            )
        )
    figure.update_layout(
        polar={
            "bgcolor": "rgba(0,0,0,0)",
            "radialaxis": {
                "range": [0, 100],
                "tickvals": [20, 40, 60, 80, 100],
                "angle": 90,
                "tickangle": 90,
            },
            "angularaxis": {"direction": "clockwise", "rotation": 90},
        },
        margin={"l": 70, "r": 70, "t": 110, "b": 40},
        height=560,
        **_frame(view, language, legend_below=0.12),
    )
    return figure


def _rows(
    entries: pd.DataFrame, axes: tuple[Axis, ...], view: View, best: pd.DataFrame | None
) -> Iterator[tuple[str, list[float]]]:
    """Yield each entry's model, harmless to show, and its points."""
    for index, row in radar_values(entries, axes, view, best).iterrows():
        yield escape(str(entries.loc[index, "model"])), list(row)


def _frame(view: View, language: Language, *, legend_below: float) -> dict[str, Any]:
    """Return what all charts of a comparison share: a legend below and a title above."""
    centred = {"x": 0.5, "xanchor": "center"}
    return {
        "showlegend": True,
        "legend": {"orientation": "h", "y": -legend_below, **centred},
        "title": {"text": _title(view, language), "y": 0.98, "font": {"size": 14}, **centred},
    }


def _title(view: View, language: Language) -> str:
    if view == "relative":
        return translate(_("Relative: the best on each axis = 100"), language)
    return translate(_("Absolute: points from 0 to 100"), language)


def _wrapped(title: str) -> str:
    """Return a title on lines short enough for a phone; Chinese has no spaces to break at."""
    if title.isascii():
        return "<br>".join(wrap(title, 12, break_long_words=False))
    return "<br>".join(wrap(title, 4))


def _short(name: str) -> str:
    return name if len(name) <= 40 else name[:39] + "…"
