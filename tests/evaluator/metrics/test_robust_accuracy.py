"""The three readings of robustness, worked by hand."""

from __future__ import annotations

import pytest

from evaluator.metrics import METRICS
from evaluator.metrics.choices import option_texts
from evaluator.metrics.metric import table
from tests.evaluator.metrics.answered import dataset, item

METRIC = METRICS["robust_accuracy"]
DATASET = dataset("robust_accuracy", "letter")
OPTIONS = [
    ("A. 甲", "B. 乙", "C. 丙"),
    ("A. 乙", "B. 丙", "C. 甲"),
    ("A. 丙", "B. 甲", "C. 乙"),
    ("A. 甲", "B. 丙", "C. 乙"),
]
# 甲 in each copy.
RIGHT = ["<A>", "<C>", "<B>", "<A>"]


@pytest.mark.parametrize(
    ("answers", "every", "original", "agreement"),
    [
        (RIGHT, 1, 1, 1),
        (["答案：Ａ", "C", "選B", "A. 甲"], 1, 1, 1),
        # Right in the original order only: 甲, 乙, 丙, 甲.
        (["<A>", "<A>", "<A>", "<A>"], 0, 1, 2 / 4),
        # Always 乙: wrong, and in full agreement.
        (["<B>", "<A>", "<C>", "<C>"], 0, 0, 1),
        # Right but for the original order.
        (["<B>", "<C>", "<B>", "<A>"], 0, 0, 3 / 4),
        # Unreadable copies agree with nothing, not with each other.
        (["不知道", "不知道", "不知道", "不知道"], 0, 0, 0),
        (["<A>", "不知道", None, ""], 0, 1, 1 / 4),
        # Every option chosen is the same set in every copy, and wrong.
        (["ABC", "ABC", "ABC", "ABC"], 0, 0, 1),
        # A letter without option stands for itself.
        (["<D>", "<D>", "<D>", "<A>"], 0, 0, 3 / 4),
    ],
)
def test_item(answers: list[str | None], every: float, original: float, agreement: float) -> None:
    (row,) = METRIC.statistics([item(answers, RIGHT, options=OPTIONS)], DATASET)

    assert row.values == (every, original, agreement)


def test_without_options_letters_are_compared() -> None:
    (row,) = METRIC.statistics([item(["<A>", "<A>", "<B>"], ["<A>", "<B>", "<A>"])], DATASET)

    assert row.values == (0, 1, 2 / 3)


def test_dataset_by_hand() -> None:
    items = [
        item(RIGHT, RIGHT, "1", OPTIONS),
        item(["<A>"] * 4, RIGHT, "2", OPTIONS),
        item(["<B>", "<A>", "<C>", "<C>"], RIGHT, "3", OPTIONS),
        item([None] * 4, RIGHT, "4", OPTIONS),
    ]

    totals = table(METRIC.statistics(items, DATASET)).sum(axis=0)
    found = {name: float(value) for name, value in METRIC.aggregate(totals, DATASET).items()}

    assert found == {
        "score": 1 / 4,
        "all_copies_right": 1 / 4,
        "kept_when_shuffled": 1 / 2,
        "agreement": (1 + 2 / 4 + 1 + 0) / 4,
    }


def test_readings_are_told() -> None:
    items = [
        item(answers, RIGHT, options=OPTIONS)
        for answers in (RIGHT, ["<A>", "?", "<B>", "<A>"], [None, "", " ", None])
    ]

    found = METRIC.statistics(items, DATASET)

    assert [row.reading for row in found] == ["read", "mismatch", "unanswered"]
    assert found[1].extracted == ["A", None, "B", "A"]


@pytest.mark.parametrize(
    ("options", "letters", "texts"),
    [
        (("A. 甲", "B. 乙"), "B", {"乙"}),
        (("A、甲", "B：乙"), "AB", {"甲", "乙"}),
        (("（A）甲", "（B）乙"), "A", {"甲"}),
        # Out of order, without letters, none at all.
        (("B. 乙", "A. 甲"), "A", {"甲"}),
        (("甲", "乙"), "B", {"乙"}),
        (("ACEI 类", "乙"), "A", {"acei 类"}),
        (None, "B", {"B"}),
    ],
)
def test_option_texts(options: tuple[str, ...] | None, letters: str, texts: set[str]) -> None:
    assert option_texts(options, frozenset(letters)) == texts
