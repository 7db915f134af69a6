"""MedBench 3.0's combined metric of open questions: key-point recall and BERTScore."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.items import AnsweredItem
from evaluator.metrics.bertscore import similarity
from evaluator.metrics.encoding import encode
from evaluator.metrics.macro_recall import coverage, evidence
from evaluator.metrics.metric import Metric, Statistic, means
from evaluator.track import Dataset


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return w·recall + (1 − w)·clip(rescaled BERTScore F1, 0, 1) of each item, and both parts.

    w is the dataset's `recall_weight`. Clipping keeps a wrong answer from scoring below an
    empty one, which gets 0.
    """
    weight = dataset.metric.recall_weight
    rows = []
    for item, encoded in zip(items, encode(items, dataset.metric.encoder), strict=True):
        covered = coverage(encoded)
        meaning = similarity(encoded, dataset.metric.encoder)
        score = weight * covered.recall + (1 - weight) * meaning.clipped
        rows.append(
            Statistic(
                item.id, (score, covered.recall, meaning.clipped, meaning.f1), evidence(covered)
            )
        )
    return rows


METRIC = Metric(
    name="combined",
    version=1,
    columns=("combined", "macro_recall", "bertscore", "bertscore_raw_f1"),
    statistics=statistics,
    aggregate=means("score", "macro_recall", "bertscore", "bertscore_raw_f1"),
    uses_encoder=True,
)
