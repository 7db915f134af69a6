"""Micro-averaged F1 over sets of labels (van Rijsbergen 1979; used by CBLUE, arXiv 2106.08087).

>>> count(frozenset({"骨科", "儿科"}), frozenset({"骨科"}))
(1.0, 2.0, 1.0)
>>> count(frozenset({"儿科", "内科", "外科"}), frozenset({"骨科"}))
(0.0, 1.0, 1.0)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluator.answers import Labels
from evaluator.dataset import Dataset
from evaluator.items import AnsweredItem
from evaluator.metrics.metric import Array, Metric, Statistic, always, ratio
from evaluator.metrics.sets import set_statistics
from evaluator.texts import _


def count(predicted: Labels | None, expected: Labels) -> tuple[float, float, float]:
    """Return how many labels are right, predicted and expected.

    An answer in which no label is right counts as many predictions as labels were expected,
    however many it lists: giving no answer then costs exactly what a wrong one does. An item's
    own F1 is 0 for an empty answer, so none scores below it. In the pooled score a long list with
    few right labels can cost more than silence: a cap on it would let listing everything win.
    """
    right = len(expected & (predicted or frozenset()))
    counted = len(predicted or ()) if right else len(expected)
    return float(right), float(counted), float(len(expected))


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return for each item the counts of right, predicted and expected labels."""
    return set_statistics(items, dataset, count)


def aggregate(totals: Array, dataset: Dataset) -> Mapping[str, Array]:
    """Return F1, precision and recall of the pooled counts, each in [0, 1]."""
    right, predicted, expected = totals[..., 0], totals[..., 1], totals[..., 2]
    return {
        "score": ratio(2 * right, predicted + expected),
        "precision": ratio(right, predicted),
        "recall": ratio(right, expected),
    }


METRIC = Metric(
    name="micro_f1",
    version=2,
    title=_("Micro-F1"),
    paper="van Rijsbergen 1979; CBLUE, arXiv 2106.08087",
    limits=_("A label counts only when it is exactly right; a label nearly right is wrong."),
    columns=always("right", "predicted", "expected"),
    statistics=statistics,
    aggregate=aggregate,
)
