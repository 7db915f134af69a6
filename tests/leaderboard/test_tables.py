"""The table of a board, in both languages."""

from __future__ import annotations

import pandas as pd

from leaderboard.snapshot import Snapshot
from leaderboard.tables import board_table, notes


def test_the_table_shows_points_ranks_and_intervals(snapshot: Snapshot) -> None:
    table = board_table(snapshot, "en")
    assert table["Rank"].tolist()[:2] == [1, 2]
    assert table["Rank"].isna().tolist() == [False, False, True], "skipped items: no rank"
    assert table["Overall"].round(1).tolist() == [60.0, 40.0, 0.0]
    assert table["95 % interval"][0] == "55.0 – 65.0"
    assert table["Possible ranks"].tolist() == ["1", "1 – 2", ""]
    assert table["Access"].tolist() == ["Open weights"] * 3
    assert "Choice" not in table.columns


def test_datasets_are_shown_on_demand(snapshot: Snapshot) -> None:
    table = board_table(snapshot, "en", datasets=True)
    assert table["Choice"].round(1).tolist() == [80.0, 40.0, 0.0]


def test_headings_follow_the_language(snapshot: Snapshot) -> None:
    columns = board_table(snapshot, "zh").columns.tolist()
    assert columns[:4] == ["名次", "模型", "机构", "总分"]
    assert {"安全", "生成"} <= set(columns)


def test_only_entries_with_a_note_are_noted(snapshot: Snapshot) -> None:
    assert notes(snapshot, "zh") == [("Second", "说明")]
    assert notes(snapshot, "en") == [("Second", "a note")]


def test_a_table_of_an_empty_board_has_its_headings(snapshot: Snapshot) -> None:
    empty = Snapshot(**{**snapshot.__dict__, "entries": snapshot.entries[:0]})
    table = board_table(empty, "en")
    assert isinstance(table, pd.DataFrame)
    assert table.empty
    assert "Overall" in table.columns
