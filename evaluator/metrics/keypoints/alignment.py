"""How far the tokens of a key point find partners in an answer, the telling ones first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluator.answers import normalised
from evaluator.encoders import Tokens
from evaluator.encoders.tokens import Floats
from evaluator.metrics.keypoints import negation
from evaluator.metrics.keypoints.rarity import surprisal

Bools = npt.NDArray[np.bool_]
Weights = npt.NDArray[np.float64]

# Chosen by benchmarks/keypoint_matching.py; docs/metrics.md has the figures.
WORST_SHARE = 0.7
WORST_PARTS = 0.5
LOCAL_SHARE = 0.5

# What frames a finding or a drug in any case report: rare in a newspaper, but said of everything.
FRAME_SHARE = 0.3
_FRAME = re.compile(
    r"初步|诊断|考虑|可能|提示|符合|表现|明确|目前|属于|出现|引起|导致|给予|予以|治疗|使用|应用|服用|口服|选用|首选"
    r"|药物|建议|推荐|进行|需要|应当|应该|及时|注意|情况|患者|病人"
)
_PART_END = re.compile(r"[,，。;；](?!\d)")
_LATIN = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, eq=False)
class Form:
    """One wording of a key point: its tokens' vectors, weights, and which of them are denied.

    parts: which tokens stand in each of its clauses; a point of one clause needs none.
    """

    text: str
    vectors: Floats
    weights: Weights
    denied: Bools
    parts: Sequence[Bools] = ()


def form(text: str, tokens: Tokens, topic: Sequence[str] = ()) -> Form:
    """Read a wording; `topic` is what the question and the item's other points say.

    A token weighs what it says (−log p), less the share of the topic's texts that have its word:
    what they share is what the item is about, the rest is what this point says of it. Words that
    frame any finding weigh less, so that another name in the same frame is another point.
    """
    spans = tokens.spans[1:-1]
    framing = mark(spans, [match.span() for match in _FRAME.finditer(text)])
    weights = _weights(text, spans.tolist(), [normalised(other) for other in topic])
    weights = weights * np.where(framing, FRAME_SHARE, 1.0)
    denied = mark(spans, negation.denied(text))
    return Form(text, tokens.vectors[1:-1], weights, denied, _parts(text, spans, weights))


def _parts(text: str, spans: npt.NDArray[np.int32], weights: Weights) -> list[Bools]:
    """Return which tokens stand in each clause that has weight."""
    ends = [mark.start() for mark in _PART_END.finditer(text)]
    number = np.searchsorted(ends, spans[:, 1] - 1)
    parts = [number == part for part in range(len(ends) + 1)]
    return [part for part in parts if weights[part].sum() > 0]


def mark(spans: npt.NDArray[np.int32], parts: Sequence[tuple[int, int]]) -> Bools:
    """Return which tokens end within one of the parts of their text; parts are in order."""
    if not parts:
        return np.zeros(len(spans), dtype=np.bool_)
    starts, stops = np.array(parts).T
    # By its end: a token's span may begin with the blank before its word.
    last = spans[:, 1] - 1
    part = np.searchsorted(starts, last, side="right") - 1
    marked: Bools = (part >= 0) & (last < stops[np.maximum(part, 0)])
    return marked


def covered_share(
    similarities: Floats, weights: Weights, worst_share: float = WORST_SHARE
) -> Weights:
    """Return the mean similarity of a point's tokens in each column, its best partners left out.

    similarities: (tokens, columns). The mean is over the worst share of the weight: a point is
    only as covered as its less covered part.
    """
    order = np.argsort(similarities, axis=0, kind="stable")
    ranked, heavy = np.take_along_axis(similarities, order, axis=0), weights[order]
    before = np.cumsum(heavy, axis=0) - heavy
    limit = worst_share * weights.sum()
    counted = np.clip(limit - before, 0.0, heavy)
    mean: Weights = (ranked * counted).sum(axis=0) / limit
    return mean


def likeness(
    mixed: Floats,
    form: Form,
    weights: Weights,
    worst_share: float = WORST_SHARE,
    worst_parts: float = WORST_PARTS,
) -> float:
    """Return how similar a point is to the columns that say it best: (tokens, columns).

    Each clause of it may stand elsewhere, and the worse half of them counts: who says half of a
    point has not said it.
    """
    if len(form.parts) < 2 or worst_parts == 1:
        return float(covered_share(mixed, weights, worst_share).max())
    found = [
        covered_share(mixed[part], weights[part], worst_share).max(keepdims=True)
        for part in form.parts
    ]
    sums = np.array([weights[part].sum() for part in form.parts])
    return float(covered_share(np.array(found, dtype=np.float32), sums, worst_parts)[0])


def partners(within: Floats, anywhere: Floats, local_share: float = LOCAL_SHARE) -> Floats:
    """Return each token's similarity to columns of the answer: (tokens, columns).

    A token's partner is sought half there, half in the whole answer: what the answer is about is
    often said once, at its beginning.
    """
    whole = anywhere.max(axis=1, keepdims=True)
    mixed: Floats = local_share * within + (1 - local_share) * whole
    return mixed


def _weights(text: str, spans: Sequence[Sequence[int]], topic: Sequence[str]) -> Weights:
    latin = [frozenset(_LATIN.findall(other)) for other in topic]
    weights = np.array([_weight(text, start, stop, topic, latin) for start, stop in spans])
    return weights if weights.sum() > 0 else np.ones(len(spans))


def _weight(
    text: str, start: int, stop: int, topic: Sequence[str], latin: Sequence[frozenset[str]]
) -> float:
    piece = normalised(text[start:stop])
    letters = "".join(c for c in piece if c.isalnum())
    if not letters:
        return 0.0
    if letters.isascii():
        word = normalised(_word(text, start, stop))
        shared = sum(word in words for words in latin)
    else:
        shared = sum(letters in other for other in topic)
    return surprisal(piece) * (1 - shared / (len(topic) + 1))


def _word(text: str, start: int, stop: int) -> str:
    """Return the Latin word or number that a piece belongs to."""
    while start < stop and not text[start].isalnum():
        start += 1
    while start and text[start - 1].isascii() and text[start - 1].isalnum():
        start -= 1
    found = _LATIN.match(text, start)
    return found.group() if found else text[start:stop]
