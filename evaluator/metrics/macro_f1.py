"""Macro-averaged F1 over classes (van Rijsbergen 1979; CHIP-CTC in CBLUE, arXiv 2106.08087).

The classes are the dataset's labels and 无. As in scikit-learn, a class that is neither predicted
nor expected anywhere is left out of the mean.

>>> import numpy as np
>>> right, predicted, expected = [1, 0, 0], [2, 0, 0], [1, 1, 0]
>>> float(aggregate(np.array([*right, *predicted, *expected, 2.0]), None)["score"])
0.3333333333333333
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluator.answers import NONE, Labels
from evaluator.answers.text import says_nothing
from evaluator.dataset import Dataset
from evaluator.items import AnsweredItem
from evaluator.metrics.metric import Array, Metric, Statistic, ratio
from evaluator.metrics.sets import set_statistics
from evaluator.texts import _


def classes(dataset: Dataset) -> tuple[str, ...]:
    """Return the declared labels and, last, 无, whatever it is called among them."""
    return (*(label for label in dataset.labels if not says_nothing(label)), NONE)


def columns(dataset: Dataset) -> tuple[str, ...]:
    """Return the names of the counts: those of right labels by class, predicted, expected."""
    return tuple(
        f"{count} {name}"
        for count in ("right", "predicted", "expected")
        for name in classes(dataset)
    )


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return for each item the counts of right, predicted and expected labels, class by class.

    A label outside the classes is no prediction; an answer without any is unreadable.
    """
    names = classes(dataset)

    def count(predicted: Labels | None, expected: Labels) -> tuple[float, ...]:
        found = predicted or frozenset()
        sets = (found & expected, found, expected)
        return tuple(float(name in labels) for labels in sets for name in names)

    return set_statistics(items, dataset, count)


def aggregate(totals: Array, dataset: Dataset) -> Mapping[str, Array]:
    """Return the mean F1, precision and recall of the classes that occur, each in [0, 1]."""
    size = (totals.shape[-1] - 1) // 3
    right, predicted, expected = (totals[..., k * size : (k + 1) * size] for k in range(3))
    occur = ((predicted + expected) > 0).sum(axis=-1).astype(float)
    return {
        "score": ratio(ratio(2 * right, predicted + expected).sum(axis=-1), occur),
        "precision": ratio(ratio(right, predicted).sum(axis=-1), occur),
        "recall": ratio(ratio(right, expected).sum(axis=-1), occur),
    }


METRIC = Metric(
    name="macro_f1",
    version=1,
    title=_("Macro-F1"),
    paper="van Rijsbergen 1979; CBLUE, arXiv 2106.08087",
    limits=_("A class with few items weighs as much as one with many, and moves the score more."),
    columns=columns,
    statistics=statistics,
    aggregate=aggregate,
)
