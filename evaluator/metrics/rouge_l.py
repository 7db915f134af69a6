"""ROUGE-L, the F1 of the longest common subsequence (Lin 2004, ACL W04-1013)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz.distance import LCSseq

from evaluator.answers import normalised, open_text, read_sections
from evaluator.dataset import Dataset
from evaluator.items import AnsweredItem
from evaluator.metrics.metric import Metric, Statistic, always, means, reading, text_reading
from evaluator.texts import _

_TOKEN = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")


def tokens(text: str) -> list[str]:
    """Return each Chinese character and punctuation mark, and each Latin word or number.

    >>> tokens("体温 38.5℃, CT 阴性")
    ['体', '温', '38', '.', '5', '°', 'c', ',', 'ct', '阴', '性']
    """
    return _TOKEN.findall(normalised(text))


def rouge_l(prediction: str, reference: str) -> float:
    """Return 2·LCS / (tokens of the prediction + tokens of the reference), 0 if either is empty.

    >>> rouge_l("患者发热", "患者无发热")
    0.8888888888888888
    """
    predicted, expected = tokens(prediction), tokens(reference)
    if not predicted or not expected:
        return 0.0
    return 2 * LCSseq.similarity(predicted, expected) / (len(predicted) + len(expected))


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return ROUGE-L of each item's answer, in [0, 1]; an empty answer gives 0.

    Of records with sections, it is the mean over the reference's sections, `extracted` are those
    of the answer, and a section that the answer lacks gives 0.
    """
    if dataset.convention == "sections":
        return [_by_section(item, dataset.labels) for item in items]
    return [_whole(item) for item in items]


def _whole(item: AnsweredItem) -> Statistic:
    answer = open_text(item.answers[0])
    value = rouge_l(answer, item.references[0].answer)
    return Statistic(item.id, (value,), None, text_reading(item, answer))


def _by_section(item: AnsweredItem, labels: tuple[str, ...]) -> Statistic:
    predicted = read_sections(item.answers[0] or "", labels)
    expected = read_sections(item.references[0].answer, labels) or {}
    found = [rouge_l((predicted or {}).get(name, ""), text) for name, text in expected.items()]
    value = sum(found) / len(found) if found else 0.0
    return Statistic(item.id, (value,), predicted, reading(item.answers[:1], [predicted]))


METRIC = Metric(
    name="rouge_l",
    version=3,
    title=_("ROUGE-L"),
    paper="Lin 2004, ACL W04-1013",
    limits=_("It compares wording, not meaning: a negation costs one character."),
    columns=always("rouge_l"),
    statistics=statistics,
    aggregate=means("score"),
)
