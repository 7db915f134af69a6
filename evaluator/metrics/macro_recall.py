"""Macro-Recall of key points, MedBench's metric of open questions (arXiv 2407.10990).

>>> from evaluator.metrics.keypoints.matching import Match
>>> def found(covered):
...     return Match("", covered, 0.0, "", None)
>>> kinds = ("must", "must", "important", "important", "forbidden")
>>> recall(kinds, [found(covered) for covered in (True, False, True, True, True)])
Recall(all=0.5, must=0.5)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from evaluator.encoders import Encoder, load_encoder
from evaluator.items import AnsweredItem
from evaluator.metrics.encoding import Encoded, encode, forms
from evaluator.metrics.keypoints.alignment import form
from evaluator.metrics.keypoints.depth import deepened
from evaluator.metrics.keypoints.matching import Match, match
from evaluator.metrics.keypoints.reading import read
from evaluator.metrics.metric import Array, Metric, Statistic, always, ratio, text_reading
from evaluator.texts import _
from evaluator.track import Dataset


class Recall(NamedTuple):
    """The recall of one item, of all its points and of those it must have (None if it has none)."""

    all: float
    must: float | None


class Coverage(NamedTuple):
    """What an answer covers: its recall, the kinds of its points and the evidence for each."""

    recall: Recall
    kinds: tuple[str, ...]
    matches: tuple[Match, ...]

    @property
    def columns(self) -> tuple[float, float, float]:
        """The recall, the must-have points' and whether there are such, as they are added up."""
        must = self.recall.must
        return (self.recall.all, must or 0.0, float(must is not None))

    @property
    def evidence(self) -> list[dict[str, object]]:
        """The matches as JSON values."""
        return [
            {"kind": kind, **found._asdict()}
            for kind, found in zip(self.kinds, self.matches, strict=True)
        ]


def recall(kinds: Sequence[str], matches: Sequence[Match]) -> Recall:
    """Return max(0, wanted points covered − forbidden points stated) / wanted points.

    Must-have and important points are wanted alike. An item that wants nothing has recall 0.
    """
    covered: dict[str, list[bool]] = {"must": [], "important": [], "forbidden": []}
    for kind, found in zip(kinds, matches, strict=True):
        covered[kind].append(found.covered)
    must, wanted = covered["must"], covered["must"] + covered["important"]
    right = max(0, sum(wanted) - sum(covered["forbidden"]))
    return Recall(right / len(wanted) if wanted else 0.0, sum(must) / len(must) if must else None)


def coverage(item: AnsweredItem, encoded: Encoded, encoder: Encoder) -> Coverage:
    """Return which key points of an item its answer covers."""
    question, points = item.questions[0].question, encoded.points
    (tokens,) = deepened(encoder, [encoded.text], [encoded.answer], known=False)
    answer = read(encoded.text, tokens, question)
    wordings = [forms(point) for point in points]
    deep = iter(
        deepened(
            encoder,
            [wording for point in wordings for wording in point],
            [tokens for point in encoded.forms for tokens in point],
            known=True,
        )
    )
    topics = [
        [question, *(other.text for other in points if other is not point)] for point in points
    ]
    matches = [
        match(answer, point, [form(wording, next(deep), topic) for wording in written])
        for point, written, topic in zip(points, wordings, topics, strict=True)
    ]
    kinds = tuple(point.kind for point in points)
    return Coverage(recall(kinds, matches), kinds, tuple(matches))


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return the recall of each item, of its must-have points, and 1 if it has such."""
    name = dataset.metric.encoder
    return [
        Statistic(item.id, found.columns, found.evidence, text_reading(item))
        for item, found in zip(items, _coverages(items, name), strict=True)
    ]


def _coverages(items: Sequence[AnsweredItem], name: str) -> Iterator[Coverage]:
    encoder = load_encoder(name)
    for item, encoded in zip(items, encode(items, name), strict=True):
        yield coverage(item, encoded, encoder)


def aggregate(totals: Array, dataset: Dataset) -> Mapping[str, Array]:
    """Return the mean recall of the items, and that of must-have points of those that have any."""
    return {
        "score": ratio(totals[..., 0], totals[..., -1]),
        "must_recall": ratio(totals[..., 1], totals[..., 2]),
    }


METRIC = Metric(
    name="macro_recall",
    version=2,
    title=_("Macro-Recall"),
    paper="MedBench, arXiv 2407.10990",
    limits=_("It sees only the key points; whatever else an answer says costs nothing."),
    columns=always("recall", "must_recall", "has_must"),
    statistics=statistics,
    aggregate=aggregate,
    uses_encoder=True,
)
