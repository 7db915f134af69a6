"""Macro-F1 against scikit-learn, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score
from sklearn.preprocessing import MultiLabelBinarizer

from evaluator.metrics import METRICS
from evaluator.metrics.macro_f1 import classes
from evaluator.metrics.metric import table
from tests.evaluator.metrics.answered import dataset, rows, scores

METRIC = METRICS["macro_f1"]
NAMES = ("体位不正", "偏中心", "吸气不足", "无问题")
DATASET = dataset("macro_f1", "labels", NAMES)
SETS = st.sets(st.sampled_from(NAMES[:-1])).map(lambda found: found or {"无问题"})


def written(labels: set[str]) -> str:
    """Return labels as the convention asks for."""
    return "|".join(sorted(labels))


def test_columns_are_named_by_class() -> None:
    assert classes(DATASET) == ("体位不正", "偏中心", "吸气不足", "无")
    assert METRIC.columns(DATASET)[:5] == (
        *("right 体位不正", "right 偏中心", "right 吸气不足", "right 无"),
        "predicted 体位不正",
    )


def test_by_hand() -> None:
    found = scores(
        DATASET, ("体位不正", "体位不正|偏中心"), ("体位不正", "无问题"), ("无问题", "无问题")
    )

    # 体位不正: 1 of 2 predicted, 1 expected; 偏中心: 0; 无: 1 of 1 predicted, 2 expected;
    # 吸气不足 does not occur.
    assert found["score"] == pytest.approx((2 / 3 + 0 + 2 / 3) / 3)
    assert found["precision"] == pytest.approx((1 / 2 + 0 + 1) / 3)
    assert found["recall"] == pytest.approx((1 + 0 + 1 / 2) / 3)


@settings(max_examples=80, deadline=None)
@given(cases=st.lists(st.tuples(SETS, SETS), min_size=1))
def test_agrees_with_scikit_learn(cases: list[tuple[set[str], set[str]]]) -> None:
    binarizer = MultiLabelBinarizer(classes=NAMES).fit([])
    predicted, expected = (binarizer.transform(column) for column in zip(*cases, strict=True))
    # Classes that do not occur are left out, as where scikit-learn finds its labels itself.
    occur = np.flatnonzero((predicted + expected).sum(axis=0))

    found = scores(DATASET, *((written(a), written(b)) for a, b in cases))

    for name, oracle in (
        ("score", f1_score),
        ("precision", precision_score),
        ("recall", recall_score),
    ):
        value = oracle(expected, predicted, labels=occur, average="macro", zero_division=0)
        assert found[name] == pytest.approx(value)


@settings(max_examples=80, deadline=None)
@given(cases=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), min_size=1))
def test_single_labels_agree_with_scikit_learn(cases: list[tuple[str, str]]) -> None:
    predicted, expected = (list(column) for column in zip(*cases, strict=True))

    found = scores(DATASET, *cases)

    value = f1_score(expected, predicted, average="macro", zero_division=0)
    assert found["score"] == pytest.approx(value)


def test_totals_keep_their_shape() -> None:
    numbers = table(rows(DATASET, ("体位不正", "体位不正"), ("偏中心", "无问题"), ("", "吸气不足")))
    stacked = np.stack([numbers, numbers[::-1]])

    assert METRIC.aggregate(stacked, DATASET)["score"].shape == (2, 3)
    assert METRIC.aggregate(numbers, DATASET)["score"].tolist() == [1, 0, 0]


def test_kinds_of_correction_are_classes() -> None:
    errors = dataset("macro_f1", "corrections", ("错别字", "单位错误"))
    typed = '[{"错误类型": "错别字", "修改建议": "甲"}]'

    # 错别字 1, 无 1; 单位错误 does not occur.
    assert scores(errors, (typed, typed), ("无错误", "[]"))["score"] == 1
    # A kind outside the classes is no prediction.
    other = '[{"错误类型": "别的", "修改建议": "甲"}]'
    assert scores(errors, (typed, typed), (other, "[]"))["score"] == 1 / 2


def test_listing_every_class_does_not_win() -> None:
    everything = "|".join(NAMES[:-1])
    cases = [(everything, name) for name in NAMES]

    # Of each class 1 right of 4 predicted, 1 expected; 无 is never predicted.
    assert scores(DATASET, *cases)["score"] == pytest.approx(3 * 0.4 / 4)


def test_readings_are_told() -> None:
    found = rows(DATASET, ("体位不正", "体位不正"), ("无法查看图像", "偏中心"), ("", "偏中心"))

    assert [row.reading for row in found] == ["read", "mismatch", "unanswered"]
    assert [row.extracted for row in found] == [["体位不正"], None, None]
    # What was expected still counts.
    assert scores(DATASET, ("无法查看图像", "偏中心"), ("体位不正", "体位不正"))["score"] == 1 / 2
