"""Tables and cards as HTML: every value is escaped by the template engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evaluator.texts import Language, translate
from leaderboard.links import Links
from leaderboard.snapshot import Snapshot, rows
from leaderboard.table_row import NEEDED, points, table_rows
from leaderboard.tables import MARKS, Column, badges, needed

FOLDER = Path(__file__).parent
BEST = 3
CARD = ("name_zh", "name_en", *MARKS, "overall", "overall/low", "overall/high")


class Tile(NamedTuple):
    """One number with what it counts."""

    number: str
    text: str


@cache
def style() -> str:
    """Return the board's own style sheet."""
    return f"<style>{(FOLDER / 'style.css').read_text('utf-8')}</style>"


def board_table(
    rows: Sequence[dict[str, Any]], shown: Sequence[Column], language: Language, links: Links
) -> str:
    """Return rows of `columns_of` as a table; scores carry their 95 % interval as a whisker."""
    body = table_rows(rows, shown, language, links)
    return render("table.html", language, shown=shown, body=body, links=links)


def columns_of(shown: Sequence[Column], language: Language) -> list[str]:
    """Return which columns of the entries a table of these columns is made of."""
    return list(dict.fromkeys([*NEEDED, *needed(shown, language)]))


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
    return render("name.html", language, row=row, badges=badges(row, language))


def outward(href: str, text: str, language: Language) -> Markup:
    """Return a link that leaves the site: in a page of its own, as a Space is shown in a frame."""
    return Markup(render("link.html", language, href=href, text=text))


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
    return render("cards.html", language, cards=cards, points=points, badges=badges)


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
