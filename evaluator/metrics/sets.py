"""Items whose answers are sets of labels: what was predicted and what was expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from evaluator.answers import SET_READERS, Labels, read_corrections
from evaluator.dataset import Dataset
from evaluator.items import AnsweredItem
from evaluator.metrics.metric import Statistic, reading

Counts = tuple[float, ...]


class Read(NamedTuple):
    """One answer as a set, None if unreadable, and all of it as JSON values."""

    labels: Labels | None
    shown: object


def set_statistics(
    items: Sequence[AnsweredItem],
    dataset: Dataset,
    count: Callable[[Labels | None, Labels], Counts],
) -> list[Statistic]:
    """Return the counts of each item; several copies of one count for their share.

    `extracted` is the sorted labels, None if unreadable; a list of these if there are copies.
    """
    return [_statistic(item, dataset, count) for item in items]


def read_set(answer: str, dataset: Dataset) -> Read:
    """Read one answer; of corrections, the set is the kinds of error."""
    if dataset.convention == "corrections":
        found = read_corrections(answer, dataset.labels)
        if found is None:
            return Read(None, None)
        kinds = frozenset(correction.kind for correction in found)
        return Read(kinds, [correction._asdict() for correction in found])
    labels = SET_READERS[dataset.convention](answer, dataset.labels)
    return Read(labels, None if labels is None else sorted(labels, key=str))


def _statistic(
    item: AnsweredItem, dataset: Dataset, count: Callable[[Labels | None, Labels], Counts]
) -> Statistic:
    read = [read_set(answer or "", dataset) for answer in item.answers]
    counts = [
        count(one.labels, read_set(reference.answer, dataset).labels or frozenset())
        for one, reference in zip(read, item.references, strict=True)
    ]
    shown = [one.shown for one in read]
    return Statistic(
        item.id,
        tuple(sum(column) / len(counts) for column in zip(*counts, strict=True)),
        shown if len(shown) > 1 else shown[0],
        reading(item.answers, shown),
    )
