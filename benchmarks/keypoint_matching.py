"""Choose how key points are matched, and measure the matcher beside simpler ones.

    REAL_DATA=../shared/data python -m benchmarks.keypoint_matching

English: the human labels of K-QA, nested cross-validation over questions. Chinese: pairs labelled
by two readers, as a check, and comparisons in which the answer is known or nearly so. `--claims`
takes other labels in K-QA's form; with them nothing is chosen. Prints JSON; the figures stand in
docs/metrics.md. Needs requirements-test.txt; ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from benchmarks.build_real_challenge import DataMissing, real_data
from benchmarks.keypoint_choice import Floats, best_threshold, lead, nested, similarities, truth
from benchmarks.keypoint_pairs import (
    CHINESE,
    KEPT_BACK,
    Case,
    Pair,
    chinese,
    english,
    hospital_cases,
    other_names,
    own_and_cut,
    own_and_other,
    own_and_other_case,
    sample_references,
)
from evaluator.encoders import DEFAULT, Encoder, Tokens, load_encoder
from evaluator.items import KeyPoint
from evaluator.metrics import rouge_l
from evaluator.metrics.keypoints import terms
from evaluator.metrics.keypoints.alignment import form
from evaluator.metrics.keypoints.depth import deepened
from evaluator.metrics.keypoints.matching import COVERED_FROM, SCALE, THRESHOLD, Match, match
from evaluator.metrics.keypoints.reading import read
from evaluator.metrics.legible import legible
from evaluator.metrics.said import answer_text


class Measured(NamedTuple):
    """What the matchers say of pairs: our matches, and two simpler similarities."""

    matches: list[Match]
    word_overlap: Floats
    mean_token_similarity: Floats

    @property
    def ours(self) -> Floats:
        """Our similarities."""
        return np.array([found.similarity for found in self.matches])


class Vectors:
    """Token vectors of texts as scoring aligns them, and of the last layer; each text once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._found: dict[str, tuple[Tokens, Tokens]] = {}

    def of(self, texts: Iterable[str]) -> Mapping[str, tuple[Tokens, Tokens]]:
        """Return (deep, last) of each legible text."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._found]
        last = self._encoder.tokens(missing)
        deep = deepened(self._encoder, missing, last, known=False)
        self._found |= dict(zip(missing, zip(deep, last, strict=True), strict=True))
        return self._found


def words(text: str) -> frozenset[str]:
    """Return the Chinese characters, Latin words and numbers of a text."""
    return frozenset(token for token in rouge_l.tokens(text) if token.isalnum())


def measure(vectors: Vectors, pairs: Sequence[Pair]) -> Measured:
    """Match every pair as scoring does, and by the words and tokens of the whole answer."""
    texts = [(answer_text(pair.answer), legible(pair.point)) for pair in pairs]
    others = [terms.renamed(point, answer) for answer, point in texts]
    found = vectors.of(text for text in [*chain.from_iterable(texts), *others] if text)
    answers = {text: read(text, found[text][0]) for text, _point in texts}
    matches, overlaps, means = [], [], []
    for pair, (answer, point), other in zip(pairs, texts, others, strict=True):
        wordings = [point, other] if other else [point]
        written = [form(wording, found[wording][0], pair.topic) for wording in wordings]
        matches.append(match(answers[answer], KeyPoint(text=point), written))
        wanted = words(point)
        overlaps.append(len(wanted & words(answer)) / max(len(wanted), 1))
        cosines = found[point][1].vectors[1:-1] @ found[answer][1].vectors[1:-1].T
        means.append(float(cosines.max(axis=1).mean()) if cosines.size else 0.0)
    return Measured(matches, np.array(overlaps), np.array(means))


def compared(pairs: Sequence[Pair], found: Measured, ours: Floats, seed: int) -> dict[str, object]:
    """Return each matcher's AUC, and our lead over the two others."""
    labels = truth(pairs)
    peers = {
        "word_overlap": found.word_overlap,
        "mean_token_similarity": found.mean_token_similarity,
    }
    scores = {"ours": ours, **peers}
    return {
        "pairs": len(pairs),
        "covered": int(labels.sum()),
        "auc": {name: float(roc_auc_score(labels, values)) for name, values in scores.items()},
        "lead": {name: lead(pairs, ours, values, seed) for name, values in peers.items()},
    }


def decided(pairs: Sequence[Pair], found: Measured) -> dict[str, object]:
    """Return what the threshold in use does, and the cosine that would be the best one."""
    labels, covered = truth(pairs), found.ours >= THRESHOLD
    return {
        "covered_of_true": float(covered[labels].mean()),
        "covered_of_false": float(covered[~labels].mean()),
        "balanced_accuracy": float(balanced_accuracy_score(labels, covered)),
        "best_threshold": best_threshold(labels, cosines(found)),
    }


def cosines(found: Measured, language: str = "zh") -> Floats:
    """Return our similarities as the cosines they come from, to three places."""
    likely = np.clip(found.ours, 1e-6, 1 - 1e-6)
    logits = np.log(likely / (1 - likely))
    return np.round(COVERED_FROM[language] + SCALE * logits, 3)


