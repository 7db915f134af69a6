"""Does an answer cover a key point? Literally, or by its words and the meaning of its tokens."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from evaluator.answers import normalised
from evaluator.encoders import Tokens
from evaluator.encoders.tokens import Floats
from evaluator.items import KeyPoint
from evaluator.metrics import rouge_l

# Chosen by benchmarks/keypoint_threshold.py; docs/metrics.md has the figures.
THRESHOLD = 0.4
WORST_SHARE = 0.5
# The packaged encoder's cosines begin about here, even between unrelated texts.
UNRELATED = 0.75
WINDOW_SENTENCES = 2
SPAN_CLAUSES = 4
NEARLY = 0.05
# A point's last mark says nothing of its content; the answer may go on with a comma.
EDGES = " 。.,;:、"

# A full stop after a digit numbers a list.
_SENTENCE = re.compile(r".+?(?:[。！？；!?;\n]+|(?<!\d)\.(?=\s|$)|$)", re.DOTALL)
_CLAUSE = re.compile(r".+?(?:，|,(?!\d)|$)", re.DOTALL)


class Match(NamedTuple):
    """One key point against one answer: covered or not, how similar (0 to 1), and by which span.

    The span is the shortest run of clauses that comes nearest; empty if nothing comes near.
    """

    point: str
    covered: bool
    similarity: float
    span: str


class Span(NamedTuple):
    """A part of a text, from its first character to one past the last."""

    start: int
    stop: int


class _Form(NamedTuple):
    """One wording of a point: its words, and the cosines of its tokens with the answer's.

    `places` says where each of the answer's tokens begins.
    """

    words: frozenset[str]
    cosines: Floats
    places: Sequence[int]


class _Found(NamedTuple):
    """A span, and how similar a form of a point is to it."""

    similarity: float
    span: Span


def match(text: str, answer: Tokens, point: KeyPoint, forms: tuple[Tokens, ...]) -> Match:
    """Compare one point, in all its forms, with an answer.

    A point that stands in the answer literally is covered. Any other is as similar as to the two
    neighbouring sentences that say it best: its words scattered over a long answer are not it.
    """
    answered = normalised(text)
    if not answered:
        return Match(point.text, False, 0.0, "")
    written = (point.text, *point.aliases)
    for form in written:
        wording = normalised(form).strip(EDGES)
        if wording and wording in answered:
            return Match(point.text, True, 1.0, _literal_span(wording, text))

    sentences = _parts(_SENTENCE, text, Span(0, len(text)))
    windows = _runs(sentences, WINDOW_SENTENCES)
    read = [_form(*pair, answer) for pair in zip(written, forms, strict=True)]
    best, nearest = max(
        ((found, form) for form in read for found in _compare(form, text, windows)),
        key=lambda pair: pair[0].similarity,
    )
    span = _nearest_span(nearest, text, best.span)
    return Match(point.text, best.similarity >= THRESHOLD, best.similarity, span)


def words(text: str) -> frozenset[str]:
    """Return the Chinese characters, Latin words and numbers of a text.

    >>> sorted(words("CT 检查：38 ℃"))
    ['38', 'c', 'ct', '查', '检']
    """
    return frozenset(token for token in rouge_l.tokens(text) if token.isalnum())


def word_overlap(wanted: frozenset[str], found: frozenset[str]) -> float:
    """Return the share of the words wanted that are found; 0 if none is wanted.

    >>> word_overlap(words("胸部CT"), words("头颅 CT 未见异常，胸痛"))
    0.6666666666666666
    """
    return len(wanted & found) / len(wanted) if wanted else 0.0


def _form(written: str, tokens: Tokens, answer: Tokens) -> _Form:
    cosines: Floats = tokens.vectors[1:-1] @ answer.vectors[1:-1].T
    return _Form(words(written), cosines, answer.spans[1:-1, 0].tolist())


def _compare(form: _Form, text: str, spans: Sequence[Span]) -> list[_Found]:
    """Return how similar the form is to each span of the answer.

    Half the similarity is the share of the form's words in the span, half is meaning: the cosines
    of the worse half of the form's tokens, each with its best partner. Words keep related diseases
    apart, whose vectors are alike; vectors know a paraphrase that shares no word; and a point is
    only as covered as its less covered part.
    """
    found = []
    for span in spans:
        overlap = word_overlap(form.words, words(text[span.start : span.stop]))
        low, high = (bisect_left(form.places, edge) for edge in span)
        partners = form.cosines[:, low:high].max(axis=1, initial=0.0)
        worst = np.sort(partners)[: max(1, round(len(partners) * WORST_SHARE))]
        cosine = float(worst.mean()) if len(worst) else 0.0
        meaning = min(max((cosine - UNRELATED) / (1 - UNRELATED), 0.0), 1.0)
        found.append(_Found((overlap + meaning) / 2, span))
    return found


def _literal_span(wording: str, text: str) -> str:
    """Return the shortest run of clauses that contains a normalised wording.

    It is the wording itself where that goes on beyond a sentence.
    """
    sentences = _parts(_SENTENCE, text, Span(0, len(text)))
    runs = (_text(text, run) for sentence in sentences for run in _clause_runs(text, sentence))
    return min((run for run in runs if wording in normalised(run)), key=len, default=wording)


def _nearest_span(form: _Form, text: str, window: Span) -> str:
    """Return the shortest run of clauses in a window that is nearly as similar as the best one."""
    found = _compare(form, text, _clause_runs(text, window))
    best = max(one.similarity for one in found)
    if best <= 0:
        return ""
    near = [one.span for one in found if one.similarity >= best - NEARLY]
    return min((_text(text, span) for span in near), key=len)


def _clause_runs(text: str, within: Span) -> list[Span]:
    """Return every run of neighbouring clauses of one sentence."""
    return [
        run
        for sentence in _parts(_SENTENCE, text, within)
        for run in _runs(_parts(_CLAUSE, text, sentence), SPAN_CLAUSES)
    ]


def _parts(pattern: re.Pattern[str], text: str, within: Span) -> list[Span]:
    found = pattern.finditer(text, *within)
    return [Span(*part.span()) for part in found if part.group().strip()]


def _runs(parts: Sequence[Span], longest: int) -> list[Span]:
    """Return every run of neighbouring parts up to a number of them."""
    return [
        Span(part.start, last.stop)
        for number, part in enumerate(parts)
        for last in parts[number : number + longest]
    ]


def _text(text: str, span: Span) -> str:
    return text[span.start : span.stop].strip()
