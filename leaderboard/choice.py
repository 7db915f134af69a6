"""Which board a page is about, and why it may show none."""

from __future__ import annotations

import streamlit as st

from evaluator.texts import _
from leaderboard.reading import EMPTY, LATER, NO_BOARD, STALE, moment
from leaderboard.shelf import chosen_board
from leaderboard.snapshot import Snapshot
from leaderboard.visit import Visit


def choose_board(visit: Visit) -> Snapshot | None:
    """Let the reader choose track and phase; None, with a sentence, where none is published."""
    boards = visit.shelf.boards()
    if not boards:
        st.info(visit.t(NO_BOARD))
        return None
    track, phase = visit.address.text("track"), visit.address.text("phase")
    asked = chosen_board(boards, track, phase)
    if track and track != asked.track:
        visit.address.unknown.append(f"track={track[:40]}")
    elif phase and phase != asked.phase:
        visit.address.unknown.append(f"phase={phase[:40]}")
    keys = [(board.track, board.phase) for board in boards]
    key = visit.fill("board", lambda: (asked.track, asked.phase), keys)
    chosen = boards[keys.index(st.session_state[key])]
    titles = {board: one.title(visit.language) for board, one in zip(keys, boards, strict=True)}
    if len(boards) > 1:
        st.selectbox(visit.t(_("Track and phase")), keys, format_func=titles.__getitem__, key=key)
    visit.published_at, visit.citation = chosen.published_at, chosen.citation
    visit.address.note("track", chosen.track)
    visit.address.note("phase", chosen.phase)
    warn(visit, chosen)
    return chosen


def warn(visit: Visit, board: Snapshot) -> None:
    """Say where a board is not the newest, which cannot be read."""
    if board.stale:
        st.warning(visit.t(STALE, moment=moment(board.published_at)))


def is_empty(visit: Visit, snapshot: Snapshot) -> bool:
    """Explain a board that shows no entry; return whether it does not."""
    if snapshot.visible_from:
        st.info(visit.t(LATER, moment=moment(snapshot.visible_from)))
        return True
    if snapshot.entries.empty:
        st.info(visit.t(EMPTY))
        return True
    return False
