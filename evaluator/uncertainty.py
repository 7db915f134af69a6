"""Intervals by the bootstrap over items (Efron 1979; for metrics: Koehn 2004, ACL W04-3250)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from evaluator.metrics.metric import Array

RESAMPLES = 10_000
SEED = 20_250_301
LEVEL = 0.95
# Counts of drawn items held at once; 4 MB.
BLOCK = 500_000


class Interval(NamedTuple):
    """A central 95 % percentile interval, in the units of the score (0 to 1)."""

    low: float
    high: float


Score = Callable[[Array], Array]


def replicates(rows: Array, score: Score, *, resamples: int = RESAMPLES, seed: int = SEED) -> Array:
    """Return the scores of resampled items, shape (..., resamples).

    `rows` has shape (..., items, columns): of one entry, or of many that answered the same items
    and are resampled together. An item is the unit drawn, so all copies of a choice item stay
    together. Two calls with the same number of items and seed draw the same items.
    """
    *entries, items, columns = rows.shape
    # Items first, so that one product serves every entry.
    flat = np.moveaxis(rows, -2, 0).reshape(items, -1)
    scores = [
        score((drawn @ flat).reshape(len(drawn), *entries, columns))
        for drawn in _draws(items, resamples, seed)
    ]
    return np.moveaxis(np.concatenate(scores), 0, -1)


def _draws(items: int, resamples: int, seed: int) -> Iterator[Array]:
    """Yield how often each item is drawn, in blocks of shape (some resamples, items).

    Every block is written over the former one: fresh memory would cost more than the drawing.
    """
    generator = np.random.default_rng(seed)
    step = min(resamples, max(1, BLOCK // items))
    block = np.empty((step, items))
    first = items * np.arange(step)[:, None]
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = generator.integers(items, size=(size, items)) + first[:size]
        counts = np.bincount(drawn.ravel(), minlength=size * items)
        block[:size] = counts.reshape(size, items)
        yield block[:size]


def interval(scores: Array) -> Interval:
    """Return the central interval of replicates of shape (resamples,)."""
    low, high = np.quantile(scores, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))
