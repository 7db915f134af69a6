"""Does an answer cover a key point? Literally, or by the meaning of the point's tokens."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evaluator.answers import normalised
from evaluator.encoders import Tokens
from evaluator.items import KeyPoint

# Chosen on K-QA by benchmarks/keypoint_threshold.py; docs/metrics.md has the figures.
THRESHOLD = 0.9
WORST_SHARE = 0.25


class Match(NamedTuple):
    """One key point against one answer: covered or not, how similar (0 to 1), and by which span."""

    point: str
    covered: bool
    similarity: float
    span: str


def match(text: str, answer: Tokens, point: KeyPoint, forms: tuple[Tokens, ...]) -> Match:
    """Compare one point, in all its forms, with an answer."""
    answered = normalised(text)
    if not answered:
        return Match(point.text, False, 0.0, "")
    for form in (point.text, *point.aliases):
        if normalised(form) in answered:
            return Match(point.text, True, 1.0, form)
    best = max((_similarity(answer, form) for form in forms), default=0.0)
    return Match(point.text, best >= THRESHOLD, best, _span(text, answer, forms))


def _similarity(answer: Tokens, form: Tokens) -> float:
    """Return the mean similarity of the worst quarter of the form's tokens.

    A point is as covered as its least covered part: a mean over all tokens would forgive the one
    word that matters.
    """
    best = _similarities(answer, form).max(axis=1, initial=0.0)
    worst = np.sort(best)[: max(1, round(len(best) * WORST_SHARE))]
    return float(np.clip(worst.mean(), 0.0, 1.0)) if len(worst) else 0.0


def _similarities(answer: Tokens, form: Tokens) -> np.ndarray:
    return form.vectors[1:-1] @ answer.vectors[1:-1].T


def _span(text: str, answer: Tokens, forms: tuple[Tokens, ...]) -> str:
    """Return the part of the answer between the first and last best partner of the point."""
    partners = [
        int(partner)
        for form in forms[:1]
        for partner in _similarities(answer, form).argmax(axis=1)
        if len(answer.spans) > 2
    ]
    if not partners:
        return ""
    low, high = np.percentile(partners, [25, 75]).astype(int)
    return text[answer.spans[low + 1][0] : answer.spans[high + 1][1]]
