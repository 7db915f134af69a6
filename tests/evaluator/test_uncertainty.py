"""Intervals and paired differences against scipy, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evaluator.metrics import METRICS
from evaluator.metrics.metric import Array, Statistic, table
from evaluator.uncertainty import RESAMPLES, interval, replicates
from tests.folders import dataset

ITEMS = 200


def mean(totals: Array) -> Array:
    """Return the mean of the first column."""
    return METRICS["rouge_l"].aggregate(totals, dataset("rouge_l"))["score"]


def rows(values: Array) -> Array:
    """Return the table of a metric of one column."""
    return table([Statistic(str(n), (float(value),), None) for n, value in enumerate(values)])


SAMPLES = {
    "uniform": np.random.default_rng(1).uniform(0, 1, ITEMS),
    "right or wrong": np.random.default_rng(2).integers(0, 2, ITEMS).astype(float),
    "nearly perfect": np.r_[np.ones(ITEMS - 6), np.zeros(6)],
    "skewed": np.random.default_rng(3).beta(0.5, 3, ITEMS),
}


@pytest.mark.parametrize("values", SAMPLES.values(), ids=SAMPLES)
def test_interval_agrees_with_scipy(values: Array) -> None:
    oracle = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=5_000, rng=np.random.default_rng(4)
    ).confidence_interval

    found = interval(replicates(rows(values), mean))

    assert found.low == pytest.approx(oracle.low, abs=0.01)
    assert found.high == pytest.approx(oracle.high, abs=0.01)
    assert found.low <= values.mean() <= found.high


def test_pooled_score_is_resampled_by_item() -> None:
    """F1 of pooled counts is no mean; scipy resamples the items' counts together."""
    generator = np.random.default_rng(5)
    expected = generator.integers(1, 6, ITEMS)
    right = generator.binomial(expected, 0.6)
    counts = np.stack([right, expected, expected, np.ones(ITEMS)], axis=1).astype(float)

    def f1(right: Array, predicted: Array, expected: Array, axis: int) -> Array:
        return 2 * right.sum(axis) / (predicted.sum(axis) + expected.sum(axis))

    oracle = stats.bootstrap(
        tuple(counts[:, :3].T),
        f1,
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=5_000,
        rng=np.random.default_rng(6),
    ).confidence_interval

    found = interval(
        replicates(counts, lambda t: METRICS["micro_f1"].aggregate(t, dataset("micro_f1"))["score"])
    )

    assert found == pytest.approx((oracle.low, oracle.high), abs=0.01)


def test_many_entries_are_resampled_together() -> None:
    """Each entry's replicates are those it has alone: what differs is one entry's rows only."""
    values = np.stack(list(SAMPLES.values()))
    tables = np.stack([rows(one) for one in values])

    together = replicates(tables, mean, resamples=500)

    assert together.shape == (len(values), 500)
    for one, found in zip(values, together, strict=True):
        assert found == pytest.approx(replicates(rows(one), mean, resamples=500))


def test_blocks_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing in blocks bounds memory and changes nothing about how items are drawn."""
    monkeypatch.setattr("evaluator.uncertainty.BLOCK", ITEMS * 7)

    found = replicates(rows(SAMPLES["uniform"]), mean, resamples=100)

    assert found.shape == (100,)
    assert len(np.unique(found)) == 100


def test_seed_decides() -> None:
    values = rows(SAMPLES["uniform"])

    first, second = replicates(values, mean), replicates(values, mean)
    other = replicates(values, mean, seed=1)

    assert first.shape == (RESAMPLES,)
    assert (first == second).all()
    assert not (first == other).all()
    assert replicates(values, mean, resamples=10).shape == (10,)


def test_same_seed_draws_the_same_items() -> None:
    values = SAMPLES["uniform"]

    doubled = replicates(rows(values / 2), mean) * 2

    assert doubled == pytest.approx(replicates(rows(values), mean))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # Nothing varies: the interval is a point.
        ([1.0] * 50, (1.0, 1.0)),
        ([0.0] * 50, (0.0, 0.0)),
        # One item can only be drawn again.
        ([0.25], (0.25, 0.25)),
        # Two items: 0, 1/2 or 1, with odds 1:2:1.
        ([0.0, 1.0], (0.0, 1.0)),
    ],
)
def test_by_hand(values: list[float], expected: tuple[float, float]) -> None:
    assert interval(replicates(rows(np.array(values)), mean)) == expected


def test_level_is_95_percent() -> None:
    assert interval(np.linspace(0, 1, 1001)) == pytest.approx((0.025, 0.975))
