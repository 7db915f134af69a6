"""Micro-F1 over labels: by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score
from sklearn.preprocessing import MultiLabelBinarizer

from evaluator.dataset import Dataset
from evaluator.metrics.metric import Statistic, table
from tests.evaluator.metrics import answered
from tests.evaluator.metrics.answered import Case, dataset

DATASET = dataset("micro_f1", "entities")
LETTERS = dataset("micro_f1", "letter")


def rows(*cases: Case, tried: Dataset = DATASET) -> list[Statistic]:
    """Return the statistics of (answer, reference) pairs."""
    return answered.rows(tried, *cases)


def scores(*cases: Case) -> dict[str, float]:
    """Return what the metric makes of (answer, reference) pairs pooled."""
    return answered.scores(DATASET, *cases)


def score(*cases: Case) -> float:
    """Return the pooled F1 of (answer, reference) pairs."""
    return scores(*cases)["score"]


TWO = "疾病：哮喘，肺炎"


@pytest.mark.parametrize(
    ("answer", "reference", "counts"),
    [
        # right, predicted, expected.
        (TWO, TWO, (2, 2, 2)),
        ("疾病：哮喘", TWO, (1, 1, 2)),
        ("疾病：哮喘，肺炎，咳嗽", TWO, (2, 3, 2)),
        ("疾病：肺炎，哮喘，肺炎", TWO, (2, 2, 2)),
        # The category belongs to the label.
        ("药物：哮喘\n疾病：肺炎", TWO, (1, 2, 2)),
        ('{"疾病": ["哮喘", "肺炎"]}', TWO, (2, 2, 2)),
        # Nothing right: counted as if as many labels were given as expected.
        ("疾病：咳嗽", TWO, (0, 2, 2)),
        ("疾病：一，二，三，四，五，六，七", TWO, (0, 2, 2)),
        ("", TWO, (0, 2, 2)),
        (None, TWO, (0, 2, 2)),
        ("不知道", TWO, (0, 2, 2)),
        ("无", TWO, (0, 2, 2)),
        # 无 is a label: right or wrong like any other, never 0/0.
        ("无", "无", (1, 1, 1)),
        ("无实体。", "无", (1, 1, 1)),
        ("疾病：哮喘", "无", (0, 1, 1)),
        ("", "无", (0, 1, 1)),
    ],
)
def test_counts(answer: str | None, reference: str, counts: tuple[int, int, int]) -> None:
    assert rows((answer, reference))[0].values == counts


def test_pooled_by_hand() -> None:
    # right 1 + 2 + 0 = 3, predicted 1 + 3 + 1 = 5, expected 2 + 2 + 1 = 5.
    found = scores(("疾病：哮喘", TWO), ("疾病：哮喘，肺炎，咳嗽", TWO), ("疾病：哮喘", "无"))

    assert found == {"score": 6 / 10, "precision": 3 / 5, "recall": 3 / 5}


def test_items_weigh_by_their_labels() -> None:
    # 2·(4 + 0) / (4 + 4 + 1 + 1), not the mean of 1 and 0.
    assert score(("疾病：一，二，三，四",) * 2, ("疾病：甲", "疾病：乙")) == 0.8


def test_extracted_shows_what_was_read() -> None:
    first, second = rows((TWO, TWO), ("不知道", TWO))

    assert first.extracted == [("疾病", "哮喘"), ("疾病", "肺炎")]
    assert second.extracted is None


def test_letters_are_labels_too() -> None:
    (row,) = rows(("答案：A、B、C", "<A, C>"), tried=LETTERS)

    assert (row.values, row.extracted) == ((2, 3, 2), ["A", "B", "C"])


NAMES = list("甲乙丙丁戊己庚辛")
LABELS = st.sets(st.sampled_from(NAMES), min_size=1)


@settings(max_examples=60, deadline=None)
@given(cases=st.lists(st.tuples(LABELS, LABELS).filter(lambda c: c[0] & c[1]), min_size=1))
def test_agrees_with_scikit_learn(cases: list[tuple[set[str], set[str]]]) -> None:
    """Where at least one label of each answer is right, nothing differs from the textbook."""
    binarizer = MultiLabelBinarizer(classes=NAMES).fit([])
    predicted, expected = (binarizer.transform(column) for column in zip(*cases, strict=True))

    found = scores(*((written(answer), written(right)) for answer, right in cases))

    assert found["score"] == pytest.approx(f1_score(expected, predicted, average="micro"))
    assert found["precision"] == pytest.approx(
        precision_score(expected, predicted, average="micro")
    )
    assert found["recall"] == pytest.approx(recall_score(expected, predicted, average="micro"))


def written(labels: set[str]) -> str:
    """Return labels as a model writes them."""
    return "疾病：" + "，".join(sorted(labels))


@settings(max_examples=60, deadline=None)
@given(answer=st.sets(st.sampled_from(NAMES)), right=LABELS, others=st.lists(LABELS, max_size=3))
def test_an_empty_answer_is_never_better(
    answer: set[str], right: set[str], others: list[set[str]]
) -> None:
    given_answer = written(answer)
    # By itself, whatever the answer is.
    assert score(("", written(right))) == 0 <= score((given_answer, written(right)))
    # Pooled with other items: against every answer in which nothing is right.
    rest = [(written(labels),) * 2 for labels in others]
    if not answer & right:
        assert score(("", written(right)), *rest) == score((given_answer, written(right)), *rest)


def test_listing_everything_does_not_win() -> None:
    everything = written(set(NAMES))
    right = [written({name}) for name in NAMES]

    # Each item: 1 right of 8 predicted, 1 expected.
    assert score(*((everything, one) for one in right)) == pytest.approx(2 * 8 / (8 * 8 + 8))


def test_nothing_is_divided_by_nothing() -> None:
    assert scores(("", "")) == {"score": 0.0, "precision": 0.0, "recall": 0.0}
    assert not np.isnan(table(rows(("", "")))).any()


@settings(max_examples=60, deadline=None)
@given(answer=st.sets(st.sampled_from(NAMES)), right=LABELS, wrong=st.sampled_from(NAMES))
def test_a_wrong_label_more_never_helps(answer: set[str], right: set[str], wrong: str) -> None:
    if wrong not in right:
        more = score((written(answer | {wrong}), written(right)))
        assert more <= score((written(answer), written(right)))


CDEE = dataset("micro_f1", "events")
ERRORS = dataset("micro_f1", "corrections", ("错别字", "单位错误"))
EVENT = '{"主体词": "咳嗽", "描述词": ["夜间", "阵发性"], "解剖部位": [], "发生状态": ""}'


def test_every_convention_of_sets_is_scored() -> None:
    relation = "关系类型：药物治疗，头实体：哮喘，尾实体：布地奈德。"
    typed = '[{"错误类型": "错别字", "修改建议": "甲"}]'
    for tried, answer, right in (
        (dataset("micro_f1", "relations"), f"结果：{relation}", relation),
        (dataset("micro_f1", "labels"), "1. 糖尿病\n2. 高血压", "高血压##糖尿病"),
        (CDEE, f"```json\n{EVENT}\n```", f"[{EVENT}]"),
        (ERRORS, '{"错误类型": "錯別字", "修改建议": "乙"}', typed),
        (ERRORS, "[]", "[]"),
        (CDEE, "无", "[]"),
    ):
        assert answered.scores(tried, (answer, right))["score"] == 1.0
        assert answered.scores(tried, ("抱歉，我不能。", right))["score"] == 0.0


def test_advice_is_kept_beside_the_kinds() -> None:
    (row,) = answered.rows(
        ERRORS, ('[{"错误类型": "错别字", "修改建议": "左改为右"}]', '[{"错误类型": "错别字"}]')
    )

    assert row.values == (1, 1, 1)
    assert row.extracted == [{"kind": "错别字", "advice": "左改为右"}]


def test_listing_all_kinds_does_not_win() -> None:
    everything = '[{"错误类型": "错别字"}, {"错误类型": "单位错误"}]'

    assert answered.scores(ERRORS, (everything, "[]"), (everything, "[]"))["score"] == 0.0


def test_readings_are_told() -> None:
    found = rows((TWO, TWO), ("不知道", TWO), ("", TWO), (None, TWO), ("<think>疾病：", TWO))

    readings = [row.reading for row in found]
    assert readings == ["read", "mismatch", "unanswered", "unanswered", "mismatch"]
