"""Choose the threshold of key-point matching, and measure the matcher beside two simpler ones.

    REAL_DATA=../shared/data python -m benchmarks.keypoint_threshold

English: the human labels of K-QA, five folds grouped by question. Chinese, where nobody has
labelled points: three comparisons in which the answer is known or nearly so. Prints JSON; the
figures stand in docs/metrics.md. Needs requirements-test.txt; five minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import GroupKFold

from benchmarks.build_real_challenge import ROOT, DataMissing, key_point, read_lines, real_data
from evaluator.answers import final_answer
from evaluator.encoders import DEFAULT, Encoder, Tokens, load_encoder
from evaluator.items import KeyPoint, Reference, load_items, load_references
from evaluator.metrics import keypoints

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FOLDS = 5
RESAMPLES = 2_000
STEP = 0.05
GRID = [round(STEP * step, 2) for step in range(4, 15)]
SAMPLE_SETS = ("MedHC", "CMB-Clin-extended")
KEPT_WORDS = 1 / 3
_CLAUSE = re.compile(r"[^。！？；，\n]+[。！？；，\n]*")


class Pair(NamedTuple):
    """An answer, a point, whether the answer covers it, and what the pair is grouped by."""

    answer: str
    point: str
    covered: bool
    group: str


class Matcher(NamedTuple):
    """A way to say how similar a point is to an answer."""

    name: str
    similarity: Callable[[str, Tokens, str, Tokens], float]


def ours(answer: str, read: Tokens, point: str, form: Tokens) -> float:
    """Return the similarity that scoring uses."""
    return keypoints.match(answer, read, KeyPoint(text=point), (form,)).similarity


def word_overlap(answer: str, read: Tokens, point: str, form: Tokens) -> float:
    """Return the share of the point's words that stand anywhere in the answer."""
    return keypoints.word_overlap(keypoints.words(point), keypoints.words(answer))


def mean_token_similarity(answer: str, read: Tokens, point: str, form: Tokens) -> float:
    """Return the mean over the point's tokens of the best cosine with a token of the answer."""
    if read.empty or form.empty:
        return 0.0
    return float((form.vectors[1:-1] @ read.vectors[1:-1].T).max(axis=1).mean())


def worst_quarter_similarity(answer: str, read: Tokens, point: str, form: Tokens) -> float:
    """Return the mean of the lowest quarter of those cosines."""
    if read.empty or form.empty:
        return 0.0
    best = np.sort((form.vectors[1:-1] @ read.vectors[1:-1].T).max(axis=1))
    return float(best[: max(1, round(len(best) / 4))].mean())


OURS = Matcher("ours", ours)
PEERS = (
    Matcher("word_overlap", word_overlap),
    Matcher("mean_token_similarity", mean_token_similarity),
    Matcher("worst_quarter_similarity", worst_quarter_similarity),
)


def english() -> list[Pair]:
    """Return K-QA's pairs; neutral and contradicted points are not covered."""
    lines = read_lines(real_data("k_qa") / "k_qa" / "claims.jsonl")
    return [
        Pair(line["answer"], line["point"], line["majority"] == "Entailment", line["question"])
        for line in lines
    ]


def sample_references() -> list[Reference]:
    """Return the references of the shipped open questions."""
    folders = [ROOT / "challenge" / "main" / name for name in SAMPLE_SETS]
    return [
        references[0]
        for folder in folders
        for references in load_references(folder, load_items(folder)).values()
    ]


def own_and_other(references: Sequence[Reference]) -> list[Pair]:
    """Pair each point with its own reference answer and with every other item's."""
    return [
        Pair(other.answer, point, other is reference, str(number))
        for number, reference in enumerate(references)
        for point in _wanted(reference)
        for other in references
    ]


def own_and_cut(references: Sequence[Reference]) -> list[Pair]:
    """Pair each point with its own reference answer, whole and without what says the point."""
    return [
        Pair(answer, point, answer is reference.answer, str(number))
        for number, reference in enumerate(references)
        for point in _wanted(reference)
        for answer in (reference.answer, cut(reference.answer, point))
    ]


def cut(answer: str, point: str) -> str:
    """Return the answer without the clauses that share most words with the point.

    Clauses go until at most a third of the point's neighbouring pairs of characters are left.
    """
    wanted = _bigrams(point)
    clauses = _CLAUSE.findall(answer)
    while len(clauses) > 1 and len(wanted & _bigrams("".join(clauses))) > KEPT_WORDS * len(wanted):
        clauses.remove(max(clauses, key=lambda clause: len(wanted & _bigrams(clause))))
    return "".join(clauses)


