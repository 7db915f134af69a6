"""What all charts share: colours that everybody can tell apart, names made harmless, a frame."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from textwrap import wrap
from typing import Any

# Okabe and Ito's colours, which people with colour blindness can tell apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "star")
PATTERNS = ("", "/", "\\", "x", "-", ".")
MOST_MODELS = len(COLOURS)
POINTS = [0, 100]
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "displayModeBar": True,
    # Plotly's own button would send a chart's data to its makers' server.
    "showSendToCloud": False,
    "plotlyServerURL": "",
    # The picture and the whole screen remain; a chart here has nothing to zoom into.
    "modeBarButtonsToRemove": [
        *("lasso2d", "select2d", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d"),
        *("autoScale2d", "resetScale2d"),
    ],
    "toImageButtonOptions": {"format": "png", "scale": 2},
}
NAME_CHARACTERS = 36
# Keep a name that reads from right to left from turning what stands around it.
ISOLATE, POP = "\u2068", "\u2069"


def config(file_name: str) -> dict[str, Any]:
    """Return what Plotly is told about its buttons; the image it saves has that name."""
    image = {**CONFIG["toImageButtonOptions"], "filename": file_name}
    return {**CONFIG, "toImageButtonOptions": image}


def label(name: object) -> str:
    """Return a name as charts show it: short, on its own line of reading, no markup."""
    text = str(name)
    short = text if len(text) <= NAME_CHARACTERS else f"{text[: NAME_CHARACTERS - 1]}…"
    return f"{ISOLATE}{escape(short)}{POP}"


def labels(names: Iterable[object]) -> list[str]:
    """Return names as charts show them, none twice: a chart would draw two of one name as one."""
    found: list[str] = []
    for name in names:
        shown, number = label(name), 1
        while shown in found:
            number += 1
            shown = f"{label(name)} ({number})"
        found.append(shown)
    return found


def wrapped(title: str) -> str:
    """Return a title on lines short enough for a phone; Chinese has no spaces to break at."""
    lines = wrap(title, 10, break_long_words=False) if title.isascii() else wrap(title, 4)
    return "<br>".join(escape(line) for line in lines)


def frame(title: str, height: int, *, legend_below: float | None = None) -> dict[str, Any]:
    """Return a title above, a legend below where one is wanted, and the height in pixels."""
    centred = {"x": 0.5, "xanchor": "center"}
    legend = {"orientation": "h", "y": -(legend_below or 0), "yanchor": "top", **centred}
    return {
        "title": {"text": title, "x": 0, "y": 0.98, "yanchor": "top", "font": {"size": 14}},
        "showlegend": legend_below is not None,
        "legend": legend,
        "height": height,
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "#64748b", "activecolor": "#0f766e"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
