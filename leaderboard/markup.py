"""Tables and cards as HTML: every value is escaped by the template engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evaluator.texts import Language, translate
from leaderboard.snapshot import Snapshot, rows
from leaderboard.tables import Column, needed, possible_ranks, shown_as

FOLDER = Path(__file__).parent
# Whiskers under more scores than these would make a table slow to send and to scroll.
MOST_WHISKERS = 12
BEST = 3
CARD = ("name_zh", "name_en", "baseline", "overall", "overall/low", "overall/high")
# What a row's badges and lines are made of, whatever its columns.
MARKS = ("entry", "baseline", "anonymous", "skipped", "group")


class Tile(NamedTuple):
    """One number with what it counts."""

    number: str
    text: str


class Links(NamedTuple):
    """Where a table's headings and names lead; without `model` names are no links.

    `here` is the address of the view, of which a heading changes the order.
    """

    here: Mapping[str, Sequence[str]] = {}
    model: Mapping[str, str] | None = None

    @property
    def sort(self) -> str:
        """Return the column that the view is sorted by."""
        return self.here.get("sort", ["rank"])[-1]

    @property
    def turned(self) -> bool:
        """Whether the order is turned round."""
        return self.here.get("turned", ["0"])[-1] == "1"

    def direction(self, column: Column) -> str:
        """Return how a column is sorted: ascending, descending or none."""
        if column.id != self.sort:
            return "none"
        return "ascending" if column.rises != self.turned else "descending"

    def sorted_by(self, column: Column) -> str:
        """Return the address of this view sorted by a column; twice turns the order round."""
        kept = {one: values for one, values in self.here.items() if one not in ("sort", "turned")}
        turned = column.id == self.sort and not self.turned
        asked = {**kept, "sort": [column.id], **({"turned": ["1"]} if turned else {})}
        return "?" + urlencode(asked, doseq=True)

    def of(self, entry: str) -> str:
        """Return the address of an entry's page."""
        return "model?" + urlencode({**(self.model or {}), "entry": entry})


def style() -> str:
    """Return the board's own style sheet."""
    return f"<style>{(FOLDER / 'style.css').read_text('utf-8')}</style>"


def board_table(
    entries: pd.DataFrame, shown: Sequence[Column], language: Language, links: Links
) -> str:
    """Return the rows of a board as a table; scores carry their 95 % interval as a whisker."""
    scores = [column.id for column in shown if column.kind == "points"]
    lines = [
        {
            "cells": [(column, shown_as(column, row, language)) for column in shown],
            "ranks": possible_ranks(row),
            "row": row,
            "hints": {name: _hint(_points(row, name)) for name in scores},
            "whiskers": {
                name: _whisker(_points(row, name)) if len(scores) <= MOST_WHISKERS else ""
                for name in scores
            },
        }
        for row in rows(entries, [*MARKS, *needed(shown, language)])
    ]
    _mark_groups(lines, in_order=links.sort == "rank" and not links.turned)
    return render("table.html", language, shown=shown, rows=lines, links=links)


def _mark_groups(lines: Sequence[dict[str, Any]], *, in_order: bool) -> None:
    """Say of each line whether a group begins with it; only in the order of ranks is there one."""
    former = None
    for line in lines:
        group = line["row"]["group"]
        ranked = not pd.isna(group)
        line["begins"] = bool(in_order and ranked and former is not None and group != former)
        former = group if ranked else former


def figures(
    headings: Sequence[str], rows: Sequence[Sequence[object]], language: Language, caption: str
) -> str:
    """Return plain figures as a table: the first column names the row."""
    return render("figures.html", language, headings=headings, rows=rows, caption=caption)


def said(lines: Sequence[str], language: Language) -> str:
    """Return sentences as a list."""
    return render("said.html", language, lines=lines)


def name(row: Mapping[str, Any], language: Language) -> str:
    """Return an entry's name as a heading, with its badges."""
    return render("name.html", language, row=row)


def tiles(found: Sequence[Tile], language: Language) -> str:
    """Return a row of numbers."""
    return render("tiles.html", language, tiles=found)


def track_cards(boards: Sequence[Snapshot], language: Language, links: Mapping[str, str]) -> str:
    """Return a card for each board: what it is about, its best entries, how many take part."""
    cards = [
        {
            "board": board,
            "best": rows(board.entries.head(BEST), CARD),
            "href": "board?" + urlencode({**links, "track": board.track, "phase": board.phase}),
        }
        for board in boards
    ]
    return render("cards.html", language, cards=cards, points=_points)


def _hint(found: Mapping[str, float] | None) -> Markup:
    """Return the attribute that says a score's interval when it is pointed at."""
    if not found:
        return Markup()
    return Markup(f' title="{found["low"]:.1f} – {found["high"]:.1f}"')


def _whisker(found: Mapping[str, float] | None) -> Markup:
    """Return a score on its interval, drawn; numbers only, made here for speed."""
    if not found:
        return Markup()
    width = found["high"] - found["low"]
    return Markup(
        f'<span class="lb-whisker" aria-hidden="true"><i style="left:{found["low"]:.1f}%;'
        f'width:{width:.1f}%"></i><b style="left:{found["value"]:.1f}%"></b></span>'
    )


def _points(row: Mapping[str, Any], column: str) -> dict[str, float] | None:
    """Return a score's value and interval in points, None where there is none."""
    value, low, high = row[column], row[f"{column}/low"], row[f"{column}/high"]
    if pd.isna(value):
        return None
    if pd.isna(low) or pd.isna(high):
        low = high = value
    return {"value": 100 * value, "low": 100 * max(low, 0.0), "high": 100 * min(high, 1.0)}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["one"] = lambda value: f"{value:.1f}"
    return environment


def render(name: str, language: Language, **values: object) -> str:
    """Return a template filled in; within it `t` translates."""

    def t(template: str, **parts: object) -> str:
        said = translate(template, language)
        return said.format_map(parts) if parts else said

    return _environment().get_template(name).render(t=t, language=language, **values)
