"""Time the intervals of a whole board, beside scipy's bootstrap of single cells of it.

    python -m benchmarks.bootstrap

40 models, 22 datasets of 1,000 items, 10,000 resamples: dataset, dimension and overall intervals.
Prints JSON. scipy resamples some cells (a model's dataset), spread over the board; the ratio is of
the median cell's time.
"""

from __future__ import annotations

import argparse
import json
import time
from statistics import median

import numpy as np
from scipy import stats

from evaluator.metrics.metric import Array
from evaluator.uncertainty import RESAMPLES, SEED, interval, replicates

DIMENSIONS = (6, 3, 6, 4, 3)


def score(totals: Array) -> Array:
    """Return the F1 of pooled counts."""
    return 2 * totals[..., 0] / (totals[..., 1] + totals[..., 2])


def board(models: int, items: int, seed: int) -> Array:
    """Return the counts of one dataset, shape (models, items, 4): right, predicted, expected, 1."""
    rng = np.random.default_rng(seed)
    expected = rng.integers(1, 6, (models, items))
    right = rng.binomial(expected, 0.6)
    return np.stack([right, expected, expected, np.ones_like(right)], axis=-1).astype(np.float64)


def ours(models: int, items: int) -> float:
    """Return the seconds that all intervals of the board take."""
    started = time.perf_counter()
    dimensions, number = [], 0
    for datasets in DIMENSIONS:
        samples = []
        for _dataset in range(datasets):
            samples.append(replicates(board(models, items, number), score, seed=SEED + number))
            number += 1
        dimensions.append(np.mean(samples, axis=0))
        for sample in (*samples, dimensions[-1]):
            for one in sample:
                interval(one)
    for one in np.mean(dimensions, axis=0):
        interval(one)
    return time.perf_counter() - started


def scipys(items: int, seed: int) -> float:
    """Return the seconds that scipy takes for one model's dataset."""
    counts = board(1, items, seed)[0]

    def f1(right: Array, predicted: Array, expected: Array, axis: int) -> Array:
        found: Array = 2 * right.sum(axis) / (predicted.sum(axis) + expected.sum(axis))
        return found

    started = time.perf_counter()
    stats.bootstrap(
        tuple(counts[:, :3].T),
        f1,
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=RESAMPLES,
        batch=1000,
        rng=np.random.default_rng(seed),
    )
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time the intervals of a whole board.")
    parser.add_argument("--models", type=int, default=40)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cells = options.models * sum(DIMENSIONS)
    seconds, single = [], []
    for number in range(options.rounds):
        single.append(scipys(options.items, number))
        seconds.append(ours(options.models, options.items))
    print(
        json.dumps(
            {
                "models": options.models,
                "datasets": sum(DIMENSIONS),
                "items": options.items,
                "resamples": RESAMPLES,
                "seconds": round(median(seconds), 2),
                "rounds": [round(one, 2) for one in seconds],
                "scipy_seconds_a_cell": round(median(single), 3),
                "scipy_over_ours_a_cell": round(median(single) / (median(seconds) / cells), 1),
            }
        )
    )


if __name__ == "__main__":
    main()
