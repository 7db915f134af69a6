"""Intervals by the bootstrap over items (Efron 1979; for metrics: Koehn 2004, ACL W04-3250)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from evaluator.metrics.metric import Array

RESAMPLES = 2_000
SEED = 20_250_301
LEVEL = 0.95


class Interval(NamedTuple):
    """A central 95 % percentile interval, in the units of the score (0 to 1)."""

    low: float
    high: float


class Difference(NamedTuple):
    """How much better A is than B on the same items, with its interval."""

    value: float
    interval: Interval


Score = Callable[[Array], Array]


def replicates(rows: Array, score: Score, *, resamples: int = RESAMPLES, seed: int = SEED) -> Array:
    """Return the scores of resampled items, shape (resamples,).

    `rows` has shape (items, columns); an item is the unit drawn, so all copies of a choice item
    stay together. Two calls with the same number of items and seed draw the same items.
    """
    generator = np.random.default_rng(seed)
    items = len(rows)
    draws = generator.multinomial(items, np.full(items, 1 / items), size=resamples)
    return score(draws @ rows)


def interval(scores: Array) -> Interval:
    """Return the central interval of replicates of shape (resamples,)."""
    low, high = np.quantile(scores, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def paired_difference(
    a: Array, b: Array, score: Score, *, resamples: int = RESAMPLES, seed: int = SEED
) -> Difference:
    """Return score(A) − score(B) for rows of the same items in the same order."""
    value = float(score(a.sum(axis=0)) - score(b.sum(axis=0)))
    difference = replicates(a, score, resamples=resamples, seed=seed) - replicates(
        b, score, resamples=resamples, seed=seed
    )
    return Difference(value, interval(difference))
