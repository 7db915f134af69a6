"""Print one table of what the scores are worth: key points, oracles, canaries.

    REAL_DATA=../shared/data python -m benchmarks.validity

Key points: agreement with the human labels of K-QA, out of fold, with the Chinese pairs labelled
by two readers, and with a GPT-4 judge's grades. Oracles: largest differences to the tools our
metrics are checked against. Canaries: what they score alone, and gain appended to real answers.
Intervals are 95 %, resampling questions or answers. Fails if a canary breaks its rule.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import cohen_kappa_score

from benchmarks.build_real_challenge import DataMissing, read_lines, real_data
from benchmarks.canaries import outcomes
from benchmarks.keypoint_choice import RESAMPLES
from benchmarks.keypoint_matching import Vectors, by_kind, compared, judged, labelled, measure
from benchmarks.keypoint_pairs import CHINESE, KEPT_BACK, Pair, chinese, hospital_cases
from benchmarks.oracles import differences
from evaluator.encoders import DEFAULT, Encoder, load_encoder

CASES = 20
RULE = "alone ≤ baseline, gain ≤ 0.01"


class Row(NamedTuple):
    """One line of the table; `interval` and `note` may be missing."""

    part: str
    measure: str
    value: float
    interval: tuple[float, float] | None = None
    note: str = ""


def k_qa(encoder: Encoder, seed: int) -> Iterator[Row]:
    """Yield the AUC on K-QA's labels and our lead, as chosen without each question."""
    claims = real_data("k_qa") / "k_qa" / "claims.jsonl"
    found: Any = labelled(encoder, claims, seed, choose=True)
    held_out, part = found["out_of_fold"], "K-QA, out of fold"
    for name, value in held_out["auc"].items():
        note = f"{held_out['pairs']} pairs, {held_out['covered']} covered" if name == "ours" else ""
        yield Row(part, f"AUC {_plain(name)}", value, note=note)
    for name, lead in held_out["lead"].items():
        yield Row(part, f"AUC ours − {_plain(name)}", lead["value"], tuple(lead["interval"]))
    yield Row(part, "balanced accuracy ours", found["out_of_fold_balanced_accuracy"])


def chinese_pairs(encoder: Encoder, part: str, path: Path, seed: int) -> Iterator[Row]:
    """Yield how far the readers agree, and our accuracy on the pairs on which they do."""
    readers = np.array([line["covered"] for line in read_lines(path)])
    agreed = float((readers[:, 0] == readers[:, 1]).mean())
    kappa = float(cohen_kappa_score(readers[:, 0], readers[:, 1]))
    yield Row(part, "readers agree", agreed, note=f"{len(readers)} pairs; readers: models")
    yield Row(part, "readers' Cohen κ", kappa)

    pairs = chinese(path)
    found = measure(Vectors(encoder), pairs)
    aucs: Any = compared(pairs, found, found.ours, seed)["auc"]
    for name, value in aucs.items():
        yield Row(part, f"AUC {_plain(name)}", value)
    right = [one.covered == pair.covered for pair, one in zip(pairs, found.matches, strict=True)]
    yield Row(part, "accuracy, all", float(np.mean(right)), clustered(pairs, right, seed))
    for kind, rates in by_kind(pairs, found).items():
        chosen = [number for number, pair in enumerate(pairs) if pair.kind == kind]
        interval = clustered([pairs[k] for k in chosen], [right[k] for k in chosen], seed)
        note = f"{rates['pairs']} pairs, {rates['covered']} covered"
        yield Row(part, f"accuracy, {kind}", rates["accuracy"], interval, note)


def clustered(pairs: Sequence[Pair], right: Sequence[bool], seed: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, drawing groups of pairs."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for pair, one in zip(pairs, right, strict=True):
        groups[pair.group].append(one)
    sums = np.array([[sum(rows), len(rows)] for rows in groups.values()], dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(len(sums), size=(RESAMPLES, len(sums)))
    totals = sums[drawn].sum(axis=1)
    low, high = np.quantile(totals[:, 0] / totals[:, 1], [0.025, 0.975])
    return float(low), float(high)


def hospital(encoder: Encoder) -> Iterator[Row]:
    """Yield the correlations of diagnosis points with the judge's grade."""
    part = "ai_hospital, Spearman"
    cases = hospital_cases()
    graded = [pair for case in cases if case.grade is not None for pair in case.pairs()]
    found = measure(Vectors(encoder), graded)
    ours = judged(cases, found)
    overlap = judged(cases, found._replace(mean_token_similarity=found.word_overlap))
    count = sum(case.grade is not None for case in cases)
    yield Row(part, "recall of diagnoses", ours["recall"], note=f"{count} cases; judge: GPT-4")
    yield Row(part, "mean similarity ours", ours["mean_similarity"])
    yield Row(part, "mean token similarity", ours["mean_token_similarity"])
    yield Row(part, "word overlap", overlap["mean_token_similarity"])


def oracles(encoder: Encoder, seed: int) -> Iterator[Row]:
    """Yield the largest absolute difference to each oracle."""
    for name, value in differences(encoder, seed).items():
        yield Row("oracle, max |difference|", name, value)


def canaries(count: int, seed: int) -> Iterator[Row]:
    """Yield for each canary its score alone, and the most it gains when appended."""
    for found in outcomes(count, seed):
        verdict = "holds" if found.harmless else "BROKEN"
        note = f"baseline {found.baseline:.3f}, {found.cases} cases"
        yield Row("canary alone", found.canary, found.alone, note=note)
        gained = max(found.gained.values())
        yield Row("canary appended, gain", found.canary, gained, note=f"{verdict}: {RULE}")


def table(rows: Sequence[Row]) -> str:
    """Return the rows as aligned text."""
    cells = [("part", "measure", "value", "95 % interval", "")]
    for row in rows:
        interval = "[{:.3f}, {:.3f}]".format(*row.interval) if row.interval else ""
        small = row.value != 0 and abs(row.value) < 5e-4
        value = f"{row.value:.1e}" if small else f"{row.value:.3f}"
        cells.append((row.part, row.measure, value, interval, row.note))
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column == 2 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )


def report(encoder: Encoder, cases: int, seed: int) -> Iterator[Row]:
    """Yield every row."""
    yield from k_qa(encoder, seed)
    yield from chinese_pairs(encoder, "Chinese pairs, seen", CHINESE, seed)
    yield from chinese_pairs(encoder, "Chinese pairs, kept back", KEPT_BACK, seed)
    yield from hospital(encoder)
    yield from oracles(encoder, seed)
    yield from canaries(cases, seed)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def main() -> int:
    """Read the data named by REAL_DATA, measure, print."""
    parser = argparse.ArgumentParser(description="Print what the scores are worth.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=CASES, help="cases for the canaries, of 300")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    options = parser.parse_args()
    started = time.monotonic()
    encoder = load_encoder(DEFAULT)
    try:
        rows = list(report(encoder, options.cases, options.seed))
    except DataMissing as error:
        print(error, file=sys.stderr)
        return 1

    if options.json:
        print(json.dumps([row._asdict() for row in rows], indent=2, ensure_ascii=False))
    else:
        print(table(rows))
        print(f"{encoder.signature}, seed {options.seed}, {time.monotonic() - started:.0f} s")
    return 1 if any(row.note.startswith("BROKEN") for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
