"""Figures reported elsewhere: beside a comparison, by benchmark version, never in a ranking."""

from __future__ import annotations

import streamlit as st

from evaluator.reported import EXPLANATION, ReportedUnreadable
from evaluator.texts import _
from leaderboard.figures import not_run, reported_versions
from leaderboard.visit import Visit


def draw_reported(visit: Visit) -> None:
    """Draw the reported figures, and which families have none."""
    try:
        found = visit.shelf.reported()
    except ReportedUnreadable as error:
        st.warning(error.text(visit.language))
        return
    if found.empty:
        return
    visit.heading(visit.t(_("Reported elsewhere")))
    st.markdown(visit.t(EXPLANATION))
    visit.say(not_run(found, visit.language))
    for one in reported_versions(found, visit.language):
        visit.table(*one)