class Case(NamedTuple):
    """A hospital's diagnoses and what GPT-4 wrote; its grade by a GPT-4 judge (2 best) or None."""

    answer: str
    diagnoses: list[str]
    grade: int | None


def hospital_cases() -> list[Case]:
    """Return the cases of ai_hospital with GPT-4's answers, which differ in wording."""
    folder = real_data("ai_hospital") / "ai_hospital"
    answers = {
        line["other"]["id"]: final_answer(line["answer"])
        for line in read_lines(folder / "predictions" / "gpt4_onestep.jsonl")
    }
    grades = {
        line["id"]: "CBA".index(line["diagnosis_choice"]) if line["diagnosis_choice"] else None
        for line in read_lines(folder / "judge_gpt4_on_gpt4_onestep.jsonl")
    }
    return [
        Case(
            answers[line["other"]["id"]],
            [
                key_point(point)
                for point, kind in zip(line["point"], line["point_kind"], strict=True)
                if kind == "diagnosis"
            ],
            grades[line["other"]["id"]],
        )
        for line in read_lines(folder / "references.jsonl")
    ]


def answer_of_own_case(cases: Sequence[Case], seed: int) -> list[Pair]:
    """Pair each diagnosis with the answer to its own case and to another, drawn case.

    An answer misses some diagnoses of its own case, and two cases may share one, so even a
    perfect matcher stays below 1 here.
    """
    rng = random.Random(seed)
    pairs = []
    for number, case in enumerate(cases):
        other = (number + rng.randrange(1, len(cases))) % len(cases)
        for point in case.diagnoses:
            pairs += [
                Pair(case.answer, point, True, str(number)),
                Pair(cases[other].answer, point, False, str(number)),
            ]
    return pairs


class Scores:
    """Similarities of pairs, every text read once by the encoder."""

    def __init__(self, encoder: Encoder, sets: Iterable[Sequence[Pair]]) -> None:
        texts = list(dict.fromkeys(text for pairs in sets for pair in pairs for text in pair[:2]))
        self._tokens = dict(zip(texts, encoder.tokens(texts), strict=True))

    def of(self, pairs: Sequence[Pair], matcher: Matcher) -> Floats:
        """Return one similarity a pair."""
        return np.array(
            [
                matcher.similarity(
                    pair.answer, self._tokens[pair.answer], pair.point, self._tokens[pair.point]
                )
                for pair in pairs
            ]
        )


def best_threshold(labels: Bools, scores: Floats) -> float:
    """Return the score from which on covered gives the highest balanced accuracy."""
    candidates = np.unique(scores)
    accuracies = [balanced_accuracy_score(labels, scores >= candidate) for candidate in candidates]
    return float(candidates[int(np.argmax(accuracies))])


def cross_validate(pairs: Sequence[Pair], scores: Floats, seed: int) -> dict[str, object]:
    """Choose the threshold on four folds of questions and test it on the fifth, in turn."""
    labels = _labels(pairs)
    folds = GroupKFold(FOLDS, shuffle=True, random_state=seed)
    decided = np.zeros(len(pairs), dtype=bool)
    thresholds = []
    for train, test in folds.split(scores, groups=[pair.group for pair in pairs]):
        thresholds.append(best_threshold(labels[train], scores[train]))
        decided[test] = scores[test] >= thresholds[-1]
    return {
        "balanced_accuracy_held_out": balanced_accuracy_score(labels, decided),
        "thresholds": thresholds,
        "threshold_on_all": best_threshold(labels, scores),
    }


def auc_lead(pairs: Sequence[Pair], a: Floats, b: Floats, seed: int) -> dict[str, object]:
    """Return AUC of a − AUC of b with a 95 % interval; the groups are what is drawn."""
    labels = _labels(pairs)
    rows = defaultdict(list)
    for number, pair in enumerate(pairs):
        rows[pair.group].append(number)
    groups = list(rows.values())
    rng = np.random.default_rng(seed)
    leads = []
    while len(leads) < RESAMPLES:
        drawn = np.concatenate([groups[i] for i in rng.integers(len(groups), size=len(groups))])
        if labels[drawn].any() and not labels[drawn].all():
            difference = [roc_auc_score(labels[drawn], scores[drawn]) for scores in (a, b)]
            leads.append(difference[0] - difference[1])
    value = roc_auc_score(labels, a) - roc_auc_score(labels, b)
    return {"value": value, "interval": np.quantile(leads, [0.025, 0.975]).tolist()}


