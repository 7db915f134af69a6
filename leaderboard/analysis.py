"""Figures about a whole board: the level of dimensions, the robustness of choices, its makeup."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from leaderboard.snapshot import Axis, Snapshot

BEST = 10
# The three readings of robustness under shuffled options; the metric defines them.
READINGS = ("all_copies_right", "kept_when_shuffled", "agreement")


def relative_levels(entries: pd.DataFrame, axes: Sequence[Axis], best: int = BEST) -> pd.Series:
    """Return per axis the mean of the best entries where the best of them = 100.

    The best are those with the highest overall score, baselines among them; an axis on which
    everybody has 0 stays 0, one that nobody attempted has none (MedBench 3.0, arXiv 2503.07306, its
    ten best models).
    """
    top = entries.nlargest(best, "overall", keep="first")[[axis.column for axis in axes]]
    highest = top.max()
    return 100 * top.mean() / highest.where(highest > 0, 1.0)


def robust_datasets(snapshot: Snapshot) -> tuple[Axis, ...]:
    """Return the datasets of shuffled choices."""
    return tuple(axis for axis in snapshot.datasets if set(READINGS) <= set(axis.parts))


def robustness(
    entries: pd.DataFrame, datasets: Sequence[Axis], language: str, most: int = BEST
) -> pd.DataFrame:
    """Return the three readings in points, the mean over the datasets; one row an entry."""
    top = entries.head(most)
    found = pd.DataFrame(
        {
            reading: 100 * top[[f"part/{axis.id}/{reading}" for axis in datasets]].mean(axis=1)
            for reading in READINGS
        }
    )
    found.index = pd.Index(top[f"name_{language}"])
    return found
