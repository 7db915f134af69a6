"""BLEU-4 of a corpus (Papineni et al. 2002, ACL P02-1040), as sacrebleu 2.6.0 defines it.

Exponential smoothing, one reference, brevity penalty over the corpus; tokens are ROUGE-L's, which
are single characters for Chinese.

>>> import numpy as np
>>> row = ngram_counts(list("患者发热三天"), list("患者无发热三天"))
>>> row
(6.0, 4.0, 2.0, 1.0, 6.0, 5.0, 4.0, 3.0, 6.0, 7.0)
>>> round(float(aggregate(np.array([*row, 1.0]), None)["score"]), 4)
0.5115
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from evaluator.answers import open_text
from evaluator.dataset import Dataset
from evaluator.items import AnsweredItem
from evaluator.metrics.metric import Array, Metric, Statistic, always, ratio, text_reading
from evaluator.metrics.rouge_l import tokens
from evaluator.texts import _

ORDERS = 4


def ngram_counts(predicted: Sequence[str], expected: Sequence[str]) -> tuple[float, ...]:
    """Return for orders 1 to 4 the n-grams in common, then those predicted, then both lengths."""
    common, written = [], []
    for order in range(1, ORDERS + 1):
        found, wanted = _ngrams(predicted, order), _ngrams(expected, order)
        common.append(float((found & wanted).total()))
        written.append(float(found.total()))
    return (*common, *written, float(len(predicted)), float(len(expected)))


def _ngrams(tokens: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(tokens[start:] for start in range(order)), strict=False))


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return the counts of each item, which add up to those of the corpus."""
    return [_statistic(item) for item in items]


def _statistic(item: AnsweredItem) -> Statistic:
    answer = open_text(item.answers[0])
    counts = ngram_counts(tokens(answer), tokens(item.references[0].answer))
    return Statistic(item.id, counts, None, text_reading(item, answer))


def aggregate(totals: Array, dataset: Dataset) -> Mapping[str, Array]:
    """Return BLEU / 100, the brevity penalty, and the precision of each order, in [0, 1].

    An order without a match counts as half a match, the next one as a quarter, and so on; a corpus
    without any match, or too short for four-grams, has 0.
    """
    common, written = totals[..., :ORDERS], totals[..., ORDERS : 2 * ORDERS]
    predicted, expected = totals[..., 2 * ORDERS], totals[..., 2 * ORDERS + 1]
    smoothed = np.where(common > 0, common, 0.5 ** np.cumsum(common == 0, axis=-1))
    possible = (common[..., 0] > 0) & (written > 0).all(axis=-1)
    logarithms = np.log(np.where(written > 0, ratio(smoothed, written), 1.0))
    shortness = np.where(predicted > 0, 1 - ratio(expected, predicted), -np.inf)
    penalty = np.exp(np.minimum(shortness, 0.0))
    return {
        "score": np.where(possible, penalty * np.exp(logarithms.mean(axis=-1)), 0.0),
        "brevity_penalty": penalty,
        **{f"precision_{k + 1}": ratio(common, written)[..., k] for k in range(ORDERS)},
    }


METRIC = Metric(
    name="bleu",
    version=2,
    title=_("BLEU"),
    paper="Papineni et al. 2002, ACL P02-1040",
    limits=_("It rewards the reference's wording; a right answer in other words scores low."),
    columns=always(
        *(f"common_{order}" for order in range(1, ORDERS + 1)),
        *(f"written_{order}" for order in range(1, ORDERS + 1)),
        "answer_length",
        "reference_length",
    ),
    statistics=statistics,
    aggregate=aggregate,
)
