"""Choose how key points are aligned, by nested cross-validation on labelled pairs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import GroupKFold

from benchmarks.keypoint_pairs import Pair
from evaluator.encoders import Encoder, Tokens
from evaluator.metrics.keypoints.alignment import Form, form, likeness, partners
from evaluator.metrics.keypoints.depth import DEPTH, shallow
from evaluator.metrics.keypoints.matching import contradictions
from evaluator.metrics.keypoints.reading import Reading, read
from evaluator.metrics.legible import legible

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FOLDS = 5
RESAMPLES = 2_000
MIDDLES = (0, 5, 6, 7, 8, 9)
WEIGHTS = ("plain", "rarity", "rarity and topic")
WORST_SHARES = (0.5, 0.7, 1.0)
LOCAL_SHARES = (0.3, 0.5, 0.7)
WORST_PARTS = (0.5, 1.0)


class Choice(NamedTuple):
    """One way to align: the layer beside the last one (0: none), and alignment's constants."""

    middle: int
    weights: str
    worst_share: float
    local_share: float
    worst_parts: float


CHOICES = [
    Choice(*values) for values in product(MIDDLES, WEIGHTS, WORST_SHARES, LOCAL_SHARES, WORST_PARTS)
]


class Chosen(NamedTuple):
    """Scores of pairs by what was chosen without their fold, and how often each was chosen."""

    scores: Floats
    choices: dict[str, int]
    thresholds: list[float]
    covered: Bools


def similarities(encoder: Encoder, pairs: Sequence[Pair]) -> dict[Choice, Floats]:
    """Return one similarity a pair for each choice; clauses that contradict are left out."""
    texts = list(dict.fromkeys(legible(text) for pair in pairs for text in pair[:2]))
    last = dict(zip(texts, encoder.tokens(texts), strict=True))
    kept = round(DEPTH * encoder.layers)
    rules = _rules(pairs, last, dict(zip(texts, shallow(encoder, kept).tokens(texts), strict=True)))
    found: dict[Choice, list[float]] = defaultdict(list)
    for middle in MIDDLES:
        half = shallow(encoder, middle).tokens(texts) if middle else list(last.values())
        layers = (last, dict(zip(texts, half, strict=True)))
        for pair, blocked in zip(pairs, rules, strict=True):
            _add(found, middle, pair, layers, blocked)
    return {choice: np.array(values) for choice, values in found.items()}


def nested(pairs: Sequence[Pair], found: dict[Choice, Floats], seed: int) -> Chosen:
    """Choose on four folds of questions by AUC, and score the fifth, in turn.

    Scores of different choices are put on one scale by their mean and spread over all pairs,
    without the labels.
    """
    labels = truth(pairs)
    folds = GroupKFold(FOLDS, shuffle=True, random_state=seed)
    scores, covered = np.zeros(len(pairs)), np.zeros(len(pairs), dtype=np.bool_)
    chosen, thresholds = [], []
    for train, test in folds.split(scores, groups=[pair.group for pair in pairs]):
        best = max(found, key=lambda choice: roc_auc_score(labels[train], found[choice][train]))
        values = found[best]
        scores[test] = (values[test] - values.mean()) / values.std()
        threshold = best_threshold(labels[train], values[train])
        covered[test] = values[test] >= threshold
        chosen.append(str(tuple(best)))
        thresholds.append(threshold)
    return Chosen(scores, dict(Counter(chosen)), thresholds, covered)


def best_threshold(labels: Bools, scores: Floats) -> float:
    """Return the score from which on covered gives the highest balanced accuracy."""
    candidates = np.unique(scores)
    accuracies = [balanced_accuracy_score(labels, scores >= candidate) for candidate in candidates]
    return float(candidates[int(np.argmax(accuracies))])


def lead(pairs: Sequence[Pair], a: Floats, b: Floats, seed: int) -> dict[str, object]:
    """Return AUC of a − AUC of b with a 95 % interval; the groups are what is drawn."""
    labels = truth(pairs)
    rows = defaultdict(list)
    for number, pair in enumerate(pairs):
        rows[pair.group].append(number)
    groups = list(rows.values())
    rng = np.random.default_rng(seed)
    leads: list[float] = []
    while len(leads) < RESAMPLES:
        drawn = np.concatenate([groups[i] for i in rng.integers(len(groups), size=len(groups))])
        if labels[drawn].any() and not labels[drawn].all():
            leads.append(_difference(labels[drawn], a[drawn], b[drawn]))
    interval = np.quantile(leads, [0.025, 0.975]).tolist()
    return {"value": _difference(labels, a, b), "interval": interval}


def truth(pairs: Sequence[Pair]) -> Bools:
    """Return whether each pair is covered."""
    return np.array([pair.covered for pair in pairs])


def _difference(labels: Bools, a: Floats, b: Floats) -> float:
    return float(roc_auc_score(labels, a) - roc_auc_score(labels, b))


def _rules(
    pairs: Sequence[Pair], last: dict[str, Tokens], middle: dict[str, Tokens]
) -> list[Bools]:
    """Return which clauses of each pair's answer contradict its point."""
    found = []
    for pair in pairs:
        answers, forms = _read(pair, (last, middle), pair.topic)
        cosines = _mean([f.vectors @ a.vectors.T for a, f in zip(answers, forms, strict=True)])
        codes = contradictions(answers[0], forms[0], cosines.astype(np.float32))
        found.append(np.array([code is not None for code in codes]))
    return found


def _read(
    pair: Pair, layers: Sequence[dict[str, Tokens]], topic: Sequence[str]
) -> tuple[list[Reading], list[Form]]:
    answer, point = legible(pair.answer), legible(pair.point)
    return (
        [read(answer, layer[answer], "") for layer in layers],
        [form(point, layer[point], topic) for layer in layers],
    )


def _mean(cosines: Sequence[npt.NDArray[np.float32]]) -> Floats:
    return np.mean(cosines, axis=0)


def _add(
    found: dict[Choice, list[float]],
    middle: int,
    pair: Pair,
    layers: Sequence[dict[str, Tokens]],
    blocked: Bools,
) -> None:
    answers, forms = _read(pair, layers, pair.topic)
    cosines = _mean([f.vectors @ a.vectors.T for a, f in zip(answers, forms, strict=True)])
    best = np.where(blocked, 0.0, answers[0].best(cosines.astype(np.float32))).astype(np.float32)
    windows = answers[0].windows(best)
    plain = _read(pair, layers[:1], ())[1][0].weights
    weights = {"plain": np.ones(len(plain)), "rarity": plain, "rarity and topic": forms[0].weights}
    for local in LOCAL_SHARES:
        mixed = partners(windows, best, local)
        for name, worst, parts in product(WEIGHTS, WORST_SHARES, WORST_PARTS):
            score = likeness(mixed, forms[0], weights[name], worst, parts)
            found[Choice(middle, name, worst, local, parts)].append(score)
