"""Macro-Recall of key points, MedBench's metric of open questions (arXiv 2407.10990)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evaluator.items import AnsweredItem
from evaluator.metrics.encoding import Encoded, encode
from evaluator.metrics.keypoints import Match, match
from evaluator.metrics.metric import Metric, Statistic, means
from evaluator.track import Dataset


class Coverage(NamedTuple):
    """What an answer covers: its recall in [0, 1] and the evidence, point by point."""

    recall: float
    matches: tuple[Match, ...]


def coverage(encoded: Encoded) -> Coverage:
    """Return covered key points / key points of one item.

    Points of the kind `forbidden` are not counted.
    """
    matches = tuple(
        match(encoded.text, encoded.answer, point, forms)
        for point, forms in zip(encoded.points, encoded.forms, strict=True)
    )
    return Coverage(sum(m.covered for m in matches) / len(matches) if matches else 0.0, matches)


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return the recall of each item; a dataset's score is their mean, so items weigh the same."""
    return [
        Statistic(item.id, (found.recall,), evidence(found))
        for item, found in (
            (item, coverage(encoded))
            for item, encoded in zip(items, encode(items, dataset.metric.encoder), strict=True)
        )
    ]


def evidence(found: Coverage) -> list[dict[str, object]]:
    """Return the matches as JSON values."""
    return [found_match._asdict() for found_match in found.matches]


METRIC = Metric(
    name="macro_recall",
    version=1,
    columns=("recall",),
    statistics=statistics,
    aggregate=means("score"),
    uses_encoder=True,
)
