"""The board of one track and phase: filters, the table, downloads, and the best at a glance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from evaluator.texts import Language, _, translate
from leaderboard import markup
from leaderboard.charts.radar import chosen_axes, radar
from leaderboard.choice import choose_board, is_empty
from leaderboard.figures import of_radar
from leaderboard.filters import Filters, order_of, passing
from leaderboard.links import Links
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
    notes,
    records,
)
from leaderboard.tallies import of_board
from leaderboard.visit import Visit

ROWS = 25
TOP = 3
MOST_ORGANISATIONS = 500


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


def _controls(visit: Visit, board: Snapshot) -> tuple[np.ndarray, list[Column]]:
    """Draw search, filters, columns and order; return places of entries, and columns to show."""
    known = board.once(("columns", visit.language), lambda: columns(board, visit.language))
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
    ascending = by_id[sorted_by].rises != turned
    places = board.once(
        ("order", sorted_by, ascending),
        lambda: order_of(board.entries, sorted_by, ascending=ascending),
    )
    if filters.ask_for_nothing:
        return places, shown
    return places[passing(board.entries, filters, visit.language).to_numpy()[places]], shown


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
            t(_("Provenance")),
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


def _table(visit: Visit, board: Snapshot, order: np.ndarray, shown: Sequence[Column]) -> None:
    total = len(board.entries)
    if not len(order):
        st.info(visit.t(_("No entry passes these filters; {total} are on the board."), total=total))
        return
    place = st.container()
    links = Links(visit.address.noted, visit.address.link())
    first = visit.page_of(len(order), ROWS, f"{links.sort}-{links.turned}")
    with place:
        names = markup.columns_of(shown, visit.language)
        page = board.rows(order[first : first + ROWS], names)
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
    order: np.ndarray,
    shown: Sequence[Column],
    language: Language,
) -> bytes:
    """Return a download; made only when it is asked for."""
    return write(records(entries.iloc[order], shown, language))


def _legend(visit: Visit, board: Snapshot) -> None:
    """Say what the figures of the table are."""
    with st.expander(visit.t(_("How to read this table"))):
        for sentence in how_to_read(board, visit.language):
            st.markdown(sentence)
    if rounded := rounding(board, visit.language):
        st.caption(rounded)
    noted = board.once(("notes", visit.language), lambda: notes(board, visit.language))
    visit.say([f"{name}: {note}" for name, note in noted])


def _glance(visit: Visit, board: Snapshot) -> None:
    """Draw the radar of the best entries."""
    visit.heading(visit.t(_("The best at a glance")))
    top, axes = board.entries.head(TOP), chosen_axes(board)
    visit.chart("radar", board, lambda: radar(top, axes, "absolute", visit.language, board.entries))
    with st.expander(visit.t(_("The figures of the chart"))):
        key = ("figures of the radar", visit.language)
        visit.table(*board.once(key, lambda: of_radar(top, axes, "absolute", visit.language)))
    visit.link("compare", visit.t(_("Compare others")))
