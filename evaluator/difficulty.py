"""Item analysis of a dataset, as counts: how hard its items are, how well they tell apart.

Classical test theory (Crocker and Algina 1986): an item's difficulty is its mean score over the
entries, its discrimination the correlation of its score with the mean of the other items. An
item's score is the jackknife pseudo-value, for a mean exactly the item's own score.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evaluator.metrics.metric import Array

BINS = 10
FEWEST_ITEMS = 5
FEWEST_ENTRIES = 3
# A correlation over fewer entries is mostly chance.
FEWEST_TO_CORRELATE = 10
FEWEST_ON_HIDDEN = 10


def item_analysis(
    scores: Array, influences: Array, fewest: int = FEWEST_ENTRIES
) -> dict[str, Any] | None:
    """Return counts of items by difficulty and by discrimination, None where there are too few.

    `scores` has shape (entries,), the dataset's; `influences` (entries, items) how far each item
    moves them; with less than `fewest` entries a team could read its own answers out of the counts.
    `difficulty` counts items in ten steps from 0 to 1, `discrimination` in ten from -1
    to 1; the latter is None with fewer than ten entries, or where no item sets them apart.
    """
    entries, items = influences.shape
    if entries < fewest or items < FEWEST_ITEMS:
        return None
    # Rounded, so that the last bit does not move an item over the edge of a step.
    values = np.round(scores[:, None] + influences, 9)
    known = discriminations(values) if entries >= FEWEST_TO_CORRELATE else np.empty(0)
    return {
        "entries": entries,
        "items": items,
        "difficulty": _counts(np.clip(values.mean(axis=0), 0, 1), 0, 1),
        "discrimination": _counts(known, -1, 1) if known.size else None,
        "median_discrimination": round(float(np.median(known)), 2) if known.size else None,
    }


def discriminations(values: Array) -> Array:
    """Return the correlation of each item with the rest, of those that differ between entries."""
    total = values.sum(axis=1, keepdims=True)
    rest = (total - values) / max(values.shape[1] - 1, 1)
    item, other = values - values.mean(axis=0), rest - rest.mean(axis=0)
    spread = np.sqrt((item**2).sum(axis=0) * (other**2).sum(axis=0))
    varies = spread > 1e-12
    found: Array = (item * other).sum(axis=0)[varies] / spread[varies]
    return np.clip(found, -1, 1)


def _counts(values: Array, low: float, high: float) -> list[int]:
    return [int(count) for count in np.histogram(values, bins=BINS, range=(low, high))[0]]
