"""Item analysis: counts worked by hand, correlations against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evaluator.difficulty import (
    FEWEST_ON_HIDDEN,
    FEWEST_TO_CORRELATE,
    discriminations,
    item_analysis,
)
from evaluator.metrics.metric import Array
from evaluator.pairs import influences


def of(values: list[list[float]]) -> tuple[Array, Array]:
    """Return scores and influences of a dataset whose score is the mean of its items."""
    rows = np.array(values)

    def mean(totals: Array) -> Array:
        found: Array = totals[..., 0] / totals[..., 1]
        return found

    ones = np.ones(rows.shape[1])
    moved = [influences(np.column_stack([row, ones]), mean) for row in rows]
    return rows.mean(axis=1), np.array(moved)


def test_items_are_counted_by_their_mean_score() -> None:
    """Means of the five items over three entries: 1, 2/3, 1/3, 0 and 0.5."""
    found = item_analysis(*of([[1, 1, 1, 0, 0.5], [1, 1, 0, 0, 0.5], [1, 0, 0, 0, 0.5]]))

    assert found
    assert (found["entries"], found["items"]) == (3, 5)
    assert found["difficulty"] == [1, 0, 0, 1, 0, 1, 1, 0, 0, 1]
    assert found["discrimination"] is None, "three entries are too few to correlate"


def test_on_hidden_items_more_entries_are_asked_for() -> None:
    scores, moved = np.full(9, 0.5), np.zeros((9, 5))
    assert item_analysis(scores, moved)
    assert item_analysis(scores, moved, FEWEST_ON_HIDDEN) is None
    assert item_analysis(np.full(10, 0.5), np.zeros((10, 5)), FEWEST_ON_HIDDEN)


@pytest.mark.parametrize(("entries", "items"), [(2, 5), (3, 4), (0, 0)])
def test_too_few_entries_or_items_give_none(entries: int, items: int) -> None:
    assert item_analysis(np.zeros(entries), np.zeros((entries, items))) is None


def test_discrimination_is_the_correlation_with_the_other_items() -> None:
    values = np.random.default_rng(1).random((12, 6))
    rest = [(values.sum(axis=1) - values[:, k]) / 5 for k in range(6)]

    expected = [stats.pearsonr(values[:, k], rest[k]).statistic for k in range(6)]

    assert discriminations(values) == pytest.approx(expected)


def test_items_that_do_not_differ_are_left_out_of_the_discrimination() -> None:
    values = np.random.default_rng(2).random((FEWEST_TO_CORRELATE, 6))
    values[:, 3] = 0.5
    scores = values.mean(axis=1)

    found = item_analysis(scores, values - scores[:, None])

    assert found
    assert sum(found["discrimination"]) == 5
    assert sum(found["difficulty"]) == 6
