"""Which entries are shown and in what order, on six entries: e1 to e6, best first."""

from __future__ import annotations

import pandas as pd
import pytest

from evaluator.texts import Language
from leaderboard.filters import Filters, order_of, passing, size, sizes
from leaderboard.snapshot import Snapshot
from leaderboard.tables import columns
from tests.leaderboard.small_board import names

ALL = ["e1", "e2", "e3", "e4", "e5", "e6"]


def ordered(entries: pd.DataFrame, column: str, *, ascending: bool) -> pd.DataFrame:
    """Return the entries in that order."""
    return entries.iloc[order_of(entries, column, ascending=ascending)]


def filtered(entries: pd.DataFrame, filters: Filters, language: Language) -> pd.DataFrame:
    """Return the entries that pass."""
    return entries[passing(entries, filters, language)]


def found(entries: pd.DataFrame) -> list[str]:
    """Return the ids of entries."""
    return list(entries["entry"])


@pytest.mark.parametrize(
    ("written", "billions"),
    [
        ("7B", 7.0),
        ("7b", 7.0),
        ("1.5 T", 1500.0),
        ("350M", 0.35),
        ("100B-A6B", 100.0),  # a mixture of experts: what has to be loaded
        ("约 72B", 72.0),
        ("７B", 7.0),  # a full-width seven is a digit too
        ("8x7B", 7.0),
        ("", None),
        ("big", None),
        ("7", None),
        ("B7", None),
    ],
)
def test_a_size_is_read_from_what_teams_write(written: str, billions: float | None) -> None:
    assert size(written) == (pytest.approx(billions) if billions else None)


def test_sizes_are_numbers_or_nothing(snapshot: Snapshot) -> None:
    known = sizes(snapshot.entries)
    assert known.fillna(-1).tolist() == [7.0, -1, -1, 1500.0, 100.0, 7.0]
    assert sizes(snapshot.entries[1:3]).isna().all()
    assert known.dtype == "float64"


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        (Filters(), ALL),
        (Filters(search="BEST"), ["e1"]),
        (Filters(search="<b>"), ["e1"]),
        (Filters(search="openai"), ["e2"]),
        (Filters(search="نموذج"), ["e4"]),
        (Filters(search="k7qx"), ["e3"]),
        (Filters(search=".*"), []),  # no pattern
        (Filters(search="("), ["e6"]),  # "=SUM(A1:A9)"
        (Filters(search="model hospital"), []),  # not across name and organisation
        (Filters(organisations=("Hospital",)), ["e1", "e5", "e6"]),
        (Filters(organisations=("Hospital", "OpenAI")), ["e1", "e2", "e5", "e6"]),
        (Filters(access=("closed",)), ["e2", "e5"]),
        (Filters(access=("open", "closed")), ALL),
        (Filters(origins=("self-run",)), ["e2"]),
        (Filters(origins=("participant",)), ["e1", "e3", "e4", "e5", "e6"]),
        (Filters(least_size=7.0), ["e1", "e4", "e5", "e6"]),  # who does not say is not shown
        (Filters(least_size=7.1), ["e4", "e5"]),
        (Filters(most_size=100.0), ["e1", "e5", "e6"]),
        (Filters(least_size=50.0, most_size=200.0), ["e5"]),
        (Filters(since="2026-11-04"), ["e4", "e5", "e6"]),  # that day too
        (Filters(since="2027-01-01"), []),
        (Filters(least=50.0), ["e1", "e2", "e3", "e4"]),
        (Filters(on="dimension/safety", least=60.0), ["e1", "e2", "e3"]),
        (Filters(on="dataset/Report", least=60.0), ["e1", "e2", "e4", "e5"]),
        (Filters(access=("open",), least=50.0, search="hospital"), ["e1"]),
    ],
)
def test_an_entry_passes_every_filter(
    snapshot: Snapshot, filters: Filters, shown: list[str]
) -> None:
    # The anonymous one says no organisation, in no language.
    assert found(filtered(snapshot.entries, filters, "en")) == shown


def test_names_are_searched_in_the_language_that_is_shown(snapshot: Snapshot) -> None:
    shown = names(snapshot, "zh")[2]
    assert found(filtered(snapshot.entries, Filters(search=shown), "zh")) == ["e3"]


def test_filters_on_a_board_without_entries_find_none(snapshot: Snapshot) -> None:
    nobody = snapshot.entries[:0]
    filters = Filters(search="a", least_size=1.0, since="2026-01-01", least=1.0)
    assert filtered(nobody, filters, "en").empty


@pytest.mark.parametrize(("score", "passes"), [(0.57, True), (0.5696, True), (0.5694, False)])
def test_the_least_is_asked_of_the_points_that_are_shown(
    snapshot: Snapshot, score: float, passes: bool
) -> None:
    """100 times 0.57 is 56.99999999999999 to a computer, and 57.0 to a reader."""
    entries = snapshot.entries.head(1).assign(overall=score)
    assert len(filtered(entries, Filters(least=57.0), "en")) == passes


def test_points_that_nobody_has_pass_no_least(snapshot: Snapshot) -> None:
    entries = snapshot.entries.assign(**{"dimension/writing": float("nan")})
    assert filtered(entries, Filters(on="dimension/writing", least=1.0), "en").empty
    assert len(filtered(entries, Filters(on="dimension/writing", least=0.0), "en")) == 6


@pytest.mark.parametrize(
    ("column", "ascending", "order"),
    [
        ("rank", True, ALL),  # the board's own order
        ("rank", False, ["e5", "e3", "e4", "e1", "e2", "e6"]),  # 4, 2, 2, 1, none, none
        ("overall", False, ALL),  # e3 and e4 tie: in the board's order
        ("overall", True, ["e6", "e5", "e3", "e4", "e2", "e1"]),
        ("dimension/safety", False, ["e1", "e3", "e2", "e4", "e5", "e6"]),
        ("dataset/Report", False, ["e1", "e2", "e4", "e5", "e3", "e6"]),
        ("parameters", True, ["e1", "e6", "e5", "e4", "e2", "e3"]),  # 7, 7, 100, 1500, none
        ("parameters", False, ["e4", "e5", "e1", "e6", "e2", "e3"]),
        ("organisation", True, ["e1", "e5", "e6", "e2", "e4", "e3"]),  # the one without last
        ("organisation", False, ["e4", "e2", "e1", "e5", "e6", "e3"]),
        ("submitted_at", False, ["e6", "e5", "e4", "e3", "e2", "e1"]),
        ("released", True, ["e2", "e1", "e4", "e5", "e6", "e3"]),
        ("tries", False, ["e1", "e2", "e3", "e4", "e5", "e6"]),
    ],
)
def test_order(snapshot: Snapshot, column: str, ascending: bool, order: list[str]) -> None:
    assert found(ordered(snapshot.entries, column, ascending=ascending)) == order


def test_every_column_of_the_table_can_be_ordered_by(snapshot: Snapshot) -> None:
    """Also where every cell is empty, and where there is no row."""
    nothing = snapshot.entries.assign(tries=None, released=None, organisation=None)
    for entries in (snapshot.entries, nothing, snapshot.entries[:0]):
        for column in columns(snapshot, "en"):
            for ascending in (True, False):
                assert len(ordered(entries, column.id, ascending=ascending)) == len(entries)


def test_models_are_ordered_without_regard_to_case(snapshot: Snapshot) -> None:
    entries = snapshot.entries.head(3).assign(model=["Beta", "alpha", "Alpha"])
    assert found(ordered(entries, "model", ascending=True)) == ["e2", "e3", "e1"]