def labelled(encoder: Encoder, claims: Path, seed: int, *, choose: bool) -> dict[str, object]:
    """Measure on labels of K-QA's form: as we score, and as chosen without each question."""
    pairs = english(claims)
    found = measure(Vectors(encoder), pairs)
    report = {"in_use": compared(pairs, found, found.ours, seed), **decided(pairs, found)}
    report["best_threshold"] = best_threshold(truth(pairs), cosines(found, "en"))
    if not choose:
        return report
    chosen = nested(pairs, similarities(encoder, pairs), seed)
    return report | {
        "out_of_fold": compared(pairs, found, chosen.scores, seed),
        "out_of_fold_balanced_accuracy": float(
            balanced_accuracy_score(truth(pairs), chosen.covered)
        ),
        "choices": chosen.choices,
        "thresholds": chosen.thresholds,
    }


def by_kind(pairs: Sequence[Pair], found: Measured) -> dict[str, dict[str, float]]:
    """Return for each kind of pair how many there are and the share decided rightly."""
    right = defaultdict(list)
    for pair, one in zip(pairs, found.matches, strict=True):
        right[pair.kind].append((pair.covered, one.covered == pair.covered))
    return {
        kind: {
            "pairs": len(rows),
            "covered": sum(covered for covered, _ok in rows),
            "accuracy": float(np.mean([ok for _covered, ok in rows])),
            **{
                name: float(np.mean([ok for covered, ok in rows if covered is wanted]))
                for name, wanted in (("accuracy_of_true", True), ("accuracy_of_false", False))
                if any(covered is wanted for covered, _ok in rows)
            },
        }
        for kind, rows in sorted(right.items())
    }


def by_readers(vectors: Vectors, pairs: Sequence[Pair], seed: int) -> dict[str, object]:
    """Measure on pairs labelled by readers, in all and by kind."""
    found = measure(vectors, pairs)
    kinds = {"kinds": by_kind(pairs, found)}
    return compared(pairs, found, found.ours, seed) | decided(pairs, found) | kinds


def judged(cases: Sequence[Case], found: Measured) -> dict[str, float]:
    """Return Spearman's correlation of recall of diagnoses with the GPT-4 judge's grade."""
    rows = iter(zip(found.matches, found.mean_token_similarity, strict=True))
    graded = [
        (case.grade, [next(rows) for _point in case.diagnoses])
        for case in cases
        if case.grade is not None
    ]
    grades = [grade for grade, _rows in graded]
    recalls = [np.mean([one.covered for one, _mean in case]) for _grade, case in graded]
    similar = [np.mean([one.similarity for one, _mean in case]) for _grade, case in graded]
    means = [np.mean([mean for _one, mean in case]) for _grade, case in graded]
    return {
        name: float(spearmanr(values, grades).statistic)
        for name, values in (
            ("recall", recalls),
            ("mean_similarity", similar),
            ("mean_token_similarity", means),
        )
    }


def report(encoder: Encoder, seed: int) -> dict[str, object]:
    """Measure everything; nothing Chinese is chosen but the threshold, by the built pairs."""
    references, cases = sample_references(), hospital_cases()
    built = {
        "sample_own_or_other_reference": own_and_other(references),
        "sample_own_reference_whole_or_cut": own_and_cut(references),
        "names_own_or_other": other_names(),
        "ai_hospital_gpt4_own_or_other_case": own_and_other_case(cases, seed),
    }
    vectors = Vectors(encoder)
    found = {name: measure(vectors, pairs) for name, pairs in built.items()}
    best = {name: best_threshold(truth(p), cosines(found[name])) for name, p in built.items()}
    graded = [pair for case in cases if case.grade is not None for pair in case.pairs()]
    return {
        "encoder": encoder.signature,
        "seed": seed,
        "thresholds_in_use": COVERED_FROM,
        "k_qa": labelled(encoder, real_data("k_qa") / "k_qa" / "claims.jsonl", seed, choose=True),
        "chinese_threshold": {"best": best, "mean": math.fsum(best.values()) / len(best)},
        **{
            name: compared(pairs, found[name], found[name].ours, seed) | decided(pairs, found[name])
            for name, pairs in built.items()
        },
        "chinese_pairs": by_readers(vectors, chinese(CHINESE), seed),
        "chinese_pairs_kept_back": by_readers(vectors, chinese(KEPT_BACK), seed),
        "ai_hospital_judge_spearman": judged(cases, measure(vectors, graded)),
    }


def main() -> int:
    """Read the data named by REAL_DATA, measure, print."""
    parser = argparse.ArgumentParser(description="Measure key-point matching and choose for it.")
    parser.add_argument("--encoder", default=DEFAULT, help="packaged, hub:<id> or path:<folder>")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--claims", type=Path, help="other labels in K-QA's form; choose nothing")
    options = parser.parse_args()
    encoder = load_encoder(options.encoder)
    try:
        if options.claims:
            found = labelled(encoder, options.claims, options.seed, choose=False)
        else:
            found = report(encoder, options.seed)
    except DataMissing as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(found, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
