"""Micro-F1 over labels: by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score
from sklearn.preprocessing import MultiLabelBinarizer

from evaluator.items import AnsweredItem, Other, Question, Reference
from evaluator.metrics import METRICS
from evaluator.metrics.metric import Statistic, table
from evaluator.texts import Bilingual
from evaluator.track import Dataset, MetricSettings

METRIC = METRICS["micro_f1"]
NAME = Bilingual(zh="实体", en="Entities")
DATASET = Dataset(
    id="Entities",
    title=NAME,
    card=NAME,
    convention="entities",
    metric=MetricSettings(name="micro_f1"),
)
LETTERS = DATASET.model_copy(update={"convention": "letter"})


def rows(*cases: tuple[str | None, str], dataset: Dataset = DATASET) -> list[Statistic]:
    """Return the statistics of (answer, reference) pairs."""
    other = Other(id="1", source=dataset.id)
    items = [
        AnsweredItem(
            str(number),
            (Question(other=other, question="问"),),
            (Reference(other=other, answer=reference),),
            (answer,),
        )
        for number, (answer, reference) in enumerate(cases)
    ]
    return METRIC.statistics(items, dataset)


def scores(*cases: tuple[str | None, str]) -> dict[str, float]:
    """Return what the metric makes of (answer, reference) pairs pooled."""
    totals = table(rows(*cases)).sum(axis=0)
    return {name: float(value) for name, value in METRIC.aggregate(totals).items()}


def score(*cases: tuple[str | None, str]) -> float:
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
    (row,) = rows(("答案：A、B、C", "<A, C>"), dataset=LETTERS)

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
