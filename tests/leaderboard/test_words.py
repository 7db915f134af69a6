"""What figures say in words, on differences that a reader can work out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from evaluator.texts import LANGUAGES, Language, Sentence
from leaderboard import words
from leaderboard.charts.frame import ISOLATE, POP
from leaderboard.shelf import Shelf
from leaderboard.snapshot import Snapshot, read_snapshot
from leaderboard.words import VERDICTS, Difference, difference, signed
from tests.leaderboard.small_board import DAYS, LONG, MARKUP, RIGHT_TO_LEFT, SKIPPED, names

NAN = float("nan")


@pytest.fixture
def pairs(board_dir: Any) -> pd.DataFrame:
    """The published tests: significant from 20 points on."""
    return Shelf(board_dir).pairs("small", "dev")


def entry(snapshot: Snapshot, name: str) -> pd.Series:
    """Return the row of an entry."""
    return snapshot.entries.set_index("entry", drop=False).loc[name]


def strengths(*asked: Any) -> list[str]:
    """Return what is said of strengths, names without what keeps them apart."""
    return [_plain(line) for line in words.strengths(*asked)]


def changes(*asked: Any) -> list[str]:
    """Return what is said of changes, names without what keeps them apart."""
    return [_plain(line) for line in words.changes(*asked)]


def _plain(line: str) -> str:
    return line.replace(ISOLATE, "").replace(POP, "")


@pytest.mark.parametrize(
    ("first", "second", "points", "low", "high", "verdict"),
    [
        ("e1", "e3", 30.0, 28.0, 32.0, "better"),
        ("e3", "e1", -30.0, -32.0, -28.0, "worse"),  # the pair is published the other way round
        ("e1", "e2", 10.0, 8.0, 12.0, "open"),
        ("e2", "e1", -10.0, -12.0, -8.0, "open"),
        ("e3", "e4", 0.0, -2.0, 2.0, "open"),  # a tie
        ("e1", "e6", 70.0, None, None, "untested"),  # who skipped items is in no pair
        ("e1", "e1", 0.0, None, None, "untested"),
    ],
)
def test_a_difference(
    snapshot: Snapshot,
    pairs: pd.DataFrame,
    first: str,
    second: str,
    points: float,
    low: float | None,
    high: float | None,
    verdict: str,
) -> None:
    found = difference(entry(snapshot, first), entry(snapshot, second), pairs)
    assert found.points == pytest.approx(points)
    assert [found.low, found.high] == pytest.approx([low, high])
    assert found.verdict == verdict


def test_without_published_tests_nothing_was_tested(snapshot: Snapshot) -> None:
    none = pd.DataFrame(columns=["a", "b", "low", "high", "adjusted_p"]).set_index(["a", "b"])
    found = difference(entry(snapshot, "e1"), entry(snapshot, "e2"), none)
    assert (found.verdict, found.adjusted_p) == ("untested", None)


def test_too_few_items_for_a_test_are_no_test(snapshot: Snapshot, pairs: pd.DataFrame) -> None:
    """Then the interval is not a number, and p is 1."""
    few = pairs.assign(low=NAN, high=NAN, adjusted_p=1.0)
    for first, second in (("e1", "e2"), ("e2", "e1")):
        found = difference(entry(snapshot, first), entry(snapshot, second), few)
        assert (found.low, found.high, found.verdict) == (None, None, "untested")


@pytest.mark.parametrize(("p", "verdict"), [(0.049, "better"), (0.05, "open"), (1.0, "open")])
def test_the_level_is_five_per_cent(
    snapshot: Snapshot, pairs: pd.DataFrame, p: float, verdict: str
) -> None:
    found = difference(entry(snapshot, "e1"), entry(snapshot, "e2"), pairs.assign(adjusted_p=p))
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("points", "text"),
    [
        (3.0, "+3.0"),
        (-2.0, "−2.0"),
        (0.0, "0.0"),
        (0.04, "0.0"),
        (-0.04, "0.0"),
        (0.06, "+0.1"),
        (100.0, "+100.0"),
    ],
)
def test_points_with_their_sign(points: float, text: str) -> None:
    assert signed(points) == text


def test_strengths_and_weaknesses(snapshot: Snapshot, pairs: pd.DataFrame) -> None:
    """The best against the baseline: safety +30, knowledge −10, writing +10.

    Facts +10, Terms −30. Their intervals of ±5 do not overlap where more than 10 points lie
    between them: 30 are told with a star; at 10 they touch.
    """
    one, other = entry(snapshot, "e1"), entry(snapshot, "e2")
    said = strengths(snapshot, one, other, difference(one, other, pairs), "en")
    overall, ahead, behind, lead, gain, star = said
    assert overall == (
        f"{MARKUP} against GPT 基线: +10.0 points overall (no significant difference)."
    )
    assert "Safety +30.0*, Writing +10.0" in ahead
    assert "Knowledge −10.0" in behind
    assert "Choice +30.0*" in lead
    assert "Terms −30.0*" in gain
    assert star.startswith("*")


@pytest.mark.parametrize("language", LANGUAGES)
def test_strengths_are_told_in_both_languages(
    snapshot: Snapshot, pairs: pd.DataFrame, language: Language
) -> None:
    one, other = entry(snapshot, "e3"), entry(snapshot, "e1")
    found = difference(one, other, pairs)
    said = strengths(snapshot, one, other, found, language)
    assert names(snapshot, language)[2] in said[0]
    assert Sentence(VERDICTS["worse"]).text(language) in said[0]
    assert not [line for line in said if "{" in line]
    comma = "、" if language == "zh" else ", "
    # 25 against 80, 75 against 90, 50 against 70, by how much is behind.
    writing, knowledge, safety = (axis.title.text(language) for axis in snapshot.dimensions[::-1])
    listed = comma.join([f"{writing} −55.0*", f"{knowledge} −20.0*", f"{safety} −15.0*"])
    assert listed in said[1], "nothing in which it is ahead, so that is not said"


def test_a_name_turns_nothing_round_that_stands_beside_it(
    snapshot: Snapshot, pairs: pd.DataFrame, board_dir: Any
) -> None:
    """A name that reads from right to left, in a sentence with figures."""
    one, other = entry(snapshot, "e4"), entry(snapshot, "e1")
    [first, *_rest] = words.strengths(snapshot, one, other, difference(one, other, pairs), "en")
    before = read_snapshot(board_dir, "small", "dev", DAYS[0])
    [new, _moved] = words.changes(before, snapshot, "en")
    for line in (first, new):
        assert f"{ISOLATE}{RIGHT_TO_LEFT}{POP}" in line


def test_twins_have_neither(snapshot: Snapshot, pairs: pd.DataFrame) -> None:
    one = entry(snapshot, "e1")
    assert len(strengths(snapshot, one, one, difference(one, one, pairs), "en")) == 1


def test_at_most_three_of_each_are_named(snapshot: Snapshot, pairs: pd.DataFrame) -> None:
    one, other = entry(snapshot, "e1"), entry(snapshot, "e6")
    said = strengths(snapshot, one, other, difference(one, other, pairs), "en")
    lead = next(line for line in said if "Choice" in line)
    assert lead.count("+") == 3, "of four datasets"
    assert lead.index("Choice +90.0") < lead.index("Report +70.0") < lead.index("Facts +60.0")


def test_a_star_on_a_dimension_is_explained_too(snapshot: Snapshot, pairs: pd.DataFrame) -> None:
    """A mean of datasets has a narrower interval than each of them."""
    wide = {f"dataset/{axis.id}/low": 0.0 for axis in snapshot.datasets} | {
        f"dataset/{axis.id}/high": 1.0 for axis in snapshot.datasets
    }
    board = snapshot.with_entries(snapshot.entries.assign(**wide))
    one, other = entry(board, "e1"), entry(board, "e2")
    said = strengths(board, one, other, difference(one, other, pairs), "en")
    assert "*" in said[1]
    assert said[-1].startswith("*")


def test_what_nobody_attempted_is_neither(snapshot: Snapshot, pairs: pd.DataFrame) -> None:
    board = snapshot.with_entries(snapshot.entries.assign(**{"dimension/writing": NAN}))
    one, other = entry(board, "e1"), entry(board, "e2")
    said = strengths(board, one, other, difference(one, other, pairs), "en")
    assert "Writing" not in " ".join(said)
    assert "nan" not in " ".join(said)
    assert "Safety +30.0*" in said[1]
    assert "Knowledge −10.0*" not in said[2]


def test_a_gap_among_the_scores_does_not_disturb_the_order(
    snapshot: Snapshot, pairs: pd.DataFrame
) -> None:
    board = snapshot.with_entries(snapshot.entries.assign(**{"dimension/knowledge": NAN}))
    one, other = entry(board, "e4"), entry(board, "e6")
    said = strengths(board, one, other, difference(one, other, pairs), "en")
    assert "Writing +60.0*, Safety +40.0*" in said[1]


def test_a_difference_of_nothing_shown_is_not_named(
    snapshot: Snapshot, pairs: pd.DataFrame
) -> None:
    """0.04 points would read as an advantage of 0.0."""
    entries = snapshot.entries.copy()
    entries.loc[0, "dimension/writing"] = entries.loc[1, "dimension/writing"] + 0.0004
    board = snapshot.with_entries(entries)
    one, other = entry(board, "e1"), entry(board, "e2")
    said = strengths(board, one, other, difference(one, other, pairs), "en")
    assert "Writing 0.0" not in " ".join(said)


def test_changes_since_the_first_day(snapshot: Snapshot, board_dir: Any) -> None:
    """Only the best stood there, with 60 points."""
    before = read_snapshot(board_dir, "small", "dev", DAYS[0])
    new, moved = changes(before, snapshot, "en")
    for name in ("GPT 基线", "Anonymous K7QX", RIGHT_TO_LEFT, LONG, SKIPPED):
        assert name in new
    assert MARKUP not in new
    assert moved == f"{MARKUP}: 60.0 → 80.0 points, rank 1 → 1."


def test_changes_since_the_second_day(snapshot: Snapshot, board_dir: Any) -> None:
    before = read_snapshot(board_dir, "small", "dev", DAYS[1])
    new, gone = changes(before, snapshot, "en")
    assert LONG in new
    assert SKIPPED in new
    assert gone == "No longer on the board: Gone."


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_changed(snapshot: Snapshot, language: Language) -> None:
    [said] = changes(snapshot, snapshot, language)
    assert said == Sentence("Nothing changed.").text(language)


@pytest.mark.parametrize(
    ("score", "rank", "moves"),
    [
        (0.7, NAN, False),  # as before: a baseline without rank
        (0.7004, NAN, False),  # too little to be seen
        (0.7006, NAN, True),
        (0.7, 2.0, True),  # it is ranked now
    ],
)
def test_only_what_is_seen_to_move_has_moved(
    snapshot: Snapshot, score: float, rank: float, moves: bool
) -> None:
    entries = snapshot.entries.copy()
    entries.loc[1, ["overall", "rank"]] = [score, rank]
    [said] = changes(snapshot, snapshot.with_entries(entries), "en")
    assert (said != "Nothing changed.") == moves
    if rank == 2.0:
        assert said == "GPT 基线: 70.0 → 70.0 points, rank – → 2."


def test_a_score_that_is_missing_before_and_after_has_not_moved(snapshot: Snapshot) -> None:
    board = snapshot.with_entries(snapshot.entries.assign(overall=NAN))
    assert changes(board, board, "en") == ["Nothing changed."]


def test_what_was_nothing_is_a_dash(snapshot: Snapshot) -> None:
    before = snapshot.with_entries(snapshot.entries.head(1).assign(overall=NAN))
    [said] = changes(before, snapshot.with_entries(snapshot.entries.head(1)), "en")
    assert "nan" not in said


def test_many_changes_are_counted_not_listed(snapshot: Snapshot) -> None:
    many = pd.concat([snapshot.entries.head(1)] * 30, ignore_index=True)
    many["entry"] = [f"x{number:02}" for number in range(30)]
    nobody = replace(snapshot, entries=snapshot.entries[:0])
    everyone = snapshot.with_entries(many)
    [new] = changes(nobody, everyone, "en")
    assert new.count(MARKUP) == 20
    assert "(+10)" in new
    moved = changes(everyone, snapshot.with_entries(many.assign(overall=0.1)), "en")
    assert len(moved) == 21
    assert "10" in moved[-1]


def test_a_board_without_entries_lost_them_all(snapshot: Snapshot) -> None:
    nobody = snapshot.with_entries(snapshot.entries[:0])
    [said] = changes(snapshot, nobody, "en")
    assert said.startswith("No longer on the board: ")
    assert changes(nobody, nobody, "en") == ["Nothing changed."]


def test_a_difference_is_a_plain_value() -> None:
    assert Difference(1.0, None, None, None, "untested").verdict in VERDICTS
