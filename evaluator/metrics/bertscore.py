"""BERTScore: Zhang et al. 2020, "BERTScore: Evaluating Text Generation with BERT" (ICLR).

As the package bert-score 0.3.13 computes it with idf=False: each token meets its most similar
partner of the other text by cosine; the special tokens may be partners but are not averaged.

>>> import numpy as np
>>> from evaluator.encoders import Tokens
>>> def text(*vectors):
...     return Tokens(np.array(vectors, np.float32), np.zeros((len(vectors), 2), np.int32), 1)
>>> edge, east, north = (0, 0, 1), (1, 0, 0), (0, 1, 0)
>>> greedy_match(text(edge, east, north, edge), text(edge, east, edge))
Overlap(precision=0.5, recall=1.0, f1=0.6666666666666666)
>>> rescale(0.9, baseline=0.8)
0.5
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evaluator.dataset import Dataset, MetricSettings
from evaluator.encoders import Tokens, baseline, load_encoder
from evaluator.items import AnsweredItem
from evaluator.metrics.bertscore_package import WINDOWED as WINDOWED
from evaluator.metrics.bertscore_package import ReplayedMetric, raw_scores
from evaluator.metrics.encoding import Encoded, encode
from evaluator.metrics.metric import Metric, Statistic, always, means, text_reading
from evaluator.texts import _


class Overlap(NamedTuple):
    """How far two texts say the same; raw cosines, at most 1."""

    precision: float
    recall: float
    f1: float


NOTHING = Overlap(0.0, 0.0, 0.0)


def greedy_match(candidate: Tokens, reference: Tokens) -> Overlap:
    """Return how much of the candidate the reference supports, and how much of it is covered.

    An empty candidate or reference scores 0 throughout, as in bert-score.
    """
    if candidate.empty or reference.empty:
        return NOTHING

    cosines = candidate.vectors @ reference.vectors.T
    precision = float(cosines[1:-1].max(axis=1).mean())
    recall = float(cosines[:, 1:-1].max(axis=0).mean())
    if precision + recall <= 0:
        return Overlap(precision, recall, 0.0)
    return Overlap(precision, recall, 2 * precision * recall / (precision + recall))


def rescale(f1: float, baseline: float) -> float:
    """Move the F1 of unrelated texts to 0 and keep 1 at 1; worse than unrelated is negative."""
    return (f1 - baseline) / (1 - baseline)


class Meaning(NamedTuple):
    """An answer's overlap with its reference, and its F1 moved so that unrelated texts give 0."""

    precision: float
    recall: float
    f1: float
    rescaled: float

    @property
    def clipped(self) -> float:
        """Return the rescaled F1 within [0, 1], so that no answer scores below an empty one."""
        return min(max(self.rescaled, 0.0), 1.0)


def meaning(encoded: Encoded, settings: MetricSettings) -> Meaning:
    """Return the overlap of one item's answer with its reference; an empty answer gives 0."""
    if encoded.answer.empty:
        return Meaning(0.0, 0.0, 0.0, 0.0)
    overlap = _overlap(encoded, settings)
    zero = baseline(load_encoder(settings.encoder).signature)
    return Meaning(*overlap, rescale(overlap.f1, zero))


def _overlap(encoded: Encoded, settings: MetricSettings) -> Overlap:
    replayable = not encoded.windowed and not encoded.reference.empty
    if isinstance(settings, ReplayedMetric) and replayable:
        return Overlap(*raw_scores(encoded.text, encoded.reference_text, settings.encoder))
    return greedy_match(encoded.answer, encoded.reference)


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return the rescaled F1 of each item clipped to [0, 1], raw precision, recall and F1.

    The last column is 1 for an item whose answer or reference was read in windows.
    """
    rows = []
    encodings = encode(items, dataset.metric.encoder, points=False)
    for item, encoded in zip(items, encodings, strict=True):
        found = meaning(encoded, dataset.metric)
        values = (found.clipped, *found[:3], float(encoded.windowed))
        extracted = {"windows": encoded.answer.windows}
        rows.append(Statistic(item.id, values, extracted, text_reading(item, encoded.text)))
    return rows


METRIC = Metric(
    name="bertscore",
    version=3,
    title=_("BERTScore"),
    paper="Zhang et al. 2020, ICLR",
    limits=_("Texts on the same topic are alike to it, even where they contradict each other."),
    columns=always("rescaled", "precision", "recall", "f1", WINDOWED),
    statistics=statistics,
    aggregate=means("score", "precision", "recall", "raw_f1", "windowed_share"),
    uses_encoder=True,
)
