"""Entries side by side: radar, bars with intervals, tested differences, heat map, in words."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from evaluator.texts import _
from leaderboard.charts.bars import side_by_side
from leaderboard.charts.frame import MOST_MODELS
from leaderboard.charts.heat import MOST_ROWS, heat_map
from leaderboard.charts.radar import VIEWS, chosen_axes, radar, view_name
from leaderboard.choice import choose_board, is_empty
from leaderboard.figures import of_bars, of_differences, of_heat_map, of_radar
from leaderboard.reading import TESTS
from leaderboard.screens.reported import draw_reported
from leaderboard.snapshot import OVERALL, Snapshot
from leaderboard.visit import Visit
from leaderboard.words import difference, strengths

# A list of more would be slower to send than to search.
MOST_OFFERED = 500
AXES = {"dimensions": _("Dimensions"), "datasets": _("Datasets")}


def draw(visit: Visit) -> None:
    """Draw the comparison."""
    board = choose_board(visit)
    if board is None:
        return
    if not is_empty(visit, board):
        chosen = _choose(visit, board)
        if chosen.empty:
            st.info(visit.t(_("Choose at least one model.")))
        else:
            _radar(visit, board, chosen)
            _bars(visit, board, chosen)
            _against(visit, board, chosen)
            _heat(visit, board, chosen)
    draw_reported(visit)


def _choose(visit: Visit, board: Snapshot) -> pd.DataFrame:
    """Let the reader choose up to six entries."""
    entries = board.entries
    asked = visit.address.params.get("entry", [])
    offered = entries[(entries.index < MOST_OFFERED) | entries["entry"].isin(asked)]
    names = dict(zip(offered["entry"], offered[f"name_{visit.language}"], strict=True))
    baseline = offered[offered["baseline"]]["entry"].head(1)
    first = list(dict.fromkeys([*offered["entry"].head(3), *baseline]))[:4]
    title = visit.t(_("Models to compare (at most {most})"), most=MOST_MODELS)
    chosen = visit.several(
        "entry", title, list(names), names.__getitem__, first, keep=True, most=MOST_MODELS
    )
    if len(entries) > len(offered):
        said = _("The best {offered} of {all} are offered; others open from the board.")
        st.caption(visit.t(said, offered=len(offered), all=len(entries)))
    places = dict(zip(offered["entry"], offered.index, strict=True))
    return entries.loc[[places[one] for one in chosen]]


def _radar(visit: Visit, board: Snapshot, chosen: pd.DataFrame) -> None:
    visit.heading(visit.t(_("Radar")))
    left, right = st.columns(2)
    view = visit.segment(
        "view",
        visit.t(_("Scale")),
        list(VIEWS),
        lambda one: view_name(one, visit.language),
        place=left,
    )
    by = visit.segment(
        "by", visit.t(_("Axes")), list(AXES), lambda one: visit.t(AXES[one]), place=right
    )
    axes = chosen_axes(board, datasets=by == "datasets")
    everyone = board.entries
    visit.chart(
        "radar",
        board,
        lambda: radar(chosen, axes, view, visit.language, everyone),
        *(view, by, *chosen["entry"]),
    )
    with st.expander(visit.t(_("The figures of the chart"))):
        visit.table(*of_radar(chosen, axes, view, visit.language, everyone))


def _bars(visit: Visit, board: Snapshot, chosen: pd.DataFrame) -> None:
    visit.heading(visit.t(_("Side by side")))
    axes = (OVERALL, *board.dimensions)
    visit.chart("bars", board, lambda: side_by_side(chosen, axes, visit.language), *chosen["entry"])
    with st.expander(visit.t(_("The figures of the chart"))):
        visit.table(*of_bars(chosen, axes, visit.language))


def _against(visit: Visit, board: Snapshot, chosen: pd.DataFrame) -> None:
    """Say how the chosen entries differ from one of them."""
    if len(chosen) < 2:
        return
    visit.heading(visit.t(_("Differences, and whether they are significant")))
    names = dict(zip(chosen["entry"], chosen[f"name_{visit.language}"], strict=True))
    baselines = chosen[chosen["baseline"]]["entry"]
    first = baselines.iloc[0] if len(baselines) else chosen["entry"].iloc[-1]
    against = visit.select(
        "against", visit.t(_("Against")), list(names), names.__getitem__, default=first
    )
    pairs = visit.shelf.pairs(board.track, board.phase)
    by_entry = {row["entry"]: row for _place, row in chosen.iterrows()}
    other = by_entry.pop(against)
    found = [(row, difference(row, other, pairs)) for row in by_entry.values()]
    named = [(row[f"name_{visit.language}"], one) for row, one in found]
    against_whom = visit.t(_("Against {name}"), name=names[against])
    visit.table(*of_differences(named, against_whom, visit.language))
    st.caption(visit.t(TESTS))
    visit.heading(visit.t(_("Strengths and weaknesses")))
    for row, one in found:
        visit.say(strengths(board, row, other, one, visit.language))


def _heat(visit: Visit, board: Snapshot, chosen: pd.DataFrame) -> None:
    visit.heading(visit.t(_("Models × datasets")))
    best = board.entries.head(MOST_ROWS)
    shown = pd.concat([chosen, best[~best.index.isin(chosen.index)]]).head(MOST_ROWS)
    shown = shown.sort_values("overall", ascending=False, kind="stable")
    visit.chart(
        "heat", board, lambda: heat_map(shown, board.datasets, visit.language), *shown["entry"]
    )
    with st.expander(visit.t(_("The figures of the chart"))):
        visit.table(*of_heat_map(shown, board.datasets, visit.language))
