"""Macro-Recall of key points, MedBench's metric of open questions (arXiv 2407.10990).

>>> from evaluator.metrics.keypoints.matching import Match
>>> def found(covered):
...     return Match("", covered, 0.0, "", None)
>>> kinds = ("must", "must", "important", "important", "forbidden")
>>> recall(kinds, [found(covered) for covered in (True, False, True, True, True)])
Recall(all=0.5, must=0.5, wrong=0.25)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from evaluator.dataset import Dataset
from evaluator.encoders import Encoder, Tokens, load_encoder
from evaluator.items import AnsweredItem
from evaluator.metrics.encoding import Encoded, encode, forms
from evaluator.metrics.keypoints import terms
from evaluator.metrics.keypoints.alignment import form
from evaluator.metrics.keypoints.depth import deepened
from evaluator.metrics.keypoints.matching import Match, match
from evaluator.metrics.keypoints.reading import read
from evaluator.metrics.metric import Array, Metric, Statistic, always, ratio, text_reading
from evaluator.texts import _


class Recall(NamedTuple):
    """What an item's points come to: shares of its wanted points, in [0, 1].

    all: the recall. must: that of its must-have points, None if it has none. wrong: wrong
    statements, at most 1.
    """

    all: float
    must: float | None
    wrong: float


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
    """Return max(0, wanted points covered − wrong statements) / wanted points, and its parts.

    A wrong statement is a forbidden point stated or a wanted one denied, where this is sure.
    Must-have and important points are wanted alike. An item that wants nothing has recall 0.
    """
    found = list(zip(kinds, matches, strict=True))
    wanted = [one for kind, one in found if kind != "forbidden"]
    must = [one.covered for kind, one in found if kind == "must"]
    stated = sum(one.covered for kind, one in found if kind == "forbidden")
    wrong = stated + sum(one.denied for one in wanted)
    right = sum(one.covered for one in wanted)
    count = max(len(wanted), 1)
    return Recall(
        max(0, right - wrong) / count,
        sum(must) / len(must) if must else None,
        min(1.0, wrong / count),
    )


def coverage(item: AnsweredItem, encoded: Encoded, encoder: Encoder) -> Coverage:
    """Return which key points of an item its answer covers."""
    question, points = item.questions[0].question, encoded.points
    (tokens,) = deepened(encoder, [encoded.text], [encoded.answer], known=False)
    answer = read(encoded.text, tokens, question)
    topics = [
        [question, *(other.text for other in points if other is not point)] for point in points
    ]
    matches = [
        match(answer, point, [form(text, tokens, topic) for text, tokens in written])
        for point, written, topic in zip(points, _wordings(encoded, encoder), topics, strict=True)
    ]
    kinds = tuple(point.kind for point in points)
    return Coverage(recall(kinds, matches), kinds, tuple(matches))


def _wordings(encoded: Encoded, encoder: Encoder) -> list[list[tuple[str, Tokens]]]:
    """Return each point's wordings: its own, its aliases, and these in the answer's terms."""
    written = [forms(point) for point in encoded.points]
    texts = list(chain.from_iterable(written))
    last = list(chain.from_iterable(encoded.forms))
    known = iter(deepened(encoder, texts, last, known=True))
    found = [[(text, next(known)) for text in point] for point in written]

    renamed = [[terms.renamed(text, encoded.text) for text in point] for point in written]
    new = [text for point in renamed for text in point if text]
    others = iter(deepened(encoder, new, encoder.tokens(new), known=False))
    return [
        [*own, *((text, next(others)) for text in point if text)]
        for own, point in zip(found, renamed, strict=True)
    ]


def statistics(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
    """Return the recall of each item, of its must-have points, and 1 if it has such."""
    name = dataset.metric.encoder
    encoder = load_encoder(name)
    rows = []
    for item, encoded in zip(items, encode(items, name), strict=True):
        found = coverage(item, encoded, encoder)
        read_as = text_reading(item, encoded.text)
        rows.append(Statistic(item.id, found.columns, found.evidence, read_as))
    return rows


def aggregate(totals: Array, dataset: Dataset) -> Mapping[str, Array]:
    """Return the mean recall of the items, and that of must-have points of those that have any."""
    return {
        "score": ratio(totals[..., 0], totals[..., -1]),
        "must_recall": ratio(totals[..., 1], totals[..., 2]),
    }


METRIC = Metric(
    name="macro_recall",
    version=3,
    title=_("Macro-Recall"),
    paper="MedBench, arXiv 2407.10990",
    limits=_("It sees only the key points; whatever else an answer says costs nothing."),
    columns=always("recall", "must_recall", "has_must"),
    statistics=statistics,
    aggregate=aggregate,
    uses_encoder=True,
)
