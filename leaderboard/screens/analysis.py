"""What a whole board teaches: levels of dimensions, robustness, items, score against size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from evaluator.texts import _, translate
from leaderboard.analysis import BEST, READINGS, relative_levels, robust_datasets, robustness
from leaderboard.charts.bars import counts, grouped, levels, marks
from leaderboard.charts.radar import chosen_axes
from leaderboard.charts.scatter import AXES, MOST_POINTS, Against, places, scatter
from leaderboard.choice import choose_board, is_empty
from leaderboard.figures import of_levels, of_series
from leaderboard.snapshot import Snapshot
from leaderboard.visit import Visit
from leaderboard.words import number, points

READING_NAMES = {
    "all_copies_right": _("All copies right / items"),
    "kept_when_shuffled": _("All copies right / items right in their original order"),
    "agreement": _("Mean share of copies that agree"),
}


def draw(visit: Visit) -> None:
    """Draw the analysis of one board."""
    board = choose_board(visit)
    if board is None or is_empty(visit, board):
        return
    _levels(visit, board)
    _robustness(visit, board)
    _items(visit, board)
    _against(visit, board)


def _levels(visit: Visit, board: Snapshot) -> None:
    visit.heading(visit.t(_("Relative level of the dimensions")))
    axes = chosen_axes(board)
    means = relative_levels(board.entries, axes)
    best = min(BEST, len(board.entries))
    visit.chart("levels", board, lambda: levels(means, axes, visit.language, entries=best))
    visit.table(*of_levels(means, axes, visit.language))
    st.caption(
        visit.t(
            _(
                "How near the best entries come to the best of them: a low level means that few "
                "have mastered a dimension. As in MedBench 3.0's report of its ten best models "
                "(arXiv 2503.07306); baselines count."
            )
        )
    )


def _robustness(visit: Visit, board: Snapshot) -> None:
    visit.heading(visit.t(_("Robustness to shuffled options")))
    datasets = robust_datasets(board)
    if not datasets:
        st.info(
            visit.t(_("This board has no dataset of shuffled choices, or does not tell of it."))
        )
        return
    found = robustness(board.entries, datasets, visit.language)
    names = [translate(READING_NAMES[reading], visit.language) for reading in READINGS]
    title = visit.t(_("Points from 0 to 100"))
    visit.chart("robustness", board, lambda: grouped(found, names, title))
    visit.table(*of_series(found, names, visit.language))
    over = _("Mean over: {datasets}")
    st.caption(visit.t(over, datasets=", ".join(axis.id for axis in datasets)))
    st.caption(
        visit.t(
            _(
                "Three readings of the same answers, because MedBench names none: the first is the "
                "score, the second asks how much of what was right at first stays right, the third "
                "asks only whether the copies agree, right or wrong."
            )
        )
    )


def _items(visit: Visit, board: Snapshot) -> None:
    visit.heading(visit.t(_("Difficulty and discrimination of the items")))
    found = board.difficulty or {}
    if not found:
        st.info(
            visit.t(
                _(
                    "There are too few entries or items for an item analysis yet, or scores are "
                    "rounded: it takes three comparable entries, ten where references are hidden, "
                    "and five items."
                )
            )
        )
        return
    visit.chart(
        "difficulty",
        board,
        lambda: counts(
            {name: one["difficulty"] for name, one in found.items()},
            (0, 1),
            visit.t(_("Items by their mean score")),
            visit.t(_("Mean score of an item over the entries (0: nobody, 1: everybody)")),
        ),
    )
    apart = {name: one["discrimination"] for name, one in found.items() if one["discrimination"]}
    if apart:
        visit.chart(
            "discrimination",
            board,
            lambda: counts(
                apart,
                (-1, 1),
                visit.t(_("Items by how well they tell entries apart")),
                visit.t(_("Correlation of an item with the rest of its dataset")),
            ),
        )
    _item_figures(visit, found)


def _item_figures(visit: Visit, found: Mapping[str, Mapping[str, Any]]) -> None:
    rows: list[list[object]] = []
    for name, one in found.items():
        hard, easy = one["difficulty"][:3], one["difficulty"][-3:]
        rows.append(
            [
                name,
                one["items"],
                one["entries"],
                sum(hard),
                sum(easy),
                number(one["median_discrimination"], 2),
            ]
        )
    headings = [
        visit.t(text)
        for text in (
            _("Dataset"),
            _("Items"),
            _("Entries"),
            _("Hard items (below 0.3)"),
            _("Easy items (0.7 and above)"),
            _("Median discrimination"),
        )
    ]
    visit.table(headings, rows, visit.t(_("Counts only: single items of hidden data stay hidden.")))
    with st.expander(visit.t(_("The figures of the chart"))):
        for kind, low, high, caption in (
            ("difficulty", 0, 1, _("Items by their mean score")),
            ("discrimination", -1, 1, _("Items by how well they tell entries apart")),
        ):
            told = {name: one[kind] for name, one in found.items() if one[kind]}
            if told:
                steps = marks(low, high, len(next(iter(told.values()))))
                counted = [[name, *one] for name, one in told.items()]
                visit.table([visit.t(_("Dataset")), *steps], counted, visit.t(caption))


def _against(visit: Visit, board: Snapshot) -> None:
    visit.heading(visit.t(_("Score against size and date")))
    options: list[Against] = list(AXES)
    against = visit.segment(
        "against", visit.t(_("Horizontal axis")), options, lambda one: visit.t(AXES[one])
    )
    scored = board.entries[board.entries["overall"].notna()]
    known = scored[places(scored, against).notna()]
    if known.empty:
        st.info(visit.t(_("No entry of this board states it.")))
        return
    visit.chart("scatter", board, lambda: scatter(board.entries, against, visit.language), against)
    said = _("{known} of {all} entries state it; at most the best {most} are drawn.")
    st.caption(visit.t(said, known=len(known), all=len(board.entries), most=MOST_POINTS))
    with st.expander(visit.t(_("The figures of the chart"))):
        drawn = known.head(MOST_POINTS)
        values = places(drawn, against)
        rows = [
            [
                row[f"name_{visit.language}"],
                f"{place:g}" if against == "size" else f"{place:%Y-%m-%d}",
                points(row["overall"]),
            ]
            for (_index, row), place in zip(drawn.iterrows(), values, strict=True)
        ]
        headings = [visit.t(_("Model")), visit.t(AXES[against]), visit.t(_("Overall"))]
        visit.table(headings, rows, visit.t(_("The figures of the chart")))