def rates(pairs: Sequence[Pair], scores: Floats, threshold: float) -> dict[str, float]:
    """Return the share found covered among pairs that should be and among the others."""
    labels = _labels(pairs)
    return {
        "threshold": threshold,
        "covered_of_true": float((scores[labels] >= threshold).mean()),
        "covered_of_false": float((scores[~labels] >= threshold).mean()),
        "balanced_accuracy": balanced_accuracy_score(labels, scores >= threshold),
    }


def judged(cases: Sequence[Case], scores: Scores) -> dict[str, float]:
    """Return by threshold Spearman's correlation of recall of diagnoses with the judge's grade."""
    graded = [case for case in cases if case.grade is not None]
    similarities = [
        scores.of([Pair(case.answer, point, True, "") for point in case.diagnoses], OURS)
        for case in graded
    ]
    grades = [case.grade for case in graded]
    return {
        str(threshold): float(
            spearmanr([(found >= threshold).mean() for found in similarities], grades).statistic
        )
        for threshold in GRID
    }


def report(encoder: Encoder, seed: int) -> dict[str, object]:
    """Measure everything."""
    references, cases = sample_references(), hospital_cases()
    sets = {
        "k_qa": english(),
        "sample_own_or_other_reference": own_and_other(references),
        "sample_own_reference_whole_or_cut": own_and_cut(references),
        "ai_hospital_gpt4_own_or_other_case": answer_of_own_case(cases, seed),
    }
    scores = Scores(encoder, sets.values())
    _labelled, *chinese = sets.values()
    return {
        "encoder": encoder.signature,
        "seed": seed,
        "threshold_in_use": keypoints.THRESHOLD,
        "threshold_for_chinese": choose(chinese, scores),
        **{name: measure(pairs, scores, seed) for name, pairs in sets.items()},
        "ai_hospital_judge_spearman": judged(cases, scores),
    }


def measure(pairs: Sequence[Pair], scores: Scores, seed: int) -> dict[str, object]:
    """Measure every matcher on one set."""
    labels = _labels(pairs)
    found = {matcher.name: scores.of(pairs, matcher) for matcher in (OURS, *PEERS)}
    best = found[OURS.name]
    return {
        "pairs": len(pairs),
        "covered": int(labels.sum()),
        "auc": {name: roc_auc_score(labels, values) for name, values in found.items()},
        "auc_lead_of_ours": {
            peer.name: auc_lead(pairs, best, found[peer.name], seed) for peer in PEERS
        },
        "cross_validation": {
            name: cross_validate(pairs, values, seed) for name, values in found.items()
        },
        "rates": [rates(pairs, best, threshold) for threshold in GRID],
    }


def choose(sets: Sequence[Sequence[Pair]], scores: Scores) -> dict[str, object]:
    """Return the mean of the sets' own best thresholds, to the next 0.05, and what it costs.

    A mean of balanced accuracies would follow the set whose curve is steepest, and that is the one
    whose true points were written together with the answers.
    """
    found = [(pairs, scores.of(pairs, OURS)) for pairs in sets]
    best = [best_threshold(_labels(pairs), values) for pairs, values in found]
    accuracies = {
        threshold: float(
            np.mean(
                [rates(pairs, values, threshold)["balanced_accuracy"] for pairs, values in found]
            )
        )
        for threshold in GRID
    }
    return {
        "chosen": round(round(float(np.mean(best)) / STEP) * STEP, 2),
        "best_of_each": best,
        "balanced_accuracy": accuracies,
    }


def _labels(pairs: Sequence[Pair]) -> Bools:
    return np.array([pair.covered for pair in pairs])


def _wanted(reference: Reference) -> list[str]:
    return [point.text for point in reference.point if point.kind != "forbidden"]


def _bigrams(text: str) -> frozenset[str]:
    letters = "".join(c for c in text.casefold() if c.isalnum())
    return frozenset(letters[i : i + 2] for i in range(len(letters) - 1))


def main() -> int:
    """Read the data named by REAL_DATA, measure, print."""
    parser = argparse.ArgumentParser(description="Measure key-point matching; choose a threshold.")
    parser.add_argument("--encoder", default=DEFAULT, help="packaged, hub:<id> or path:<folder>")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    try:
        found = report(load_encoder(options.encoder), options.seed)
    except DataMissing as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(found, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
