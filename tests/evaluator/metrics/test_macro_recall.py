"""Recall of key points by hand: what is wanted, what is forbidden, what is must-have."""

from __future__ import annotations

import json

import numpy as np
import pytest

from evaluator.dataset import Dataset, MetricSettings
from evaluator.encoders import Encoder
from evaluator.items import AnsweredItem, KeyPoint, Question, Reference
from evaluator.lines import Other
from evaluator.metrics import METRICS
from evaluator.metrics.keypoints.matching import Match
from evaluator.metrics.macro_recall import recall
from evaluator.metrics.metric import table
from evaluator.texts import Bilingual

OTHER = Other(id="1", source="MedHC")
NAME = Bilingual(zh="名", en="name")
POINTS = (
    KeyPoint(text="多喝水", kind="must", aliases=("补充水分",)),
    KeyPoint(text="卧床休息", kind="important"),
    KeyPoint(text="体温38.5℃以上服布洛芬", kind="must"),
    KeyPoint(text="自行服用抗生素", kind="forbidden"),
)


def answered(answer: str | None, points: tuple[KeyPoint, ...] = POINTS) -> AnsweredItem:
    """Return one item about a fever with an answer."""
    question = Question(other=OTHER, question="发热怎么办？")
    reference = Reference(other=OTHER, answer="多喝水，卧床休息。", point=points)
    return AnsweredItem("1", (question,), (reference,), (answer,))


def rows(*items: AnsweredItem, metric: str = "macro_recall", weight: float = 0.8) -> np.ndarray:
    """Return the items' table."""
    return table(METRICS[metric].statistics(items, declared(metric, weight)))


def declared(metric: str, weight: float = 0.8) -> Dataset:
    """Return a dataset scored by a metric."""
    return Dataset.model_construct(
        id="MedHC", title=NAME, metric=MetricSettings(name=metric, recall_weight=weight)
    )


@pytest.mark.parametrize(
    ("answer", "total", "must"),
    [
        ("多喝水。卧床休息。体温38.5℃以上服布洛芬。", 1, 1),
        ("多喝水。卧床休息。", 2 / 3, 1 / 2),
        ("补充水分。", 1 / 3, 1 / 2),
        ("卧床休息。", 1 / 3, 0),
        # A forbidden point costs a covered one, and not more than there are.
        ("多喝水。卧床休息。自行服用抗生素。", 1 / 3, 1 / 2),
        ("自行服用抗生素。", 0, 0),
        # What is warned against is not stated; what is said against a point does not cover it.
        ("多喝水。卧床休息。不要自行服用抗生素。", 2 / 3, 1 / 2),
        ("不要多喝水。不要卧床休息。", 0, 0),
        # A wanted point denied costs like a forbidden one stated.
        ("多喝水。体温38.5℃以上服布洛芬。不要卧床休息。", 1 / 3, 1),
        # Saying the opposite elsewhere takes nothing back.
        ("多喝水。卧床休息。孕妇不要卧床休息。", 2 / 3, 1 / 2),
        ("", 0, 0),
        (None, 0, 0),
    ],
)
def test_recall_of_an_answer(
    encoder: Encoder, answer: str | None, total: float, must: float
) -> None:
    (row,) = rows(answered(answer))

    assert row.tolist() == pytest.approx([total, must, 1, 1])


def test_items_without_must_points_are_left_out_of_their_mean(encoder: Encoder) -> None:
    found = rows(answered("多喝水。"), answered("卧床休息。", POINTS[1:2]), answered("无", ()))

    values = METRICS["macro_recall"].aggregate(found.sum(axis=0), declared("macro_recall"))

    assert found[:, 2].tolist() == [1, 0, 0]
    assert values["score"] == pytest.approx((1 / 3 + 1 + 0) / 3)
    assert values["must_recall"] == pytest.approx(1 / 2)


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_the_weight_is_applied_to_totals(encoder: Encoder, weight: float) -> None:
    found = rows(answered("多喝水。"), answered("卧床休息。"), metric="combined")

    values = METRICS["combined"].aggregate(found.sum(axis=0), declared("combined", weight))

    recalls, similar = found[:, 0].mean(), found[:, 4].mean()
    assert values["score"] == pytest.approx(weight * recalls + (1 - weight) * similar)
    assert values["macro_recall"] == pytest.approx(1 / 3)


def test_words_that_say_the_opposite_earn_nothing(encoder: Encoder) -> None:
    answers = ("多喝水。卧床休息。", "多喝水。不要卧床休息。")

    right, denied = rows(*(answered(answer) for answer in answers), metric="combined")

    # Columns 3 and 4 are BERTScore and what counts of it; one of three wanted points is denied.
    assert right[4] == right[3] > 0
    assert denied[4] == pytest.approx(denied[3] * 2 / 3) and denied[3] > 0


def test_evidence_is_json_and_names_each_point(encoder: Encoder) -> None:
    settings = declared("macro_recall")

    (row,) = METRICS["macro_recall"].statistics(
        [answered("多喝水。体温37℃以上服布洛芬。")], settings
    )

    evidence = json.loads(json.dumps(row.extracted))
    assert [found["kind"] for found in evidence] == [point.kind for point in POINTS]
    assert evidence[0] == {
        "kind": "must",
        "point": "多喝水",
        "covered": True,
        "similarity": 1.0,
        "span": "多喝水。",
        "contradiction": None,
        "denied": False,
    }
    assert [found["contradiction"] for found in evidence] == [None, None, "number", None]


def test_the_order_of_items_changes_nothing(encoder: Encoder) -> None:
    items = [answered("多喝水。"), answered("卧床休息。"), answered("今天下雨。")]

    assert (rows(*items)[::-1] == rows(*items[::-1])).all()


@pytest.mark.parametrize(
    ("kinds", "covered", "total", "must", "wrong"),
    [
        ("mmii", "1010", 0.5, 0.5, 0.0),
        ("mmiif", "11111", 0.75, 1.0, 0.25),
        ("if", "01", 0.0, None, 1.0),
        ("ff", "10", 0.0, None, 1.0),
        ("", "", 0.0, None, 0.0),
        # d: denied. A forbidden point denied is right.
        ("mmii", "11d0", 0.25, 1.0, 0.25),
        ("mmiif", "dddd1", 0.0, 0.0, 1.0),
        ("iif", "10d", 0.5, None, 0.0),
    ],
)
def test_the_formula(
    kinds: str, covered: str, total: float, must: float | None, wrong: float
) -> None:
    names = {"m": "must", "i": "important", "f": "forbidden"}
    found = [Match("", letter == "1", 0.0, "", None, denied=letter == "d") for letter in covered]

    assert recall([names[kind] for kind in kinds], found) == (total, must, wrong)
