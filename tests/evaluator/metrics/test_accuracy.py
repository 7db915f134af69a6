"""Accuracy of choice items, plain and in shuffled copies, worked by hand."""

from __future__ import annotations

import pytest

from evaluator.metrics import METRICS
from evaluator.metrics.metric import table
from tests.evaluator.metrics.answered import dataset, item

METRIC = METRICS["accuracy"]
DATASET = dataset("accuracy", "letter")


def values(answers: list[str | None], right: list[str]) -> tuple[float, ...]:
    """Return the statistic of one item."""
    return METRIC.statistics([item(answers, right)], DATASET)[0].values


@pytest.mark.parametrize(
    ("answers", "right", "share"),
    [
        (["<A>", "<B>", "<C>", "<D>"], ["<A>", "<B>", "<C>", "<D>"], 1),
        # One wrong copy: the item is wrong, three quarters of the copies are right.
        (["<A>", "<B>", "<C>", "<C>"], ["<A>", "<B>", "<C>", "<D>"], 0.75),
        # Always the first letter: right where the shuffle put the answer there.
        (["<A>", "<A>", "<A>", "<A>"], ["<A>", "<B>", "<C>", "<D>"], 0.25),
        # The letters of another copy.
        (["<B>", "<A>"], ["<A>", "<B>"], 0),
        (["<A>"], ["<A>"], 1),
        (["答案：Ａ"], ["<A>"], 1),
        # Several letters: exactly these, in any order, none more and none less.
        (["<B, A>"], ["<A, B>"], 1),
        (["<A>"], ["<A, B>"], 0),
        (["<A, B, C>"], ["<A, B>"], 0),
        (["A B C D E"], ["<A>"], 0),
        # Nothing, skipped, unreadable.
        ([""], ["<A>"], 0),
        ([None], ["<A>"], 0),
        (["不知道"], ["<A>"], 0),
        (["<A>", None], ["<A>", "<B>"], 0.5),
        # A reference that cannot be read is matched by nothing, not by an unreadable answer.
        (["不知道"], ["不知道"], 0),
    ],
)
def test_item(answers: list[str | None], right: list[str], share: float) -> None:
    assert values(answers, right) == (share,)


def test_extracted_shows_what_was_read() -> None:
    (row,) = METRIC.statistics([item(["答案：D、B", "不知道"], ["<B, D>", "<A>"])], DATASET)

    assert (row.item, row.extracted, row.reading) == ("1", ["BD", None], "mismatch")


def test_dataset_is_the_mean_of_its_items() -> None:
    items = [
        item(["<A>", "<B>"], ["<A>", "<B>"], "1"),
        item(["<A>", "<A>"], ["<A>", "<B>"], "2"),
        # A plain item weighs as much as one of two copies.
        item(["<A>"], ["<A>"], "3"),
        item([None], ["<A>"], "4"),
    ]

    found = METRIC.aggregate(table(METRIC.statistics(items, DATASET)).sum(axis=0), DATASET)

    assert {name: float(value) for name, value in found.items()} == {
        "score": (1 + 0.5 + 1 + 0) / 4,
    }


def test_an_empty_answer_is_never_better() -> None:
    for answer in ("<A>", "<B>", "A", "A B C D", "不知道", "答案：C", "<think>", "\n"):
        for right in ("<A>", "<B>", "<A, B>"):
            assert values([""], [right]) <= values([answer], [right])
