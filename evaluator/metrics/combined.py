"""MedBench 3.0's combined metric of open questions: key-point recall and BERTScore."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluator.dataset import Dataset
from evaluator.encoders import load_encoder
from evaluator.items import AnsweredItem
from evaluator.metrics.bertscore import meaning
from evaluator.metrics.bertscore_package import WINDOWED
from evaluator.metrics.encoding import encode
from evaluator.metrics.macro_recall import coverage
from evaluator.metrics.metric import Array, Metric, Statistic, always, ratio, text_reading
from evaluator.texts import _


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return the columns of macro_recall of each item, and those of its BERTScore.

    BERTScore is the rescaled F1 clipped to [0, 1], so that a wrong answer does not score below an
    empty one, which gets 0. It counts less the share of the wanted points that is stated wrongly:
    it cannot see a negation, and words that say the opposite earn nothing.
    """
    name = dataset.metric.encoder
    encoder = load_encoder(name)
    rows = []
    for item, encoded in zip(items, encode(items, name), strict=True):
        covered = coverage(item, encoded, encoder)
        found = meaning(encoded, dataset.metric)
        counted = found.clipped * (1 - covered.recall.wrong)
        windowed = float(encoded.windowed)
        values = (*covered.columns, found.clipped, counted, found.f1, windowed)
        rows.append(Statistic(item.id, values, covered.evidence, text_reading(item, encoded.text)))
    return rows


def aggregate(totals: Array, dataset: Dataset) -> Mapping[str, Array]:
    """Return w·recall + (1 − w)·BERTScore counted, and the parts; w is `recall_weight`."""
    weight, items = dataset.metric.recall_weight, totals[..., -1]
    recall, counted = ratio(totals[..., 0], items), ratio(totals[..., 4], items)
    return {
        "score": weight * recall + (1 - weight) * counted,
        "macro_recall": recall,
        "must_recall": ratio(totals[..., 1], totals[..., 2]),
        "bertscore": ratio(totals[..., 3], items),
        "bertscore_counted": counted,
        "bertscore_raw_f1": ratio(totals[..., 5], items),
        "windowed_share": ratio(totals[..., 6], items),
    }


METRIC = Metric(
    name="combined",
    version=3,
    title=_("Combined"),
    paper="MedBench 3.0, arXiv 2503.07306",
    limits=_("It has the limits of Macro-Recall and of BERTScore."),
    columns=always(
        *("macro_recall", "must_recall", "has_must"),
        *("bertscore", "bertscore_counted", "bertscore_raw_f1", WINDOWED),
    ),
    statistics=statistics,
    aggregate=aggregate,
    uses_encoder=True,
)
