"""Accuracy that survives shuffled options (MedBench 3.0, arXiv 2503.07306; formulas are ours).

The publication states 79 % robustness without a formula. Three readings of it are kept apart, and
the first ranks:

- all_copies_right: items with every copy right / items;
- kept_when_shuffled: items with every copy right / items right in their original order, which is
  the first copy of the file;
- agreement: the mean share of an item's copies in the largest group that chooses the same options,
  right or wrong. A copy that cannot be read agrees with nothing, not even with itself.

>>> import numpy as np
>>> totals = np.array([1.0, 2.0, 1.0 + 0.75 + 0.5, 3.0])
>>> {name: round(float(value), 3) for name, value in METRIC.aggregate(totals, None).items()}
{'score': 0.333, 'all_copies_right': 0.333, 'kept_when_shuffled': 0.5, 'agreement': 0.75}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from evaluator.dataset import Dataset
from evaluator.items import AnsweredItem
from evaluator.metrics.choices import Choice, option_texts, read_choices
from evaluator.metrics.metric import Array, Metric, Statistic, always, ratio
from evaluator.texts import _


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return for each item: every copy right, the first copy right, agreement of the copies.

    `extracted` lists the letters read from each copy, None if unreadable.
    """
    return [
        Statistic(
            choice.item.id,
            (float(all(choice.right)), float(choice.right[0]), agreement(choice)),
            choice.extracted,
            choice.reading,
        )
        for choice in read_choices(items, dataset)
    ]


def agreement(choice: Choice) -> float:
    """Return the largest group of copies choosing the same options / copies.

    Options are compared by their texts, for the same letter means another option in another copy;
    by letters where the questions have no options.
    """
    chosen = Counter(
        option_texts(question.options, letters)
        for question, letters in zip(choice.item.questions, choice.letters, strict=True)
        if letters is not None
    )
    return max(chosen.values(), default=0) / len(choice.letters)


def aggregate(totals: Array, dataset: Dataset) -> Mapping[str, Array]:
    """Return the three readings; nothing right in the original order makes the second 0."""
    every, original, agreed, items = (totals[..., k] for k in range(4))
    return {
        "score": ratio(every, items),
        "all_copies_right": ratio(every, items),
        "kept_when_shuffled": ratio(every, original),
        "agreement": ratio(agreed, items),
    }


METRIC = Metric(
    name="robust_accuracy",
    version=1,
    title=_("Robust accuracy"),
    paper="MedBench 3.0, arXiv 2503.07306",
    limits=_("An item with more copies is harder; compare only on the same copies."),
    columns=always("all_copies_right", "original_right", "agreement"),
    statistics=statistics,
    aggregate=aggregate,
)
