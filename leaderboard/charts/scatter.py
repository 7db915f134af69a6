"""Score against a model's size or date."""

from __future__ import annotations

from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from evaluator.texts import Language, _, translate
from leaderboard.charts.frame import COLOURS, POINTS, SYMBOLS, frame, label
from leaderboard.filters import sizes
from leaderboard.tables import ACCESS

Against = Literal["size", "released", "submitted"]
AXES: dict[Against, str] = {
    "size": _("Parameters (billions, logarithmic)"),
    "released": _("Model released"),
    "submitted": _("Submitted"),
}
MOST_POINTS = 500
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
SIZES = {"type": "log", "tickvals": TICKS, "ticktext": [f"{tick:g}" for tick in TICKS]}
DAYS = {"type": "date", "tickformat": "%Y-%m-%d", "hoverformat": "%Y-%m-%d"}


def places(entries: pd.DataFrame, against: Against) -> pd.Series:
    """Return where each entry stands on the axis; empty where it does not say."""
    if against == "size":
        return sizes(entries)
    column = "released" if against == "released" else "submitted_at"
    days = entries[column].fillna("").str[:10].str.replace(r"^(\d{4}-\d\d)$", r"\1-01", regex=True)
    return pd.to_datetime(days, errors="coerce", format="%Y-%m-%d")


def scatter(entries: pd.DataFrame, against: Against, language: Language) -> go.Figure:
    """Return overall points against size or date, of the best 500 entries that state it."""
    known = entries.assign(place=places(entries, against)).dropna(subset=["place"])
    shown = known.head(MOST_POINTS)
    figure = go.Figure()
    for number, (access, title) in enumerate(ACCESS.items()):
        some = shown[shown["access"] == access]
        figure.add_trace(
            go.Scatter(
                x=some["place"],
                y=100 * some["overall"],
                mode="markers",
                name=translate(title, language),
                marker={"color": COLOURS[number], "symbol": SYMBOLS[number], "size": 10},
                text=[label(name) for name in some[f"name_{language}"]],
                hovertemplate="%{text}<br>%{x}: <b>%{y:.1f}</b><extra></extra>",
            )
        )
    kind = SIZES if against == "size" else DAYS
    figure.update_layout(
        xaxis={"title": {"text": translate(AXES[against], language)}, **kind},
        yaxis={"range": POINTS, "title": {"text": translate(_("Overall"), language)}},
        margin={"l": 50, "r": 20, "t": 50, "b": 60},
        **frame(translate(_("Overall points from 0 to 100"), language), 440, legend_below=0.3),
    )
    return figure
