"""What a metric is: statistics of items that add up, and a score computed from their totals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evaluator.items import AnsweredItem
from evaluator.track import Dataset

Array = npt.NDArray[np.float64]


class Statistic(NamedTuple):
    """One item's contribution: a value for each column of its metric, and what was read."""

    item: str
    values: tuple[float, ...]
    extracted: object


@dataclass(frozen=True)
class Metric:
    """A metric as two pure functions.

    `statistics` gives one row per item. `aggregate` takes totals of shape (..., columns + 1),
    whose last column counts the items, and gives values of shape (...) by name; the first,
    `score`, ranks. Scores lie in [0, 1], higher is better. Because every score is a function of
    totals, one bootstrap and one paired test serve all metrics.
    """

    name: str
    version: int
    columns: tuple[str, ...]
    statistics: Callable[[Sequence[AnsweredItem], Dataset], list[Statistic]]
    aggregate: Callable[[Array], Mapping[str, Array]]
    uses_encoder: bool = False


def table(statistics: Sequence[Statistic]) -> Array:
    """Return the rows of statistics as an array of shape (items, columns + 1)."""
    return np.array([[*row.values, 1.0] for row in statistics], dtype=np.float64)


def ratio(part: Array, whole: Array) -> Array:
    """Return part / whole, and 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(part, dtype=np.float64), where=whole > 0)


def means(*names: str) -> Callable[[Array], Mapping[str, Array]]:
    """Return an aggregate in which column k, divided by the items, is the value names[k]."""

    def aggregate(totals: Array) -> Mapping[str, Array]:
        items = totals[..., -1]
        return {name: ratio(totals[..., k], items) for k, name in enumerate(names)}

    return aggregate
