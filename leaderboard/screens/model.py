"""Everything published about one entry."""

from __future__ import annotations

from typing import Any

import streamlit as st

from evaluator.settings import HUB_PAGES
from evaluator.texts import _
from leaderboard import markup
from leaderboard.charts.history import history
from leaderboard.charts.radar import chosen_axes, radar
from leaderboard.choice import choose_board, is_empty
from leaderboard.markup import Tile
from leaderboard.origin import of_origin
from leaderboard.reading import moment
from leaderboard.snapshot import Axis, Snapshot
from leaderboard.tables import columns, possible_ranks, shown_as
from leaderboard.visit import Visit
from leaderboard.words import interval, number, points


def draw(visit: Visit) -> None:
    """Draw the page of the entry that the address names, by default the best."""
    board = choose_board(visit)
    if board is None or is_empty(visit, board):
        return
    row = _find(visit, board)
    if row is None:
        return
    _about(visit, board, row)
    _scores(visit, board, row)
    _origin(visit, row)
    _history(visit, board, row)
    _signatures(visit, board, row)
    visit.citation = _citation(visit, board, row)


def _find(visit: Visit, board: Snapshot) -> dict[str, Any] | None:
    """Return the row of the entry asked for, by its own id or that of one of its submissions."""
    asked = visit.address.text("entry")
    entries = board.entries
    found = entries[(entries["entry"] == asked) | (entries["submission"] == asked)]
    if asked and found.empty:
        st.info(
            visit.t(
                _(
                    "This entry is not on this board: it is on another one, or was taken away. "
                    "Choose a board above, or a model from its table."
                )
            )
        )
        visit.link("board", visit.t(_("Open the board")))
        return None
    row: dict[str, Any] = (entries if found.empty else found).iloc[0].to_dict()
    visit.address.note("entry", row["entry"])
    return row


def _about(visit: Visit, board: Snapshot, row: dict[str, Any]) -> None:
    """Draw name, facts and radar."""
    visit.html(markup.name(row, visit.language))
    ends = {end: points(row[f"overall/{end}"]) for end in ("low", "high")}
    tiles = [
        Tile(points(row["overall"]), visit.t(_("points overall ({low} – {high})"), **ends)),
        Tile(number(row["rank"], 0), visit.t(_("rank"))),
        Tile(possible_ranks(row) or "–", visit.t(_("possible ranks"))),
    ]
    facts, chart = st.columns([2, 3], vertical_alignment="top")
    with facts:
        visit.html(markup.tiles(tiles, visit.language))
        about = [column for column in columns(board, visit.language) if column.group == "about"]
        rows = [[column.title, shown_as(column, row, visit.language) or "–"] for column in about]
        # Of rounded scores it is told whether, not how many.
        skipped = visit.t(_("yes")) if board.rounded_to and row["skipped"] else row["skipped"]
        rows.append([visit.t(_("Skipped items")), str(skipped)])
        rows += _elsewhere(visit, row)
        headings = [visit.t(_("Field")), visit.t(_("Value"))]
        visit.table(headings, rows, visit.t(_("About this entry")))
        if isinstance(note := row[f"note_{visit.language}"], str):
            visit.say([note])
    with chart:
        one = board.entries[board.entries["entry"] == row["entry"]]
        axes, everyone = chosen_axes(board), board.entries
        visit.chart(
            "radar",
            board,
            lambda: radar(one, axes, "absolute", visit.language, everyone, height=480),
            row["entry"],
        )
        visit.link("compare", visit.t(_("Compare it with others")), entry=row["entry"])


def _elsewhere(visit: Visit, row: dict[str, Any]) -> list[list[str]]:
    """Return the rows that link to what lies on the Hub; an older snapshot tells neither."""
    language, found = visit.language, []
    if repository := _told(row["repository"]):
        link = markup.outward(f"{HUB_PAGES}{repository}", repository, language)
        found.append([visit.t(_("Model repository")), link])
    if predictions := _told(row["predictions"]):
        link = markup.outward(predictions, visit.t(_("Every answer, as a file")), language)
        found.append([visit.t(_("Predictions")), link])
    return found


def _told(text: object) -> str:
    return text if isinstance(text, str) else ""


def _scores(visit: Visit, board: Snapshot, row: dict[str, Any]) -> None:
    visit.heading(visit.t(_("Scores")))
    headings = [
        visit.t(text)
        for text in (_("Score"), _("Points"), _("95 % interval"), _("Best here"), _("Items"))
    ]
    rows: list[list[object]] = []
    for dimension in board.dimensions:
        rows.append(_score(visit, board, row, dimension, dimension.title.text(visit.language)))
        rows += [
            _score(
                visit, board, row, dataset, f"· {dataset.id} {dataset.title.text(visit.language)}"
            )
            for dataset in board.datasets_of(dimension.id)
        ]
    visit.table(headings, rows, visit.t(_("Dimensions with their datasets, points from 0 to 100")))


def _score(
    visit: Visit, board: Snapshot, row: dict[str, Any], axis: Axis, name: str
) -> list[object]:
    value, low, high = (row[f"{axis.column}{end}"] for end in ("", "/low", "/high"))
    best = board.entries[axis.column].max()
    items = "" if axis.column.startswith("dimension/") else axis.items
    return [name, points(value), interval(low, high), points(best), "–" if items is None else items]


def _origin(visit: Visit, row: dict[str, Any]) -> None:
    """Show how a baseline's answers were made, where that is published."""
    if found := of_origin(row["origin"], visit.language):
        visit.heading(visit.t(_("How the answers were made")))
        visit.table(*found)


def _history(visit: Visit, board: Snapshot, row: dict[str, Any]) -> None:
    earlier = list(row["earlier"]) if row["earlier"] is not None else []
    if not earlier:
        return
    visit.heading(visit.t(_("Submissions of this model")))
    if len(earlier) > 1:
        visit.chart("history", board, lambda: history(earlier, visit.language), row["entry"])
    rows = [[moment(one["submitted_at"]), points(one["overall"])] for one in reversed(earlier)]
    headings = [visit.t(_("Submitted")), visit.t(_("Overall"))]
    visit.table(headings, rows, visit.t(_("The newest first")))


def _signatures(visit: Visit, board: Snapshot, row: dict[str, Any]) -> None:
    (place,) = board.entries.index[board.entries["submission"] == row["submission"]]
    signed = [
        [name, text] for name, text in board.signatures.loc[place].items() if isinstance(text, str)
    ]
    if signed:
        with st.expander(visit.t(_("Signatures: what makes each score comparable"))):
            headings = [visit.t(_("Dataset")), visit.t(_("Signature"))]
            caption = visit.t(_("Scores compare where signatures are the same"))
            visit.table(headings, signed, caption)


def _citation(visit: Visit, board: Snapshot, row: dict[str, Any]) -> str:
    """Return how to cite the entry, with the track that it stands on."""
    said = _("{model}: {points} points on {board}, submission {submission}, published {moment}.")
    line = visit.t(
        said,
        model=row[f"name_{visit.language}"],
        points=points(row["overall"]),
        board=board.title(visit.language),
        submission=row["submission"],
        moment=moment(board.published_at),
    )
    return "\n".join(filter(None, [line, board.citation]))
