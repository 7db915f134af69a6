"""The first page: what is measured, who takes part, who leads, what is new."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from evaluator.texts import _
from leaderboard import markup
from leaderboard.charts.radar import chosen_axes, radar
from leaderboard.choice import warn
from leaderboard.figures import of_radar
from leaderboard.reading import NO_BOARD, PURPOSE, moment
from leaderboard.snapshot import Snapshot
from leaderboard.tallies import of_everything
from leaderboard.visit import Visit
from leaderboard.words import points

NEWEST = 6
TOP = 3


def draw(visit: Visit) -> None:
    """Draw the overview."""
    boards = visit.shelf.boards()
    if not boards:
        st.info(visit.t(NO_BOARD))
        return
    visit.published_at = max(board.published_at for board in boards)
    for board in boards:
        warn(visit, board)
    for name in ("track", "phase"):
        visit.address.note(name, visit.address.text(name), "")
    st.markdown(visit.t(PURPOSE))
    visit.html(markup.tiles(of_everything(boards, visit.language), visit.language))
    leading = next((board for board in boards if not board.entries.empty), None)
    if leading:
        _top(visit, leading)
    visit.heading(visit.t(_("All boards")))
    visit.html(markup.track_cards(boards, visit.language, {"lang": visit.language}))
    _newest(visit, boards)


def _top(visit: Visit, board: Snapshot) -> None:
    """Draw the radar of the best entries of the first track that has any."""
    visit.heading(visit.t(_("The best on {board}"), board=board.title(visit.language)))
    top = board.entries.head(TOP)
    axes = chosen_axes(board)
    chart, words = st.columns([3, 2], vertical_alignment="center")
    with chart:
        everyone = board.entries
        visit.chart(
            "radar",
            board,
            lambda: radar(top, axes, "absolute", visit.language, everyone, height=480),
        )
    with words:
        visit.table(*of_radar(top, axes, "absolute", visit.language))
        with st.container(horizontal=True):
            here = {"track": board.track, "phase": board.phase}
            visit.link("board", visit.t(_("Open this board")), **here)
            visit.link("compare", visit.t(_("Compare models")), **here)


def _newest(visit: Visit, boards: Sequence[Snapshot]) -> None:
    """Draw the newest results of all boards."""
    found = pd.concat(
        [
            board.entries[["submitted_at", f"name_{visit.language}", "overall"]].assign(
                board=board.title(visit.language)
            )
            for board in boards
        ]
    ).sort_values("submitted_at", ascending=False, kind="stable")
    if found.empty:
        return
    visit.heading(visit.t(_("Newest results")))
    headings = [visit.t(text) for text in (_("Model"), _("Board"), _("Overall"), _("Submitted"))]
    rows = [
        [
            row[f"name_{visit.language}"],
            row["board"],
            points(row["overall"]),
            moment(row["submitted_at"]),
        ]
        for row in found.head(NEWEST).to_dict("records")
    ]
    visit.table(headings, rows, visit.t(_("The newest first")))
