"""Accuracy of choice items (MedBench, arXiv 2407.10990).

Classic accuracy where an item has one copy; of shuffled copies, each counts for its share.

>>> import numpy as np
>>> totals = np.array([0.75 + 1.0, 2.0])  # an item with 3 of 4 copies right, and one with all
>>> float(METRIC.aggregate(totals, None)["score"])
0.875
"""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.dataset import Dataset
from evaluator.items import AnsweredItem
from evaluator.metrics.choices import read_choices
from evaluator.metrics.metric import Metric, Statistic, always, means
from evaluator.texts import _


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return for each item its share of right copies.

    A copy is right when exactly the letters of its reference are chosen; choosing every
    option is wrong. `extracted` lists the letters read from each copy, None if unreadable.
    """
    return [
        Statistic(
            choice.item.id,
            (sum(choice.right) / len(choice.right),),
            choice.extracted,
            choice.reading,
        )
        for choice in read_choices(items, dataset)
    ]


METRIC = Metric(
    name="accuracy",
    version=2,
    title=_("Accuracy"),
    paper="MedBench, arXiv 2407.10990",
    limits=_("It cannot tell knowledge from a lucky guess."),
    columns=always("share_of_copies_right"),
    statistics=statistics,
    aggregate=means("score"),
)
