"""One board in one language, as the exported page shows it: sentences, tables and charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
import pandas as pd
import plotly.graph_objects as go
from markupsafe import Markup

from evaluator.texts import Language, Sentence, _, translate
from leaderboard import markup, tallies
from leaderboard.charts.bars import side_by_side
from leaderboard.charts.frame import config
from leaderboard.charts.heat import MOST_ROWS, heat_map
from leaderboard.charts.radar import chosen_axes, radar
from leaderboard.figures import Figures, of_bars, of_differences, of_heat_map, of_radar
from leaderboard.links import Links
from leaderboard.reading import LATER, STALE, how_to_read, moment, rounding
from leaderboard.snapshot import OVERALL, Snapshot, rows
from leaderboard.tables import USUAL, columns, notes
from leaderboard.words import difference, strengths

MOST_ENTRIES = 500
# The others stand in a table that the reader opens.
IN_SIGHT = 20
BEST = 3
MOST_BASELINES = 3
# In rem: what a heat map's names and scale take, and a group of bars with its name.
NAMES_WIDTH = 30
GROUP_WIDTH = 5


class Chart(NamedTuple):
    """A chart with the table that says the same.

    Where a phone is narrower than `width`, in rem, it scrolls sideways; 0 fits everywhere.
    """

    name: str
    heading: str
    written: Markup
    height: int
    table: Markup
    width: int = 0


@dataclass(frozen=True)
class Sheet:
    """What the page shows of a board; `key` tells it from the others in every language."""

    key: str
    board: Snapshot
    warnings: Sequence[str]
    tiles: Markup
    tables: Sequence[Markup]
    reading: Sequence[str]
    noted: Sequence[str]
    charts: Sequence[Chart]
    differences: Sequence[Markup]


def sheet(board: Snapshot, pairs: pd.DataFrame, language: Language) -> Sheet:
    """Return a board with its tables and charts; one that shows no entry has neither."""
    shown = not board.entries.empty
    return Sheet(
        f"{board.track}-{board.phase}",
        board,
        _warnings(board, language),
        Markup(markup.tiles(tallies.of_board(board, language), language)),
        _tables(board, language) if shown else (),
        how_to_read(board, language),
        [f"{name}: {note}" for name, note in notes(board, language)],
        list(_charts(board, language)) if shown else (),
        _differences(board, pairs, language) if shown else (),
    )


def said(language: Language, template: str, **values: object) -> str:
    """Return a sentence in a language."""
    return Sentence(template, values).text(language)


def table(found: Figures, language: Language) -> Markup:
    """Return figures as HTML."""
    return Markup(markup.figures(found.headings, found.rows, language, found.caption))


def _warnings(board: Snapshot, language: Language) -> list[str]:
    found = []
    if board.stale:
        found.append(said(language, STALE, moment=moment(board.published_at)))
    if board.visible_from:
        found.append(said(language, LATER, moment=moment(board.visible_from)))
    elif board.entries.empty:
        found.append(translate(_("No entry yet."), language))
    total = len(board.entries)
    if total > MOST_ENTRIES:
        cut = _("This copy holds the best {shown} of {total} entries; the board has them all.")
        found.append(said(language, cut, shown=MOST_ENTRIES, total=total))
    return [*found, *filter(None, [rounding(board, language)])]


def _tables(board: Snapshot, language: Language) -> list[Markup]:
    """Return the best entries, and the others that the copy holds."""
    shown = [
        column
        for column in columns(board, language)
        if column.group in ("fixed", "dimension") or column.id in USUAL
    ]
    kept = rows(board.entries.head(MOST_ENTRIES), markup.columns_of(shown, language))
    return [
        Markup(markup.board_table(some, shown, language, Links()))
        for some in (kept[:IN_SIGHT], kept[IN_SIGHT:])
        if some
    ]


def _charts(board: Snapshot, language: Language) -> tuple[Chart, ...]:
    entries = board.entries
    axes, sides = chosen_axes(board), (OVERALL, *board.dimensions)
    top = entries.head(BEST)
    strongest = entries[entries["baseline"] & ~entries.index.isin(top.index)].head(1)
    chosen = pd.concat([top, strongest])
    best = entries.head(MOST_ROWS)
    return (
        _chart(
            f"radar-{board.track}",
            translate(_("The best at a glance"), language),
            radar(top, axes, "absolute", language, entries),
            table(of_radar(top, axes, "absolute", language), language),
        ),
        _chart(
            f"bars-{board.track}",
            translate(_("Side by side"), language),
            side_by_side(chosen, sides, language),
            table(of_bars(chosen, sides, language), language),
            width=GROUP_WIDTH * len(sides),
        ),
        _chart(
            f"heat-{board.track}",
            translate(_("Models × datasets"), language),
            heat_map(best, board.datasets, language),
            table(of_heat_map(best, board.datasets, language), language),
            width=NAMES_WIDTH + len(board.datasets) // 2,
        ),
    )


def _chart(name: str, heading: str, figure: go.Figure, beside: Markup, *, width: int = 0) -> Chart:
    drawn: dict[str, Any] = orjson.loads(figure.to_json())
    # The page brings one for light and one for dark.
    drawn["layout"].pop("template", None)
    drawn["config"] = {**config(name), "responsive": True}
    return Chart(name, heading, as_script(drawn), int(figure.layout.height), beside, width)


def as_script(value: object) -> Markup:
    """Return a value as JSON in which nothing can end the script that holds it."""
    text = orjson.dumps(value).decode("utf-8")
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _differences(board: Snapshot, pairs: pd.DataFrame, language: Language) -> list[Markup]:
    """Return how the best entry of a team differs from the strongest baselines."""
    entries, name = board.entries, f"name_{language}"
    best = next((row for _index, row in entries[~entries["baseline"]].iterrows()), None)
    baselines = entries[entries["baseline"]].head(MOST_BASELINES)
    if best is None or baselines.empty:
        return []
    found = [(row, difference(best, row, pairs)) for _index, row in baselines.iterrows()]
    caption = said(language, _("{name} against the strongest baselines"), name=best[name])
    figures = of_differences([(row[name], one) for row, one in found], caption, language)
    return [
        table(figures, language),
        *(
            Markup(markup.said(strengths(board, best, row, one, language), language))
            for row, one in found
        ),
    ]
