"""Accuracy of choice items that come in shuffled copies (MedBench, arXiv 2407.10990)."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.answers import read_letters
from evaluator.items import AnsweredItem
from evaluator.metrics.metric import Metric, Statistic, means
from evaluator.track import Dataset


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return for each item 1 or 0 (every copy right or not), and its share of right copies.

    A copy is right when exactly the letters of its reference are chosen; choosing every
    option is wrong. `extracted` lists the letters read from each copy, None if unreadable.
    """
    return [_statistic(item) for item in items]


def _statistic(item: AnsweredItem) -> Statistic:
    chosen = [read_letters(answer or "") for answer in item.answers]
    right = [
        letters is not None and letters == read_letters(reference.answer)
        for letters, reference in zip(chosen, item.references, strict=True)
    ]
    extracted = [None if letters is None else "".join(sorted(letters)) for letters in chosen]
    return Statistic(item.id, (float(all(right)), sum(right) / len(right)), extracted)


METRIC = Metric(
    name="accuracy",
    version=1,
    columns=("all_copies_right", "share_of_copies_right"),
    statistics=statistics,
    aggregate=means("score", "share_of_copies_right"),
)
