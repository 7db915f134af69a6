"""Measure an encoder's BERTScore baseline: the raw F1 of answers against references of other cases.

    python -m benchmarks.bertscore_baseline --encoder packaged

Real answers of three systems (ai_hospital) meet references of other cases, a third of them from
each of three sets, so that the figure belongs to no single task. Prints JSON; `mean` goes into
evaluator/encoders/baselines.py under `signature`. Takes about three minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from evaluator.encoders import DEFAULT, Encoder, load_encoder
from evaluator.metrics.bertscore import greedy_match

ANSWERED = "ai_hospital"
REFERENCE_SETS = (ANSWERED, "cmb_clin", "tcm_ft")
DEFAULT_DATA = Path(__file__).resolve().parents[1] / "../shared/data"


class Pair(NamedTuple):
    """An answer and a reference of another case, and the set the reference comes from."""

    answer: str
    reference: str
    source: str


def read_answers(path: Path) -> dict[str, str]:
    """Return the texts of a file by item; `source` keeps equal ids of two sets apart."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {f"{line['other']['source']} {line['other']['id']}": line["answer"] for line in lines}


def unrelated_pairs(
    answers: Sequence[Mapping[str, str]],
    references: Mapping[str, Mapping[str, str]],
    count: int,
    seed: int,
) -> list[Pair]:
    """Draw `count` pairs, the sets in turn, no case against itself, no empty answer."""
    rng = random.Random(seed)
    given = [(item, text) for system in answers for item, text in system.items() if text.strip()]
    pairs: list[Pair] = []
    while len(pairs) < count:
        source = REFERENCE_SETS[len(pairs) % len(REFERENCE_SETS)]
        item, answer = rng.choice(given)
        other, reference = rng.choice(list(references[source].items()))
        if other != item:
            pairs.append(Pair(answer, reference, source))
    return pairs


def measure(encoder: Encoder, pairs: Sequence[Pair]) -> list[float]:
    """Return the raw F1 of each pair; every text is read once."""
    texts = list(dict.fromkeys(text for pair in pairs for text in (pair.answer, pair.reference)))
    tokens = dict(zip(texts, encoder.tokens(texts), strict=True))
    return [greedy_match(tokens[pair.answer], tokens[pair.reference]).f1 for pair in pairs]


def report(encoder: Encoder, pairs: Sequence[Pair], seed: int) -> dict[str, object]:
    """Measure and summarise; `by_set` shows how far the baseline depends on the task."""
    scores = measure(encoder, pairs)
    by_set = {
        source: statistics.fmean(
            score for pair, score in zip(pairs, scores, strict=True) if pair.source == source
        )
        for source in REFERENCE_SETS
    }
    return {
        "encoder": encoder.name,
        "signature": encoder.signature,
        "mean": statistics.fmean(scores),
        "sd": statistics.stdev(scores),
        "n": len(scores),
        "seed": seed,
        "by_set": by_set,
    }


def main() -> None:
    """Read the data named by REAL_DATA, measure, print."""
    parser = argparse.ArgumentParser(description="Measure an encoder's BERTScore baseline.")
    parser.add_argument("--encoder", default=DEFAULT, help="packaged, hub:<id> or path:<folder>")
    parser.add_argument("--pairs", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    data = Path(os.environ.get("REAL_DATA", DEFAULT_DATA))
    answers = [read_answers(path) for path in sorted((data / ANSWERED / "predictions").iterdir())]
    references = {name: read_answers(data / name / "references.jsonl") for name in REFERENCE_SETS}
    pairs = unrelated_pairs(answers, references, options.pairs, options.seed)
    print(json.dumps(report(load_encoder(options.encoder), pairs, options.seed), indent=2))


if __name__ == "__main__":
    main()
