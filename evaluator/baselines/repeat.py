"""The same questions asked again and again: how far a model agrees with itself."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from evaluator.answers import READERS, final_answer, normalised
from evaluator.baselines.journal import Journal, Key
from evaluator.baselines.prompt import Asking
from evaluator.baselines.run import Run
from evaluator.dataset import Dataset


class Agreement(NamedTuple):
    """Of one dataset: how many questions, how many were answered alike by every run, and the share
    of pairs of runs that agree, from 0 to 1."""

    dataset: str
    questions: int
    alike: int
    pairwise: float


def subset(run: Run, items: int, seed: int) -> list[Asking]:
    """Return the questions of so many items, drawn evenly over datasets; a seed draws the same.

    Items with images are left aside where the model takes none: it would skip them all alike.
    """
    by_dataset: dict[str, dict[str, list[Asking]]] = {}
    for asking in run.questions():
        if asking.pictures and not run.model.images:
            continue
        found = by_dataset.setdefault(asking.dataset.id, {})
        found.setdefault(asking.key.item, []).append(asking)
    random_ = random.Random(seed)
    shuffled = [random_.sample(list(found.values()), len(found)) for found in by_dataset.values()]
    # Fewer items than datasets are not always of the first ones.
    random_.shuffle(shuffled)
    # Round by round one item of each dataset.
    longest = max(map(len, shuffled), default=0)
    rounds = [found[place] for place in range(longest) for found in shuffled if place < len(found)]
    return [asking for copies in rounds[:items] for asking in copies]


def journal_of(run: Run, number: int) -> Path:
    """Return where the answers of one repetition are kept."""
    return run.folder / f"repeat-{number}.jsonl"


def agreement(asked: Sequence[Asking], journals: Sequence[Journal]) -> list[Agreement]:
    """Return the agreement of runs on each dataset; every question must have been answered.

    Answers agree where they say the same to the dataset's metric: the same letters or labels, and
    of free text the same words but for case, width and script.
    """
    found: dict[str, list[list[object]]] = {}
    for asking in asked:
        said = [_said(asking.dataset, asking.key, journal) for journal in journals]
        found.setdefault(asking.dataset.id, []).append(said)
    return [_agreement(dataset, rows) for dataset, rows in found.items()]


def _agreement(dataset: str, rows: Sequence[Sequence[object]]) -> Agreement:
    pairs = [a == b for row in rows for a, b in combinations(row, 2)]
    alike = sum(all(said == row[0] for said in row) for row in rows)
    return Agreement(dataset, len(rows), alike, sum(pairs) / len(pairs) if pairs else 1.0)


def _said(dataset: Dataset, key: Key, journal: Journal) -> object:
    answer = journal.answer(key)
    if answer.answer is None:
        return None
    read: Callable[[str, Sequence[str]], object] | None = READERS.get(dataset.convention)
    # What cannot be read is compared as it stands.
    found = read(final_answer(answer.answer), dataset.labels) if read else None
    return found if found is not None else normalised(final_answer(answer.answer))
