"""The board of one track and phase: filters, the table, downloads, and the best at a glance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from evaluator.texts import Language, _, translate
from leaderboard import markup
from leaderboard.charts.radar import chosen_axes, radar
from leaderboard.choice import choose_board, is_empty
from leaderboard.figures import of_radar
from leaderboard.filters import Filters, filtered, order_of
from leaderboard.markup import Links
from leaderboard.reading import how_to_read, moment, rounding
from leaderboard.snapshot import Snapshot
from leaderboard.tables import (
    ACCESS,
    PROVENANCE,
    USUAL,
    Column,
    as_csv,
    as_json,
    columns,
    needed,
    notes,
    records,
)
from leaderboard.tallies import of_board
from leaderboard.visit import Visit

ROWS = 25
TOP = 3
MOST_ORGANISATIONS = 500
# What filters ask about.
DECIDING = ("organisation", "access", "provenance", "parameters", "submitted_at", "overall")


def draw(visit: Visit) -> None:
    """Draw one board."""
    board = choose_board(visit)
    if board is None:
        return
    _about(visit, board)
    if is_empty(visit, board):
        return
    found = _controls(visit, board)
    _table(visit, board, *found)
    _legend(visit, board)
    _glance(visit, board)


def _about(visit: Visit, board: Snapshot) -> None:
    if board.summary:
        st.markdown(board.summary.text(visit.language))
    visit.html(markup.tiles(of_board(board, visit.language), visit.language))
    if board.closes:
        said = _("Submissions are taken until {moment}.")
        st.caption(visit.t(said, moment=moment(board.closes)))


def _controls(visit: Visit, board: Snapshot) -> tuple[pd.Index, list[Column]]:
    """Draw search, filters, columns and order; return which entries and columns to show."""
    known = columns(board, visit.language)
    search, sort, order = st.columns([3, 2, 2], vertical_alignment="bottom")
    asked = visit.written("q", visit.t(_("Search model or organisation")), search)
    by_id = {column.id: column for column in known}
    sorted_by = visit.select(
        "sort", visit.t(_("Sort by")), list(by_id), lambda one: by_id[one].title, place=sort
    )
    turned = visit.toggle("turned", visit.t(_("Reverse the order")), order)
    with st.container(horizontal=True):
        filters = _filters(visit, board, asked)
        shown = _columns(visit, known)
    # Of many columns only a few decide; the others are looked up for the rows in sight.
    names = dict.fromkeys([f"name_{visit.language}", *DECIDING, filters.on])
    kept = filtered(board.entries[list(names)], filters, visit.language).index
    order = _order(board, sorted_by, ascending=by_id[sorted_by].rises != turned)
    return order[order.isin(kept)], shown


def _order(board: Snapshot, column: str, *, ascending: bool) -> pd.Index:
    """Return the order of the whole board by a column, worked out once."""
    key = ("order", column, ascending)
    if key not in board.remembered:
        board.remembered[key] = order_of(board.entries, column, ascending=ascending)
    found: pd.Index = board.remembered[key]
    return found


def _filters(visit: Visit, board: Snapshot, search: str) -> Filters:
    t, language = visit.t, visit.language
    with st.popover(t(_("Filters")), icon=":material/filter_list:"):
        names = board.organisations[:MOST_ORGANISATIONS]
        organisations = visit.several("org", t(_("Organisation")), names, str)
        access = visit.several(
            "access", t(_("Access")), list(ACCESS), lambda one: translate(ACCESS[one], language)
        )
        origins = visit.several(
            "origin",
            t(_("Origin")),
            list(PROVENANCE),
            lambda one: translate(PROVENANCE[one], language),
        )
        left, right = st.columns(2)
        least = visit.number("least_size", t(_("Size from (billions)")), 0.0, 100_000.0, 0.0, left)
        most = visit.number("most_size", t(_("Size up to (0: any)")), 0.0, 100_000.0, 0.0, right)
        since = visit.day("since", t(_("Submitted since")), board.days)
        axes = {"overall": t(_("Overall"))} | {
            axis.column: axis.heading(language) for axis in (*board.dimensions, *board.datasets)
        }
        on = visit.select("on", t(_("Score to filter by")), list(axes), axes.__getitem__)
        points = visit.number("least", t(_("At least (points)")), 0.0, 100.0, 0.0)
    return Filters(
        search=search,
        organisations=tuple(organisations),
        access=tuple(access),
        origins=tuple(origins),
        least_size=least or None,
        most_size=most or None,
        since=since.isoformat() if since else None,
        on=on,
        least=points,
    )


def _columns(visit: Visit, known: Sequence[Column]) -> list[Column]:
    """Let the reader choose columns; rank, model and overall always stand."""
    free = {column.id: column for column in known if column.group != "fixed"}
    usual = [
        column.id for column in free.values() if column.group == "dimension" or column.id in USUAL
    ]
    with st.popover(visit.t(_("Columns")), icon=":material/view_column:"):
        chosen = visit.several(
            "col", visit.t(_("Columns")), list(free), lambda one: free[one].title, usual
        )
        if visit.toggle("datasets", visit.t(_("Show single datasets"))):
            chosen = [*chosen, *(one.id for one in free.values() if one.group == "dataset")]
    return [column for column in known if column.group == "fixed" or column.id in chosen]


def _table(visit: Visit, board: Snapshot, order: pd.Index, shown: Sequence[Column]) -> None:
    total = len(board.entries)
    if order.empty:
        st.info(visit.t(_("No entry passes these filters; {total} are on the board."), total=total))
        return
    place = st.container()
    links = Links(visit.address.noted, visit.address.link())
    first = visit.page_of(len(order), ROWS, f"{links.sort}-{links.turned}")
    with place:
        names = list(dict.fromkeys([*markup.MARKS, *needed(shown, visit.language)]))
        page = board.entries[names].loc[order[first : first + ROWS]]
        visit.html(markup.board_table(page, shown, visit.language, links))
        counted = _("Entries {first} to {last} of {found}; {total} are on the board.")
        st.caption(
            visit.t(
                counted,
                first=first + 1,
                last=first + len(page),
                found=len(order),
                total=total,
            )
        )
    with st.container(horizontal=True):
        name = f"{board.track}-{board.phase}"
        for kind, write, mime in (
            ("csv", as_csv, "text/csv"),
            ("json", as_json, "application/json"),
        ):
            st.download_button(
                visit.t(_("Download {kind}"), kind=kind.upper()),
                partial(_written, write, board.entries, order, shown, visit.language),
                f"{name}.{kind}",
                mime,
                on_click="ignore",
                icon=":material/download:",
                key=f"board-download-{kind}",
                help=visit.t(_("The chosen columns of all entries that pass the filters")),
            )


def _written(
    write: Callable[[list[dict[str, Any]]], bytes],
    entries: pd.DataFrame,
    order: pd.Index,
    shown: Sequence[Column],
    language: Language,
) -> bytes:
    """Return a download; made only when it is asked for."""
    return write(records(entries.loc[order], shown, language))


def _legend(visit: Visit, board: Snapshot) -> None:
    """Say what the figures of the table are."""
    with st.expander(visit.t(_("How to read this table"))):
        for sentence in how_to_read(board, visit.language):
            st.markdown(sentence)
    if rounded := rounding(board, visit.language):
        st.caption(rounded)
    visit.say([f"{name}: {note}" for name, note in notes(board, visit.language)])


def _glance(visit: Visit, board: Snapshot) -> None:
    """Draw the radar of the best entries."""
    visit.heading(visit.t(_("The best at a glance")))
    top, axes = board.entries.head(TOP), chosen_axes(board)
    visit.chart("radar", board, lambda: radar(top, axes, "absolute", visit.language, board.entries))
    with st.expander(visit.t(_("The figures of the chart"))):
        visit.table(*of_radar(top, axes, "absolute", visit.language))
    visit.link("compare", visit.t(_("Compare others")))
