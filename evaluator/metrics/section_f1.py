"""F1 of the sections of a medical record (MedBench, arXiv 2407.10990; the definition is ours).

>>> predicted = {"主诉": "发热2天。", "诊断": "感冒"}
>>> section_f1(predicted, {"主诉": "发热 3天", "建议": "休息"})
0.25
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from evaluator.answers import normalised, read_sections
from evaluator.dataset import Dataset
from evaluator.items import AnsweredItem
from evaluator.metrics.metric import Metric, Statistic, always, means, reading
from evaluator.texts import _


def section_f1(predicted: Mapping[str, str], expected: Mapping[str, str]) -> float:
    """Return the mean F1 over the sections of either record; one that only one has gives 0."""
    headings = predicted.keys() | expected.keys()
    if not headings:
        return 0.0
    found = (characters_f1(predicted.get(h, ""), expected.get(h, "")) for h in sorted(headings))
    return sum(found) / len(headings)


def characters_f1(prediction: str, reference: str) -> float:
    """Return 2 · common characters / characters of both, in any order, each as often as it stands.

    White space and punctuation are no characters.

    >>> characters_f1("咳嗽，咳痰", "咳嗽")
    0.6666666666666666
    """
    predicted, expected = _characters(prediction), _characters(reference)
    both = predicted.total() + expected.total()
    return 2 * (predicted & expected).total() / both if both else 0.0


def _characters(text: str) -> Counter[str]:
    return Counter(character for character in normalised(text) if character.isalnum())


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return the F1 of each item's sections; items weigh the same.

    `extracted` is the sections as read, None if unreadable.
    """
    return [_statistic(item, dataset.labels) for item in items]


def _statistic(item: AnsweredItem, labels: tuple[str, ...]) -> Statistic:
    predicted = read_sections(item.answers[0] or "", labels)
    expected = read_sections(item.references[0].answer, labels) or {}
    value = section_f1(predicted, expected) if predicted else 0.0
    return Statistic(item.id, (value,), predicted, reading(item.answers[:1], [predicted]))


METRIC = Metric(
    name="section_f1",
    version=1,
    title=_("Section F1"),
    paper="MedBench, arXiv 2407.10990",
    limits=_("It counts characters in any order, so it cannot see what they say together."),
    columns=always("section_f1"),
    statistics=statistics,
    aggregate=means("score"),
)
