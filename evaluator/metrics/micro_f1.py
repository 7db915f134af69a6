"""Micro-averaged F1 over sets of labels (van Rijsbergen 1979; used by CBLUE, arXiv 2106.08087)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluator.answers import READERS
from evaluator.items import AnsweredItem
from evaluator.metrics.metric import Array, Metric, Statistic, ratio
from evaluator.track import Dataset


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return for each item the counts of right, predicted and expected labels.

    An answer in which no label is right counts as many predictions as labels were expected,
    however many it lists: giving no answer then costs exactly what a wrong one does. An item's
    own F1 is 0 for an empty answer, so none scores below it. In the pooled score a long list with
    few right labels can cost more than silence: a cap on it would let listing everything win.
    `extracted` is the sorted labels, None if unreadable.
    """
    return [_statistic(item, dataset) for item in items]


def _statistic(item: AnsweredItem, dataset: Dataset) -> Statistic:
    read = READERS[dataset.convention]
    expected = read(item.references[0].answer) or frozenset()
    predicted = read(item.answers[0] or "")
    right = len(expected & (predicted or frozenset()))
    counted = len(predicted or ()) if right else len(expected)
    extracted = None if predicted is None else sorted(predicted)
    return Statistic(item.id, (float(right), float(counted), float(len(expected))), extracted)


def aggregate(totals: Array) -> Mapping[str, Array]:
    """Return F1, precision and recall of the pooled counts, each in [0, 1]."""
    right, predicted, expected = totals[..., 0], totals[..., 1], totals[..., 2]
    return {
        "score": ratio(2 * right, predicted + expected),
        "precision": ratio(right, predicted),
        "recall": ratio(right, expected),
    }


METRIC = Metric(
    name="micro_f1",
    version=1,
    columns=("right", "predicted", "expected"),
    statistics=statistics,
    aggregate=aggregate,
)
