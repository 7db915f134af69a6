"""Exact match of label sets, also called subset accuracy (MedBench, arXiv 2407.10990).

>>> count(frozenset({"骨科"}), frozenset({"骨科", "儿科"}))
(0.0,)
"""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.answers import Labels
from evaluator.dataset import Dataset
from evaluator.items import AnsweredItem
from evaluator.metrics.metric import Metric, Statistic, always, means
from evaluator.metrics.sets import set_statistics
from evaluator.texts import _


def count(predicted: Labels | None, expected: Labels) -> tuple[float]:
    """Return 1 where the labels are those expected, none missing and none more; else 0."""
    return (float(predicted == expected),)


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return for each item whether its set of labels is exactly the reference's."""
    return set_statistics(items, dataset, count)


METRIC = Metric(
    name="exact_match",
    version=1,
    title=_("Exact match"),
    paper="MedBench, arXiv 2407.10990",
    limits=_("A set with one label wrong counts as little as one with all of them wrong."),
    columns=always("exact"),
    statistics=statistics,
    aggregate=means("score"),
)
