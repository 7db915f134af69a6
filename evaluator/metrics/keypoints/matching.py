"""Does an answer say a key point? By its wording, or by the meaning of its telling words.

Token alignment: Zhang et al. 2020 (ICLR). Middle layers: the same paper, appendix F.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np

from evaluator.answers import normalised
from evaluator.encoders.tokens import Floats
from evaluator.items import KeyPoint
from evaluator.metrics.keypoints import negation, quantities, sides, terms
from evaluator.metrics.keypoints.alignment import Form, covered_share, likeness, partners
from evaluator.metrics.keypoints.clauses import Span, runs
from evaluator.metrics.keypoints.reading import Reading

# Chosen by benchmarks/keypoint_matching.py; docs/metrics.md has the figures.
COVERED_FROM = {"zh": 0.73, "en": 0.65}
SCALE = 0.05
# A similarity from here on is covered: it is as likely as not.
THRESHOLD = 0.5
# What costs must be sure: a forbidden point is stated, a wanted one denied, from here on only.
SURE = 0.9
SPAN_CLAUSES = 4
NEARLY = 0.02
# A clause denies a point if this share of the point's weight is denied in one of both alone.
DENIED_SHARE = 0.5
# And only a clause this similar speaks of the same thing at all.
SAME_THING = 0.6
# A point's last mark says nothing of its content; the answer may go on with a comma.
EDGES = " 。.,;:、"

Contradiction = Literal["negation", "side", "direction", "number", "drug"]
_HAN = re.compile(r"[\u3400-\u9fff]")


class Match(NamedTuple):
    """One key point against one answer.

    similarity: how sure, in [0, 1]; from 0.5 on a wanted point is covered, from 0.9 on a forbidden
    one. span: the shortest run of clauses that says it, or comes nearest; empty if none.
    contradiction: why a span that would cover the point does not, None if nothing speaks against
    it. denied: whether the answer surely says the opposite.
    """

    point: str
    covered: bool
    similarity: float
    span: str
    contradiction: Contradiction | None
    denied: bool = False


class _Found(NamedTuple):
    """How similar a wording is to an answer, by which clauses, and what speaks against others.

    otherwise: how similar it were, did nothing speak against it.
    """

    similarity: float
    span: str
    contradiction: Contradiction | None
    otherwise: float


def match(answer: Reading, point: KeyPoint, forms: Sequence[Form]) -> Match:
    """Compare one point, in all its wordings, with an answer.

    A wording that stands in the answer and is meant as written covers the point. Any other is as
    similar as to the two neighbouring sentences that say it best, clauses that contradict it left
    out: its words scattered over a long answer are not it.
    """
    if not answer.clauses:
        return Match(point.text, False, 0.0, "", None)
    needed = SURE if point.kind == "forbidden" else THRESHOLD
    found = [literal for form in forms if (literal := _literal(answer, form.text))]
    if not any(one.similarity for one in found):
        found += [_aligned(answer, form) for form in forms if len(form.vectors)]
    best = max(found, key=lambda one: one.similarity, default=_Found(0.0, "", None, 0.0))
    similarity = round(best.similarity, 6)
    if similarity >= needed:
        return Match(point.text, True, similarity, best.span, None)
    against = max(found, key=lambda one: one.otherwise * bool(one.contradiction), default=best)
    denied = against.contradiction == "negation" and against.otherwise >= SURE
    return Match(point.text, False, similarity, best.span, against.contradiction, denied)


def _literal(answer: Reading, written: str) -> _Found | None:
    """Return where a wording stands in the answer; similarity 0 if only in what denies it."""
    wording = normalised(written).strip(EDGES)
    if not wording:
        return None
    own = _share(Span(0, len(wording)), negation.denied(wording))
    against = None
    for number, sentence in enumerate(answer.wordings):
        places = list(_places(wording, sentence))
        reached = negation.denied(sentence) if places else []
        if any(abs(_share(place, reached) - own) <= DENIED_SHARE for place in places):
            return _Found(1.0, _shortest(answer, number, wording), None, 1.0)
        against = _Found(0.0, "", "negation", 1.0) if places else against
    return against


def _places(wording: str, sentence: str) -> Iterator[Span]:
    """Yield where a wording stands as whole words and numbers: 5mg is not in 15mg."""
    start = sentence.find(wording)
    while start >= 0:
        stop = start + len(wording)
        if not (
            _joined(sentence[max(0, start - 2) : start], wording[0])
            or _joined(sentence[stop : stop + 2], wording[-1], after=True)
        ):
            yield Span(start, stop)
        start = sentence.find(wording, stop)


def _joined(beside: str, edge: str, after: bool = False) -> bool:
    """Return whether a letter or digit at a wording's edge goes on beside it."""
    if not beside or not edge.isascii() or not edge.isalnum():
        return False
    next_to = beside[0] if after else beside[-1]
    if edge.isdigit():
        decimal = next_to == "." and len(beside) > 1 and beside[1 if after else 0].isdigit()
        return next_to.isdigit() or decimal
    return next_to.isascii() and next_to.isalpha()


