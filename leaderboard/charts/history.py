"""The overall score of one model's submissions over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from evaluator.texts import Language, _, translate
from leaderboard.charts.frame import COLOURS, POINTS, frame


def history(earlier: Sequence[Mapping[str, Any]], language: Language) -> go.Figure:
    """Return a line of overall points, 0 to 100, by the moment of submission."""
    figure = go.Figure(
        go.Scatter(
            x=[one["submitted_at"] for one in earlier],
            y=[100 * one["overall"] for one in earlier],
            mode="lines+markers",
            line={"color": COLOURS[0]},
            marker={"size": 9},
            hovertemplate="%{x}: <b>%{y:.1f}</b><extra></extra>",
        )
    )
    figure.update_layout(
        xaxis={"tickformat": "%Y-%m-%d", "hoverformat": "%Y-%m-%d %H:%M"},
        yaxis={"range": POINTS},
        margin={"l": 40, "r": 20, "t": 50, "b": 40},
        **frame(translate(_("Overall points from 0 to 100"), language), 320),
    )
    return figure
