"""The radar of up to six entries, or bars where there are too few axes for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from evaluator.texts import Language, Sentence, _, translate
from leaderboard.charts.frame import (
    COLOURS,
    DASHES,
    PATTERNS,
    POINTS,
    SYMBOLS,
    frame,
    label,
    wrapped,
)
from leaderboard.snapshot import Axis, Snapshot, titles

View = Literal["absolute", "relative", "rank"]
VIEWS: dict[View, str] = {
    "absolute": _("Absolute"),
    "relative": _("Relative"),
    "rank": _("Rank"),
}
VIEW_TITLES: dict[View, str] = {
    "absolute": _("Absolute: points from 0 to 100"),
    "relative": _("Relative: the best on each axis = 100"),
    "rank": _("Rank on each axis: the outermost is 1 of {entries}"),
}
# With fewer axes a radar is a line or a point.
FEWEST_AXES = 3


def chosen_axes(snapshot: Snapshot, *, datasets: bool = False) -> tuple[Axis, ...]:
    """Return the axes of a comparison: dimensions, or datasets where only these make a radar."""
    few = len(snapshot.dimensions) < FEWEST_AXES
    return snapshot.datasets if datasets or few else snapshot.dimensions


def radar_values(
    chosen: pd.DataFrame, axes: Sequence[Axis], view: View, everyone: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return what is drawn, of shape (chosen, axes): points from 0 to 100, or ranks from 1.

    The relative view gives the best of `everyone` (by default of the chosen) 100 on each axis; an
    axis on which everybody has 0 stays 0. The rank view ranks among `everyone`; equals share the
    better rank.
    """
    columns = [axis.column for axis in axes]
    everyone = chosen if everyone is None else everyone
    if view == "rank":
        return everyone[columns].rank(ascending=False, method="min").loc[chosen.index]
    points = 100 * chosen[columns]
    if view == "absolute":
        return points
    highest = 100 * everyone[columns].max()
    return 100 * points / highest.where(highest > 0, 100.0)


def radar(
    chosen: pd.DataFrame,
    axes: Sequence[Axis],
    view: View,
    language: Language,
    everyone: pd.DataFrame | None = None,
    *,
    height: int = 560,
) -> go.Figure:
    """Return a radar of up to six entries, or bars on fewer than three axes.

    Its axes always run from 0 to 100, or from the last rank to the first.
    """
    everyone = chosen if everyone is None else everyone
    title = Sentence(VIEW_TITLES[view], {"entries": len(everyone)}).text(language)
    drawn = list(_rows(chosen, axes, view, language, everyone))
    if len(axes) < FEWEST_AXES:
        return _bars(drawn, axes, view, language, title, len(everyone))
    names = [wrapped(one) for one in _axis_names(axes, language)]
    figure = go.Figure()
    for number, (name, row) in enumerate(drawn):
        figure.add_trace(
            go.Scatterpolar(
                r=[*row, row[0]],
                theta=[*names, names[0]],
                name=name,
                line={"color": COLOURS[number], "dash": DASHES[number], "width": 2.5},
                marker={"symbol": SYMBOLS[number], "size": 8},
                hovertemplate=f"%{{fullData.name}}<br>%{{theta}}: <b>%{{r{_format(view)}}}</b>"
                "<extra></extra>",
            )
        )
    figure.update_layout(
        polar={
            "bgcolor": "rgba(0,0,0,0)",
            "radialaxis": {**_scale(view, len(everyone)), "angle": 90, "tickangle": 90},
            "angularaxis": {"direction": "clockwise", "rotation": 90, "tickfont": {"size": 12}},
        },
        margin={"l": 75, "r": 75, "t": 90, "b": 40},
        **frame(title, height, legend_below=0.12),
    )
    return figure


def _bars(
    drawn: Sequence[tuple[str, list[float]]],
    axes: Sequence[Axis],
    view: View,
    language: Language,
    title: str,
    entries: int,
) -> go.Figure:
    figure = go.Figure()
    for number, (name, row) in enumerate(drawn):
        figure.add_trace(
            go.Bar(
                x=[wrapped(one) for one in titles(tuple(axes), language)],
                # A bar of ranks grows from beyond the last towards the first.
                base=_last(entries) if view == "rank" else None,
                y=[value - _last(entries) for value in row] if view == "rank" else row,
                name=name,
                marker={"color": COLOURS[number], "pattern": {"shape": PATTERNS[number]}},
                text=[_text(value, view) for value in row],
                customdata=[_text(value, view) for value in row],
                hovertemplate="%{fullData.name}<br>%{x}: <b>%{customdata}</b><extra></extra>",
            )
        )
    figure.update_layout(
        yaxis=_scale(view, entries),
        margin={"l": 40, "r": 20, "t": 60, "b": 40},
        **frame(title, 420, legend_below=0.2),
    )
    return figure


def _rows(
    chosen: pd.DataFrame,
    axes: Sequence[Axis],
    view: View,
    language: Language,
    everyone: pd.DataFrame,
) -> Iterator[tuple[str, list[float]]]:
    """Yield each entry's name, harmless to show, and what is drawn of it."""
    values = radar_values(chosen, axes, view, everyone)
    for name, row in zip(chosen[f"name_{language}"], values.to_numpy(), strict=True):
        yield label(name), [float(value) for value in row]


def _scale(view: View, entries: int) -> dict[str, Any]:
    """Return an axis of points, or one of ranks that has the first rank outermost."""
    if view == "rank":
        last = max(entries, 2)
        ticks = sorted({1, *(round(1 + (last - 1) * part / 4) for part in range(1, 5))})
        return {"range": [_last(entries), 1], "tickvals": ticks}
    return {"range": POINTS, "tickvals": [20, 40, 60, 80, 100]}


def _last(entries: int) -> float:
    """Return where an axis of ranks begins: a little beyond the last."""
    return 1.02 * max(entries, 2)


def _text(value: float, view: View) -> str:
    if pd.isna(value):
        return ""
    return f"{value:.0f}" if view == "rank" else f"{value:.1f}"


def _axis_names(axes: Sequence[Axis], language: Language) -> list[str]:
    """Return titles, or the names of datasets where there are too many to write their titles."""
    if len(axes) > 10:
        return [axis.id for axis in axes]
    return titles(tuple(axes), language)


def _format(view: View) -> str:
    return ":.0f" if view == "rank" else ":.1f"


def view_name(view: View, language: Language) -> str:
    """Return what a view is called."""
    return translate(VIEWS[view], language)
