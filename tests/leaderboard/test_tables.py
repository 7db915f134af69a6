"""The table of a board: its columns, its cells, and what a download holds."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from evaluator.texts import LANGUAGES, Bilingual, Language
from leaderboard.snapshot import Snapshot
from leaderboard.tables import (
    Column,
    as_csv,
    as_json,
    columns,
    notes,
    possible_ranks,
    records,
    shown_as,
)
from tests.leaderboard.small_board import BASELINE, LONG, MARKUP, RIGHT_TO_LEFT, SKIPPED

NAN = float("nan")


def some(snapshot: Snapshot, *ids: str, language: Language = "en") -> list[Column]:
    """Return the columns of those ids, in the table's order."""
    return [column for column in columns(snapshot, language) if column.id in ids]


def read_csv(written: bytes) -> list[list[str]]:
    """Read CSV as a spreadsheet does: with the mark of UTF-8, quoted line ends kept."""
    assert written.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))


def test_the_columns_of_a_board(snapshot: Snapshot) -> None:
    assert [column.title for column in columns(snapshot, "en")] == [
        "Rank",
        "Model",
        "Overall",
        "Safety",
        "Knowledge",
        "Writing",
        "Choice",
        "Facts",
        "Terms",
        "Report",
        "Organisation",
        "Access",
        "Parameters",
        "Model released",
        "Submitted",
        "Tries",
        "Provenance",
    ]
    assert [column.id for column in columns(snapshot, "en") if column.group == "fixed"] == [
        "rank",
        "model",
        "overall",
    ]


def test_headings_follow_the_language(snapshot: Snapshot) -> None:
    titles = [column.title for column in columns(snapshot, "zh")]
    assert titles[:6] == ["名次", "模型", "总分", "安全", "知识", "写作"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_columns_have_one_heading(snapshot: Snapshot, language: Language) -> None:
    """A download is keyed by them."""
    titles = [column.title for column in columns(snapshot, language)]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    ("entry", "column", "text"),
    [
        ("e1", "rank", "1"),
        ("e2", "rank", ""),  # a baseline
        ("e6", "rank", ""),  # skipped items
        ("e1", "model", MARKUP),
        ("e3", "model", "Anonymous K7QX"),
        ("e4", "model", RIGHT_TO_LEFT),
        ("e5", "model", LONG),
        ("e1", "overall", "80.0"),
        ("e1", "dimension/knowledge", "70.0"),  # the mean of 80 and 60
        ("e3", "dataset/Report", "25.0"),
        ("e6", "dataset/Choice", "0.0"),  # nothing right is no gap
        ("e1", "organisation", "Hospital"),
        ("e3", "organisation", ""),
        ("e1", "access", "Open weights"),
        ("e2", "access", "Closed weights"),
        ("e2", "parameters", ""),
        ("e2", "released", "2025-08"),
        ("e3", "submitted_at", "2026-11-03"),
        ("e1", "tries", "2"),
        ("e1", "provenance", "Participant"),
        ("e2", "provenance", "Run by the maintainers"),
    ],
)
def test_a_cell(snapshot: Snapshot, entry: str, column: str, text: str) -> None:
    [row] = snapshot.entries[snapshot.entries["entry"] == entry].to_dict("records")
    [shown] = some(snapshot, column)
    assert shown_as(shown, row, "en") == text


@pytest.mark.parametrize("nothing", [None, "", NAN])
@pytest.mark.parametrize("kind", ["rank", "text", "points", "count", "day"])
def test_a_cell_of_nothing_is_empty(kind: Any, nothing: object) -> None:
    assert shown_as(Column("access", "A", kind), {"access": nothing}, "en") == ""


def test_a_kind_of_access_that_is_not_known_is_shown_as_it_is() -> None:
    row = {"access": "rented", "provenance": "found"}
    assert shown_as(Column("access", "A", "text"), row, "en") == "rented"
    assert shown_as(Column("provenance", "O", "text"), row, "zh") == "found"


@pytest.mark.parametrize(
    ("best", "worst", "text"),
    [(1, 1, "1"), (2.0, 3.0, "2–3"), (NAN, NAN, ""), (None, None, "")],
)
def test_possible_ranks(best: float | None, worst: float | None, text: str) -> None:
    assert possible_ranks({"rank_best": best, "rank_worst": worst}) == text


def test_one_looks_for_the_best_rank_and_the_most_points_first(snapshot: Snapshot) -> None:
    rise = {column.id for column in columns(snapshot, "en") if column.rises}
    assert {"rank", "model", "organisation"} <= rise
    assert not {"overall", "dimension/safety", "tries", "submitted_at"} & rise


