"""Race our BERTScore against the package bert-score, on real answers, in one process.

    python -m benchmarks.bertscore

Answers of three systems to ai_hospital's 300 cases, scored against the hospital's own texts: by
bert-score as a person would call it (its defaults, one call a block), and by the metric `bertscore`
as the worker calls it (16 items at a time). `cold`: nothing is kept yet. `warm`: vectors of the
references are kept from an earlier submission; bert-score keeps none, so it is the same rival.

Blocks of one system's pairs run in turns, each block by all three, so that noise of the machine
meets all alike; `ratio` is the median over blocks of bert-score's time / ours. Pairs of which
bert-score would cut a text (`cut_pairs`) are raced too, for both have to deal with them, but
their F1 is not compared: it would not be of the same text. Prints JSON, one line a mode.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np

from benchmarks.bertscore_baseline import ANSWERED, DEFAULT_DATA, read_answers
from evaluator.dataset import Dataset, MetricSettings
from evaluator.encoders import DEFAULT, Encoder, keep_vectors, load_encoder
from evaluator.items import AnsweredItem, Question, Reference
from evaluator.lines import Other
from evaluator.metrics.bertscore import METRIC
from evaluator.metrics.bertscore_package import package_scorer
from evaluator.metrics.legible import legible
from evaluator.metrics.said import answer_text
from evaluator.scoring import CHUNK
from evaluator.texts import Bilingual

BLOCK = 60
KEPT_BYTES = 1_000_000_000

T = TypeVar("T")
Pairs: TypeAlias = Sequence[tuple[str, str]]


class Raw(NamedTuple):
    """Raw F1 of a block's pairs, and which of them were too long to be read at once."""

    f1: Sequence[float]
    windowed: Sequence[bool]


class Round(NamedTuple):
    """One block: seconds by runner, and the largest difference of F1 where both read all."""

    theirs: float
    cold: float
    warm: float
    difference: float
    compared: int


def read_pairs(data: Path) -> list[Pairs]:
    """Return (answer, reference) of every system's answers as they are compared, by system."""
    references = read_answers(data / ANSWERED / "references.jsonl")
    systems = [read_answers(path) for path in sorted((data / ANSWERED / "predictions").iterdir())]
    return [
        [(answer_text(text), legible(references[item])) for item, text in answers.items()]
        for answers in systems
    ]


def blocks(systems: Sequence[Pairs]) -> Iterator[Pairs]:
    """Yield blocks of pairs, the systems in turn; no block has a reference twice."""
    for start in range(0, max(map(len, systems)), BLOCK):
        yield from (pairs[start : start + BLOCK] for pairs in systems)


def ours(pairs: Pairs, dataset: Dataset) -> Raw:
    """Score as the worker does: the metric's own statistics, a chunk of items at a time."""
    items = [_item(str(number), *pair) for number, pair in enumerate(pairs)]
    rows = [
        row.values
        for start in range(0, len(items), CHUNK)
        for row in METRIC.statistics(items[start : start + CHUNK], dataset)
    ]
    names = METRIC.columns(dataset)
    f1, windowed = names.index("f1"), names.index("windowed")
    return Raw([row[f1] for row in rows], [row[windowed] > 0 for row in rows])


def race(
    pairs: Pairs,
    theirs: Callable[[list[str], list[str]], Sequence[float]],
    dataset: Dataset,
    folder: Path,
) -> Round:
    """Score one block three times; the file of kept vectors is new, so the first is cold."""
    file = folder / "vectors.sqlite"
    file.unlink(missing_ok=True)
    keep_vectors(file, KEPT_BYTES)

    their_seconds, their_f1 = timed(lambda: theirs(*map(list, zip(*pairs, strict=True))))
    cold_seconds, cold = timed(lambda: ours(pairs, dataset))
    warm_seconds, warm = timed(lambda: ours(pairs, dataset))

    whole = ~np.array(cold.windowed)
    differences = [np.abs(np.array(run.f1) - their_f1)[whole] for run in (cold, warm)]
    largest = float(np.max(differences, initial=0.0))
    return Round(their_seconds, cold_seconds, warm_seconds, largest, int(whole.sum()))


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds something took, and what it returned."""
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def package(encoder: Encoder) -> Callable[[list[str], list[str]], Sequence[float]]:
    """Return bert-score with the encoder's model, from candidates and references to F1."""
    scorer = package_scorer(encoder)
    return lambda candidates, references: scorer.score(candidates, references)[2].tolist()


def lines(rounds: Sequence[Round], pairs: int, encoder: Encoder) -> Iterator[dict[str, object]]:
    """Yield a summary for cold and for warm references."""
    import torch

    compared = sum(one.compared for one in rounds)
    for references, seconds in (
        ("cold", [one.cold for one in rounds]),
        ("warm", [one.warm for one in rounds]),
    ):
        ratios = [one.theirs / own for one, own in zip(rounds, seconds, strict=True)]
        yield {
            "mode": "fp32",
            "references": references,
            "ratio": round(statistics.median(ratios), 2),
            "ratios": [round(ratio, 2) for ratio in ratios],
            "max_abs_f1_difference": max(one.difference for one in rounds),
            "pairs": pairs,
            "compared_pairs": compared,
            "cut_pairs": pairs - compared,
            "pairs_per_second": round(pairs / sum(seconds), 2),
            "package_pairs_per_second": round(pairs / sum(one.theirs for one in rounds), 2),
            "encoder": encoder.signature,
            "threads": torch.get_num_threads(),
        }


def _item(item: str, answer: str, reference: str) -> AnsweredItem:
    other = Other(id=item, source=ANSWERED)
    question = Question(question="", other=other)
    return AnsweredItem(item, (question,), (Reference(other=other, answer=reference),), (answer,))


def _dataset(encoder: str) -> Dataset:
    named = Bilingual(zh=ANSWERED, en=ANSWERED)
    settings = MetricSettings(name="bertscore", encoder=encoder)
    return Dataset(id=ANSWERED, title=named, metric=settings, card=named)


def main() -> None:
    """Read the data named by REAL_DATA, race, print."""
    parser = argparse.ArgumentParser(description="Race our BERTScore against bert-score.")
    parser.add_argument("--encoder", default=DEFAULT, help="one with a measured baseline")
    parser.add_argument("--pairs", type=int, default=900, help="how many, for a quick look")
    options = parser.parse_args()

    data = Path(os.environ.get("REAL_DATA", DEFAULT_DATA))
    encoder, dataset = load_encoder(options.encoder), _dataset(options.encoder)
    chosen = limited(blocks(read_pairs(data)), options.pairs)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        theirs = package(encoder)
        race(chosen[0][:2], theirs, dataset, folder)
        rounds = [race(block, theirs, dataset, folder) for block in chosen]
    for line in lines(rounds, sum(map(len, chosen)), encoder):
        print(json.dumps(line))


def limited(found: Iterator[Pairs], count: int) -> list[Pairs]:
    """Return the first `count` pairs, the last block cut short."""
    chosen: list[Pairs] = []
    for block in found:
        if count <= 0:
            break
        chosen.append(block[:count])
        count -= len(block)
    return chosen


if __name__ == "__main__":
    main()
