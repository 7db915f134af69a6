"""Paired tests between the entries of a board, and what they leave of a ranking.

The difference of two entries is tested on the same items: jackknife influences (Efron and
Tibshirani 1993, chapter 11) give its standard error, for a mean exactly that of the paired t-test;
degrees of freedom over several datasets are Satterthwaite's (1946); p is adjusted over all pairs of
a board by Holm's method (1979); the ranks that remain possible follow Mogstad et al. (2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evaluator.metrics.metric import Array
from evaluator.uncertainty import LEVEL, Score

ALPHA = 1 - LEVEL
POWER = 0.8
Flags = npt.NDArray[np.bool_]


class Pairs(NamedTuple):
    """All pairs of n entries, each array of shape (n, n): row minus column.

    `difference`, `low` and `high` are in the units of the score; where a dataset has too few items
    to test, low and high are NaN and p is 1. `adjusted` is p by Holm over the n·(n − 1)/2 pairs.
    """

    difference: Array
    error: Array
    low: Array
    high: Array
    p: Array
    adjusted: Array

    @property
    def better(self) -> Flags:
        """Where the row's entry is significantly better than the column's."""
        found: Flags = (self.difference > 0) & (self.adjusted < ALPHA)
        return found

    def among(self, chosen: Sequence[int]) -> Pairs:
        """Return the pairs of some entries, with p adjusted over all pairs as before."""
        return Pairs(*(table[np.ix_(chosen, chosen)] for table in self))


class Place(NamedTuple):
    """Which ranks an entry may have, from 1, and its group of entries that cannot be told apart."""

    best: int
    worst: int
    group: int


def influences(rows: Array, score: Score) -> Array:
    """Return how far each item moves the score, shape (items,); they add up to 0.

    For a mean they are the items' deviations from it. One item alone gives NaN: it says nothing
    of how much another would change.
    """
    items = len(rows)
    if items < 2:
        return np.full(items, np.nan)
    without = score(rows.sum(axis=0) - rows)
    moved: Array = (items - 1) * (without.mean() - without)
    return moved


def compare(scores: Array, parts: Sequence[Array], weights: Sequence[float]) -> Pairs:
    """Return every paired test of n entries.

    `scores` has shape (n,). `parts` holds for each dataset the entries' influences on the dataset's
    score, shape (n, items); `weights` how much a dataset's score counts in the overall one.
    """
    from scipy import stats

    variances = [_variances(part) * weight**2 for part, weight in zip(parts, weights, strict=True)]
    variance = np.sum(variances, axis=0)
    freedom = _freedom(variances, [part.shape[1] for part in parts])
    difference = scores[:, None] - scores[None, :]
    error = np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stats.t.sf(np.abs(difference) / error, freedom)
    # What a test by swapping the answers could at best find.
    least = 2.0 ** (1 - sum(part.shape[1] for part in parts))
    p = np.where(difference == 0, 1.0, np.where(np.isnan(p), 1.0, np.clip(p, least, 1.0)))
    reach = stats.t.ppf((1 + LEVEL) / 2, freedom) * error
    return Pairs(difference, error, difference - reach, difference + reach, p, _holm(p))


def places(pairs: Pairs, order: Sequence[int]) -> list[Place]:
    """Return the place of each entry; `order` lists the entries from best to worst.

    A group begins with its best entry and goes on to the last that is not significantly worse.
    """
    better = pairs.better
    groups = [0] * len(order)
    leader, group = (order[0] if order else 0), 1
    for entry in order:
        if better[leader, entry]:
            leader, group = entry, group + 1
        groups[entry] = group
    above, below = better.sum(axis=0), better.sum(axis=1)
    return [
        Place(1 + int(above[entry]), len(order) - int(below[entry]), groups[entry])
        for entry in range(len(order))
    ]


def detectable(pairs: Pairs) -> float | None:
    """Return the smallest true difference that one test would find four times in five.

    Of a test of one pair at the 5 % level, for the pair of median standard error; None where there
    is no pair to learn it from.
    """
    from scipy import stats

    errors = pairs.error[np.triu_indices(len(pairs.error), k=1)]
    known = errors[np.isfinite(errors)]
    if not known.size:
        return None
    return float((stats.norm.ppf((1 + LEVEL) / 2) + stats.norm.ppf(POWER)) * np.median(known))


def _variances(part: Array) -> Array:
    """Return the variance of each pair's difference on one dataset, shape (n, n)."""
    items = part.shape[1]
    if items < 2:
        return np.full((len(part), len(part)), np.nan)
    products = part @ part.T
    squares = np.diag(products)
    summed = np.maximum(squares[:, None] + squares[None, :] - 2 * products, 0)
    found: Array = summed / (items * (items - 1))
    return found


def _freedom(variances: Sequence[Array], items: Sequence[int]) -> Array:
    """Return Satterthwaite's degrees of freedom of a sum of variances."""
    parts = [v**2 / max(n - 1, 1) for v, n in zip(variances, items, strict=True)]
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = np.sum(variances, axis=0) ** 2 / np.sum(parts, axis=0)
    return np.where(np.isfinite(freedom), freedom, float(max(min(items) - 1, 1)))


def _holm(p: Array) -> Array:
    """Return p of shape (n, n), symmetric, adjusted over the pairs above the diagonal."""
    above = np.triu_indices(len(p), k=1)
    found = p[above]
    order = np.argsort(found, kind="stable")
    steps = found[order] * np.arange(len(found), 0, -1)
    adjusted = np.ones_like(p)
    values = np.empty_like(found)
    values[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    adjusted[above] = values
    return np.minimum(adjusted, adjusted.T)