def _share(place: Span, reached: Sequence[Span]) -> float:
    """Return the share of a place that parts in order reach; those around it are looked at."""
    near = bisect_left(reached, place)
    shared = sum(
        max(0, min(stop, place.stop) - max(start, place.start))
        for start, stop in reached[max(0, near - 1) : near + place.stop - place.start]
    )
    return shared / (place.stop - place.start)


def _shortest(answer: Reading, number: int, wording: str) -> str:
    parts = [c for c, s in zip(answer.clauses, answer.sentence, strict=True) if s == number]
    texts = (answer.text[start:stop].strip() for start, stop in runs(parts, SPAN_CLAUSES))
    return min((text for text in texts if wording in normalised(text)), key=len, default=wording)


def _aligned(answer: Reading, form: Form) -> _Found:
    """Return how similar a wording is by the meaning of its tokens."""
    cosines = form.vectors @ answer.vectors.T
    best = answer.best(cosines)
    against = contradictions(answer, form, cosines)
    blocked = np.array([code is not None for code in against])
    raw, _window = _nearest_window(answer, form, best)
    otherwise = _likely(form, raw)
    if not blocked.any():
        return _found(answer, form, best, otherwise)

    free = np.where(blocked, 0.0, best).astype(np.float32)
    found = _found(answer, form, free, otherwise)
    if found.similarity >= THRESHOLD or otherwise < THRESHOLD:
        return found
    shares = np.where(blocked, covered_share(best, form.weights), -1.0)
    return found._replace(contradiction=against[int(shares.argmax())])


def _found(answer: Reading, form: Form, best: Floats, otherwise: float) -> _Found:
    score, window = _nearest_window(answer, form, best)
    span = _nearest_span(answer, form, best, window)
    return _Found(_likely(form, score), span, None, otherwise)


def _likely(form: Form, score: float) -> float:
    """Return a score as a likelihood, by the language of the wording."""
    middle = COVERED_FROM["zh" if _HAN.search(form.text) else "en"]
    return 1 / (1 + math.exp(-(score - middle) / SCALE))


def _nearest_window(answer: Reading, form: Form, best: Floats) -> tuple[float, Span]:
    """Return the similarity to two neighbouring sentences, and which of these say most of it."""
    mixed = partners(answer.windows(best), best)
    window = int(covered_share(mixed, form.weights).argmax())
    within = Span(window, min(window + 2, len(answer.sentences)))
    return likeness(mixed, form, form.weights), within


def _nearest_span(answer: Reading, form: Form, best: Floats, window: Span) -> str:
    """Return the shortest run of clauses in a window that is nearly as similar as the best one."""
    found: list[tuple[float, Span]] = []
    for number in range(*window):
        low, high = np.searchsorted(answer.sentence, [number, number + 1]).tolist()
        within = best[:, low:high]
        for length in range(1, 1 + min(SPAN_CLAUSES, high - low)):
            within = (
                np.maximum(within[:, :-1], best[:, low + length - 1 : high])
                if length > 1
                else within
            )
            scores = covered_share(partners(within, best), form.weights).tolist()
            found += [(score, Span(low + k, low + k + length)) for k, score in enumerate(scores)]
    top = max(score for score, _run in found)
    if top <= 0:
        return ""
    near = [
        Span(answer.clauses[run.start].start, answer.clauses[run.stop - 1].stop)
        for score, run in found
        if score >= top - NEARLY
    ]
    return min((answer.text[start:stop].strip() for start, stop in near), key=len)


def contradictions(answer: Reading, form: Form, cosines: Floats) -> list[Contradiction | None]:
    """Return for each clause what in it speaks against the wording."""
    # The thesaurus knows the Chinese names; those of another language it would take for missing.
    if _HAN.search(form.text) and terms.unnamed_drugs(form.text, answer.text):
        return ["drug"] * len(answer.clauses)
    codes: list[Contradiction | None] = [
        "negation" if denied else None for denied in _denying(answer, form, cosines)
    ]
    wanted, measured = sides.sides(form.text), quantities.quantities(form.text)
    opposed = [sides.conflict(wanted, found) for found in answer.sides] if wanted else []
    for number in range(len(codes) if wanted or measured else 0):
        if opposed:
            codes[number] = codes[number] or opposed[int(answer.sentence[number])]
        if measured and quantities.conflict(measured, answer.quantities[number]):
            codes[number] = codes[number] or "number"
    return codes


def _denying(answer: Reading, form: Form, cosines: Floats) -> list[bool]:
    """Return which clauses deny what the wording affirms, or affirm what it denies."""
    if not answer.denied.any() and not form.denied.any():
        return [False] * len(answer.clauses)
    denied = answer.best(np.where(answer.denied, cosines, -1.0).astype(np.float32))
    affirmed = answer.best(np.where(answer.denied, -1.0, cosines).astype(np.float32))
    best = np.maximum(denied, affirmed)
    differ = (denied > affirmed) != form.denied[:, None]
    # A word speaks where it is said best: another clause's denial is not about it.
    here = form.weights[:, None] * (best >= best.max(axis=1, keepdims=True) - NEARLY)
    share = (differ * here).sum(axis=0) / np.maximum(here.sum(axis=0), 1e-9)
    similar = covered_share(best, form.weights)
    return list((share > DENIED_SHARE) & (similar >= SAME_THING))
