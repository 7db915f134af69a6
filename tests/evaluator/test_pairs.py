"""Paired tests against scipy's and by hand, and ranks that follow from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluator.metrics import METRICS
from evaluator.metrics.metric import Array
from evaluator.pairs import Pairs, compare, detectable, influences, places
from tests.folders import dataset

ITEMS = 80
GENERATOR = np.random.default_rng(11)
VALUES = np.clip(GENERATOR.normal([[0.6], [0.5], [0.5], [0.2]], 0.2, (4, ITEMS)), 0, 1)


def mean(totals: Array) -> Array:
    """Return the mean of the first of two columns."""
    return totals[..., 0] / totals[..., 1]


def moved(values: Array) -> Array:
    """Return the influences of entries whose score is a mean."""
    return np.stack([influences(np.stack([v, np.ones_like(v)], axis=1), mean) for v in values])


def pairs(values: Array) -> Pairs:
    """Compare entries on one dataset whose score is a mean."""
    return compare(values.mean(axis=1), [moved(values)], [1.0])


def test_a_mean_is_tested_as_scipy_tests_it() -> None:
    found = pairs(VALUES)

    for a in range(4):
        for b in range(4):
            if a == b:
                continue
            oracle = stats.ttest_rel(VALUES[a], VALUES[b])
            assert found.p[a, b] == pytest.approx(oracle.pvalue, rel=1e-6)
            reach = oracle.confidence_interval(0.95)
            assert (found.low[a, b], found.high[a, b]) == pytest.approx((reach.low, reach.high))


def test_influences_of_a_mean_are_deviations() -> None:
    assert moved(VALUES) == pytest.approx(VALUES - VALUES.mean(axis=1, keepdims=True))


def test_influences_of_a_pooled_score_are_the_jackknifes() -> None:
    """F1 = 2·right / (predicted + expected), left out one by one by hand."""
    rows = np.array([[1, 1, 2, 1], [2, 3, 2, 1], [0, 2, 2, 1]], dtype=float)
    scored = METRICS["micro_f1"]

    found = influences(rows, lambda t: scored.aggregate(t, dataset("micro_f1"))["score"])

    # Without the first 4/9, without the second 2/7, without the third 6/8; n − 1 = 2.
    without = np.array([4 / 9, 2 / 7, 3 / 4])
    assert found == pytest.approx(2 * (without.mean() - without))
    assert found.sum() == pytest.approx(0)


def test_two_datasets_are_tested_as_welch_would() -> None:
    """A mean of two means, of independent items: Satterthwaite's degrees of freedom."""
    a, b = VALUES[:2], VALUES[:2, :30] ** 2

    found = compare((a.mean(1) + b.mean(1)) / 2, [moved(a), moved(b)], [0.5, 0.5])

    first, second = a[0] - a[1], b[1] - b[0]
    # Welch's test of whether two differences differ is the same sum of two variances.
    oracle = stats.ttest_ind(first, second, equal_var=False)
    assert found.p[0, 1] == pytest.approx(oracle.pvalue, rel=1e-6)


def test_holm_by_hand() -> None:
    """p of 0.01, 0.02, 0.03 over three pairs: 0.03, 0.04, and not below the one before."""
    from evaluator.pairs import _holm

    p = np.array([[1, 0.01, 0.03], [0.01, 1, 0.02], [0.03, 0.02, 1]])

    adjusted = _holm(p)

    assert adjusted[0, 1] == pytest.approx(0.03)
    assert adjusted[1, 2] == pytest.approx(0.04)
    assert adjusted[0, 2] == pytest.approx(0.04)
    assert (adjusted == adjusted.T).all()


def test_equal_entries_do_not_differ() -> None:
    found = pairs(np.stack([VALUES[0], VALUES[0]]))

    assert (found.difference[0, 1], found.p[0, 1], found.adjusted[0, 1]) == (0, 1, 1)
    assert not found.better.any()


def test_few_items_prove_little() -> None:
    """Four items that all differ by the same: a test by swapping finds at best 2/2⁴."""
    found = pairs(np.array([[1.0] * 4, [0.0] * 4]))

    assert found.p[0, 1] == 1 / 8
    assert not found.better.any()


def test_one_item_proves_nothing() -> None:
    found = pairs(np.array([[1.0], [0.0]]))

    assert found.p[0, 1] == 1
    assert np.isnan(found.low[0, 1])
    assert not found.better.any()
    assert detectable(found) is None


def test_pairing_makes_small_steps_sure() -> None:
    """Two systems that fail on the same items differ surely, however unsure each score is."""
    noise = GENERATOR.normal(0, 0.01, ITEMS)

    found = pairs(np.stack([VALUES[0], VALUES[0] - 0.05 + noise]))

    assert found.better[0, 1]


def test_ranks_and_groups_by_hand() -> None:
    """The first is surely better than the last two only; the second than the last."""
    adjusted = np.ones((4, 4))
    for a, b in ((0, 2), (0, 3), (1, 3)):
        adjusted[a, b] = adjusted[b, a] = 0.01
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    difference = scores[:, None] - scores[None, :]
    found = Pairs(*[difference] * 4, p=adjusted, adjusted=adjusted)

    assert places(found, range(4)) == [(1, 2, 1), (1, 3, 1), (2, 4, 2), (3, 4, 2)]


def test_no_entry_has_no_place() -> None:
    empty = compare(np.zeros(0), [np.zeros((0, 5))], [1.0])

    assert places(empty, []) == []
    assert detectable(empty) is None


def test_one_entry_is_first() -> None:
    found = pairs(VALUES[:1])

    assert places(found, [0]) == [(1, 1, 1)]
    assert detectable(found) is None


def test_detectable_difference_by_hand() -> None:
    found = pairs(VALUES[:2])

    error = np.std(VALUES[0] - VALUES[1], ddof=1) / ITEMS**0.5
    assert detectable(found) == pytest.approx((1.959964 + 0.841621) * error, rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(
        st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=6, max_size=6), min_size=1, max_size=6
    )
)
def test_places_hold_the_rank_by_score(values: Sequence[Sequence[float]]) -> None:
    table = np.array(values)
    scores = table.mean(axis=1)
    order = [int(one) for one in np.argsort(-scores, kind="stable")]

    found = places(pairs(table), order)

    groups = [found[entry].group for entry in order]
    assert groups == sorted(groups)
    for entry, place in enumerate(found):
        above = int((scores > scores[entry]).sum())
        equal = int((scores == scores[entry]).sum())
        assert place.best <= above + 1
        assert place.worst >= above + equal
