"""Field accuracy: right / expected fields of structured records (MedBench, arXiv 2407.10990).

>>> count({"姓名": "张三", "年龄": "3岁"}, {"姓名": "张三", "年龄": "4岁", "性别": "无"})
(1.0, 3.0)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluator.answers import read_fields
from evaluator.dataset import Dataset
from evaluator.items import AnsweredItem
from evaluator.metrics.metric import Array, Metric, Statistic, always, ratio, reading
from evaluator.texts import _


def count(predicted: Mapping[str, str], expected: Mapping[str, str]) -> tuple[float, float]:
    """Return how many fields are right, and how many were expected.

    A field is right when it is given with the value expected; "none" is a value as any other.
    """
    right = sum(predicted.get(field) == value for field, value in expected.items())
    return float(right), float(len(expected))


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return for each item the counts of right and expected fields.

    `extracted` is the fields as read, None if unreadable.
    """
    return [_statistic(item, dataset.labels) for item in items]


def _statistic(item: AnsweredItem, labels: tuple[str, ...]) -> Statistic:
    predicted = read_fields(item.answers[0] or "", labels)
    expected = read_fields(item.references[0].answer, labels) or {}
    counts = count(predicted or {}, expected)
    return Statistic(item.id, counts, predicted, reading(item.answers[:1], [predicted]))


def aggregate(totals: Array, dataset: Dataset) -> Mapping[str, Array]:
    """Return right / expected fields of all items together, in [0, 1]."""
    return {"score": ratio(totals[..., 0], totals[..., 1])}


METRIC = Metric(
    name="field_accuracy",
    version=1,
    title=_("Field accuracy"),
    paper="MedBench, arXiv 2407.10990",
    limits=_("A field nobody asked for costs nothing; a value in other words is wrong."),
    columns=always("right", "expected"),
    statistics=statistics,
    aggregate=aggregate,
)
