"""What a metric is: statistics of items that add up, and a score computed from their totals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from evaluator.dataset import Dataset
from evaluator.items import AnsweredItem

Array = npt.NDArray[np.float64]
Aggregate = Callable[[Array, Dataset], Mapping[str, Array]]
Columns = Callable[[Dataset], tuple[str, ...]]
Reading = Literal["read", "unanswered", "mismatch"]


class Statistic(NamedTuple):
    """One item's contribution: a value for each column of its metric, and what was read.

    `reading` is `mismatch` where an answer was given that its convention cannot read, and
    `unanswered` where none was given; both score 0.
    """

    item: str
    values: tuple[float, ...]
    extracted: object
    reading: Reading = "read"


@dataclass(frozen=True)
class Metric:
    """A metric as two pure functions.

    `statistics` gives one row per item. `aggregate` takes totals of shape (..., columns + 1),
    whose last column counts the items, and gives values of shape (...) by name; the first,
    `score`, ranks. Scores lie in [0, 1], higher is better. Because every score is a function of
    totals, one bootstrap and one paired test serve all metrics.

    `columns` names the values of a dataset's rows. `paper` is where the metric comes from, `limits`
    what it cannot see. Settings of the dataset that only `aggregate` reads need no item scored anew
    when they change.
    """

    name: str
    version: int
    title: str
    paper: str
    limits: str
    columns: Columns
    statistics: Callable[[Sequence[AnsweredItem], Dataset], list[Statistic]]
    aggregate: Aggregate
    uses_encoder: bool = False


def reading(answers: Sequence[str | None], extracted: Sequence[object]) -> Reading:
    """Return how an item's copies could be read; `extracted` is None for each unreadable one.

    >>> reading(["A", "?"], ["A", None]), reading([" ", None], [None, None])
    ('mismatch', 'unanswered')
    """
    if not any(answer and answer.strip() for answer in answers):
        return "unanswered"
    return "mismatch" if any(found is None for found in extracted) else "read"


def text_reading(item: AnsweredItem, text: str) -> Reading:
    """Return how an answer in free text could be read; `text` is what is compared of it."""
    return reading(item.answers[:1], [text or None])


def table(statistics: Sequence[Statistic]) -> Array:
    """Return the rows of statistics as an array of shape (items, columns + 1)."""
    return np.array([[*row.values, 1.0] for row in statistics], dtype=np.float64)


def ratio(part: Array, whole: Array) -> Array:
    """Return part / whole, and 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(part, dtype=np.float64), where=whole > 0)


def always(*names: str) -> Columns:
    """Return columns that are the same for every dataset."""
    return lambda dataset: names


def means(*names: str) -> Aggregate:
    """Return an aggregate in which column k, divided by the items, is the value names[k]."""

    def aggregate(totals: Array, dataset: Dataset) -> Mapping[str, Array]:
        items = totals[..., -1]
        return {name: ratio(totals[..., k], items) for k, name in enumerate(names)}

    return aggregate
