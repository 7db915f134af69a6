"""The heat map of models and datasets."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from evaluator.texts import Language, _, translate
from leaderboard.charts.frame import frame, labels
from leaderboard.snapshot import Axis

MOST_ROWS = 30


def heat_map(entries: pd.DataFrame, axes: Sequence[Axis], language: Language) -> go.Figure:
    """Return points from 0 to 100 of entries (rows, at most 30) on datasets (columns)."""
    shown = entries.head(MOST_ROWS)
    points = 100 * shown[[axis.column for axis in axes]].to_numpy()
    figure = go.Figure(
        go.Heatmap(
            z=points,
            x=[axis.heading(language) for axis in axes],
            y=labels(shown[f"name_{language}"]),
            zmin=0,
            zmax=100,
            colorscale="Cividis",
            colorbar={"thickness": 10},
            hovertemplate="%{y}<br>%{x}: <b>%{z:.1f}</b><extra></extra>",
        )
    )
    figure.update_layout(
        xaxis={"tickangle": -50, "automargin": True},
        yaxis={"autorange": "reversed", "automargin": True},
        margin={"l": 20, "r": 20, "t": 50, "b": 20},
        **frame(translate(_("Points from 0 to 100"), language), 240 + 24 * len(shown)),
    )
    return figure
