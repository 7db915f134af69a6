"""The board as it was on a date, and what changed since."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime

import streamlit as st

from evaluator.texts import _
from leaderboard import markup
from leaderboard.choice import choose_board, is_empty
from leaderboard.links import Links
from leaderboard.snapshot import rows
from leaderboard.tables import columns
from leaderboard.visit import Visit
from leaderboard.words import changes

ROWS = 50


def draw(visit: Visit) -> None:
    """Draw the board of a day and its changes."""
    board = choose_board(visit)
    if board is None or (board.visible_from and is_empty(visit, board)):
        return
    days = visit.shelf.days(board.track, board.phase)
    if not days:
        st.info(
            visit.t(
                _("No former day of this board is kept yet; the first is that of its first entry.")
            )
        )
        return
    title = visit.t(_("The board at the end of the day (UTC)"))
    today = max(days[-1], datetime.now(UTC).date())
    asked = visit.day("date", title, (days[0], today), default=days[-1]) or days[-1]
    # What was kept last before the end of that day is what stood then.
    day = days[max(bisect_right(days, asked) - 1, 0)]
    before = visit.shelf.on_day(board.track, board.phase, day)
    said = _("As it stood at the end of {day}, last changed on {kept}.")
    st.caption(visit.t(said, day=asked.isoformat(), kept=day.isoformat()))
    visit.heading(visit.t(_("What changed since")))
    visit.say(changes(before, board, visit.language))
    visit.heading(visit.t(_("The board of that day")))
    shown = [
        column
        for column in columns(before, visit.language)
        if column.group in ("fixed", "dimension") or column.id == "submitted_at"
    ]
    first = visit.page_of(len(before.entries), ROWS)
    page = before.entries.iloc[first : first + ROWS]
    found = rows(page, markup.columns_of(shown, visit.language))
    visit.html(markup.board_table(found, shown, visit.language, Links()))