def test_a_download_has_the_shown_columns_and_their_intervals(snapshot: Snapshot) -> None:
    shown = some(snapshot, "rank", "model", "overall", "tries", "submitted_at")
    first, second, third = records(snapshot.entries.head(3), shown, "en")
    assert first == {
        "Rank": 1,
        "Possible ranks": "1",
        "Model": MARKUP,
        "Overall": 80.0,
        "Overall, low": 75.0,
        "Overall, high": 85.0,
        "Submitted": "2026-11-01",
        "Tries": 2,
    }
    assert (second["Rank"], second["Possible ranks"]) == ("", ""), "a baseline takes no rank"
    assert (third["Rank"], third["Possible ranks"]) == (2, "2–3")


def test_a_dimension_called_like_a_dataset_keeps_its_own_column(snapshot: Snapshot) -> None:
    """Safety 90, and a dataset of that name with 60."""
    title = Bilingual(zh="Terms", en="Terms")
    safety = replace(snapshot.dimensions[0], title=title)
    board = replace(snapshot, dimensions=(safety,))
    head, first = read_csv(
        as_csv(
            records(board.entries.head(1), some(board, "dimension/safety", "dataset/Terms"), "en")
        )
    )
    assert len(head) == len(set(head)) == 6
    assert "90.0" in first
    assert "60.0" in first


def test_a_download_does_not_tell_more_than_the_page(snapshot: Snapshot) -> None:
    table = records(snapshot.entries, some(snapshot, "model"), "en")
    assert [list(row) for row in table] == [["Model"]] * 6
    [anonymous] = records(snapshot.entries[2:3], columns(snapshot, "en"), "en")
    assert anonymous["Organisation"] == anonymous["Parameters"] == anonymous["Model released"] == ""


def test_points_are_rounded_as_they_are_shown(snapshot: Snapshot) -> None:
    entries = snapshot.entries.head(1).assign(overall=0.66666)
    [row] = records(entries, some(snapshot, "overall"), "en")
    assert row["Overall"] == 66.7


def test_points_that_are_missing_are_none(snapshot: Snapshot) -> None:
    entries = snapshot.entries.head(1).assign(
        **{"overall": NAN, "overall/low": NAN, "overall/high": NAN}
    )
    table = records(entries, some(snapshot, "overall"), "en")
    assert table == [{"Overall": None, "Overall, low": None, "Overall, high": None}]
    assert read_csv(as_csv(table))[1] == ["", "", ""]
    assert json.loads(as_json(table))[0]["Overall"] is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_csv_is_exactly_the_table(snapshot: Snapshot, language: Language) -> None:
    shown = some(snapshot, "rank", "model", "dataset/Terms", "access", language=language)
    table = records(snapshot.entries, shown, language)
    head, *rows = read_csv(as_csv(table))
    assert head == list(table[0])
    assert len(rows) == 6
    assert rows[1][head.index(shown[1].title)] == BASELINE
    assert rows[3][head.index(shown[1].title)] == RIGHT_TO_LEFT
    assert [row[head.index("Terms")] for row in rows] == [
        "60.0",
        "90.0",
        "50.0",
        "40.0",
        "40.0",
        "20.0",
    ]


def test_json_is_exactly_the_table(snapshot: Snapshot) -> None:
    table = records(snapshot.entries, columns(snapshot, "zh"), "zh")
    assert json.loads(as_json(table)) == table


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1+1", "'＝1+1"),  # full-width signs are formulas to spreadsheets in Chinese
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠A", "'＠A"),
        ("a=1", "a=1"),
        ('say "hi", please', 'say "hi", please'),
        ("two\r\nlines", "two\r\nlines"),
        (-1.5, "-1.5"),  # a number is none
        (None, ""),
    ],
)
def test_no_cell_of_a_csv_is_a_formula(cell: object, written: str) -> None:
    assert read_csv(as_csv([{"Model": cell}])) == [["Model"], [written]]


def test_neither_is_a_heading() -> None:
    assert read_csv(as_csv([{"=Set": 1}]))[0] == ["'=Set"]


def test_names_of_the_board_are_neutralised_in_csv_only(snapshot: Snapshot) -> None:
    table = records(snapshot.entries, some(snapshot, "model", "organisation"), "en")
    rows = read_csv(as_csv(table))
    assert rows[6][0] == f"'{SKIPPED}"
    assert rows[4][1] == "'＝1+1 医院"
    assert json.loads(as_json(table))[5]["Model"] == SKIPPED


def test_a_download_of_nothing_is_nothing() -> None:
    assert read_csv(as_csv([])) == []
    assert json.loads(as_json([])) == []


def test_only_entries_with_a_note_are_noted(snapshot: Snapshot) -> None:
    assert notes(snapshot, "zh") == [(BASELINE, "维护者的说明。")]
    assert notes(snapshot, "en") == [(BASELINE, "A note.")]
