"""A row of a board as HTML, written here and not by the template engine: it is most of a page.

Every value is escaped, as the engine would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from evaluator.texts import Language, _, translate
from leaderboard.links import Links
from leaderboard.tables import MARKS, Column, badges, possible_ranks, shown_as

# What a row is made of, whatever its columns.
NEEDED = ("entry", *MARKS, "group")
# Whiskers under more scores than these would make a table slow to send and to scroll.
MOST_WHISKERS = 12
LEFT_OPEN = _("Ranks that the paired tests leave open")
NO_RANK = _("Baselines take no rank")
NOT_COMPARABLE = _("Not comparable: items were skipped, or it was scored on earlier data")

Row = dict[str, Any]


def table_rows(
    rows: Sequence[Row], shown: Sequence[Column], language: Language, links: Links
) -> Markup:
    """Return the rows of a table; in the order of ranks a line parts the groups of equals."""
    whiskers = sum(column.kind == "points" for column in shown) <= MOST_WHISKERS
    in_order = links.sort == "rank" and not links.turned
    written, former = [], None
    for row in rows:
        group = former if pd.isna(row["group"]) else row["group"]
        begins = in_order and former not in (None, group)
        former = group
        classes = " ".join(["lb-baseline"] * row["baseline"] + ["lb-newgroup"] * begins)
        cells = "".join(
            _points(column, row, whiskers)
            if column.kind == "points"
            else _CELLS.get(column.kind, _plain)(column, row, language, links)
            for column in shown
        )
        written.append(f'<tr class="{classes}">{cells}</tr>')
    return Markup("".join(written))


def points(row: Row, column: str) -> dict[str, float] | None:
    """Return a score's value and interval in points, None where there is none."""
    value, low, high = row[column], row[f"{column}/low"], row[f"{column}/high"]
    if pd.isna(value):
        return None
    if pd.isna(low) or pd.isna(high):
        low = high = value
    return {"value": 100 * value, "low": 100 * max(low, 0.0), "high": 100 * min(high, 1.0)}


def _points(column: Column, row: Row, whiskers: bool) -> str:
    kind = "lb-points lb-overall" if column.id == "overall" else "lb-points"
    found = points(row, column.id)
    if found is None:
        return f'<td class="{kind}">–</td>'
    value, low, high = found["value"], found["low"], found["high"]
    drawn = (
        f'<span class="lb-whisker" aria-hidden="true"><i style="left:{low:.1f}%;'
        f'width:{high - low:.1f}%"></i><b style="left:{value:.1f}%"></b></span>'
    )
    return (
        f'<td class="{kind}" title="{low:.1f} – {high:.1f}">'
        f"{value:.1f}{drawn if whiskers else ''}</td>"
    )


def _model(column: Column, row: Row, language: Language, links: Links) -> str:
    name = f"<bdi>{escape(shown_as(column, row, language))}</bdi>"
    if links.model is not None:
        name = f'<a href="{escape(links.of(row["entry"]))}" target="_self">{name}</a>'
    marks = "".join(
        f' <span class="lb-badge">{escape(text)}</span>' for text in badges(row, language)
    )
    return f'<th scope="row" class="lb-model">{name}{marks}</th>'


def _rank(column: Column, row: Row, language: Language, _links: Links) -> str:
    text, ranks = shown_as(column, row, language), possible_ranks(row)
    if not text:
        why = escape(translate(NO_RANK if row["baseline"] else NOT_COMPARABLE, language))
        return f'<td class="lb-rank"><span class="lb-none" title="{why}">–</span></td>'
    hint = escape(translate(LEFT_OPEN, language))
    others = f'<small title="{hint}">{ranks}</small>' if ranks not in ("", text) else ""
    return f'<td class="lb-rank"><strong>{text}</strong>{others}</td>'


def _text(column: Column, row: Row, language: Language, _links: Links) -> str:
    return f'<td class="lb-text"><bdi>{escape(shown_as(column, row, language) or "–")}</bdi></td>'


def _plain(column: Column, row: Row, language: Language, _links: Links) -> str:
    return f'<td class="lb-{column.kind}">{escape(shown_as(column, row, language) or "–")}</td>'


_CELLS: Mapping[str, Callable[[Column, Row, Language, Links], str]] = {
    "model": _model,
    "rank": _rank,
    "text": _text,
}
