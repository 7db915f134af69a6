"""Try to trick the score: canary submissions against the weakest and the strongest real system.

    REAL_DATA=../shared/data python -m benchmarks.canaries --cases 300

Each canary is a text that answers nothing. Alone, as a whole submission, it must not beat the
weakest recorded system of ai_hospital by the combined score; appended to the real answers of the
weakest and of the strongest system it must not gain more than 0.01 in the mean. Cases are drawn
by a seed. Prints JSON, one line a canary; fails if one breaks the rule.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.build_real_challenge import ROOT, TRACK, DataMissing
from benchmarks.canary_texts import DEPARTMENTS, Canary, Case, canaries, read_cases
from evaluator.dataset import Convention, Dataset, MetricName, MetricSettings
from evaluator.encoders import keep_vectors
from evaluator.items import AnsweredItem, Question, Reference, load_items, load_references
from evaluator.lines import Other
from evaluator.metrics import METRICS
from evaluator.metrics.metric import Array, table
from evaluator.texts import Bilingual
from evaluator.track import Track

MOST_GAINED = 0.01
SEED = 0
KEPT_BYTES = 500_000_000
CHOICES = ROOT / "challenge" / "main" / "MedSafety"


class Outcome(NamedTuple):
    """What a canary came to, in means over the cases.

    baseline: the weakest system's score. gained: by each system it was appended to.
    """

    canary: str
    cases: int
    alone: float
    baseline: float
    gained: Mapping[str, float]

    @property
    def harmless(self) -> bool:
        """Whether it neither beats the baseline nor helps a real answer."""
        return self.alone <= self.baseline and max(self.gained.values()) <= MOST_GAINED


@dataclass(frozen=True)
class Trial:
    """The cases drawn, to be scored as build_real_challenge has them scored.

    The same answer to the same case is scored once.
    """

    cases: Sequence[Case]
    dataset: Dataset
    _known: dict[tuple[str, str], float] = field(default_factory=dict, repr=False)

    def scores(self, answers: Sequence[str | None]) -> Array:
        """Return the combined score of an answer to each case."""
        keys = [
            (case.question.other.id, answer or "")
            for case, answer in zip(self.cases, answers, strict=True)
        ]
        new = [number for number, key in enumerate(keys) if key not in self._known]
        items = [_answered(self.cases[number], keys[number][1]) for number in new]
        if items:
            rows = METRICS["combined"].statistics(items, self.dataset)
            found = METRICS["combined"].aggregate(table(rows), self.dataset)["score"]
            self._known.update(zip([keys[number] for number in new], found.tolist(), strict=True))
        return np.array([self._known[key] for key in keys])

    def answers(self, system: str) -> list[str | None]:
        """Return a system's answers to the cases."""
        return [case.answers[system] for case in self.cases]

    def ranked(self) -> list[str]:
        """Return the systems, the weakest first."""
        return sorted(
            self.cases[0].answers, key=lambda name: float(self.scores(self.answers(name)).mean())
        )

    def outcome(self, canary: Canary) -> Outcome:
        """Try a canary alone, and appended to the weakest and to the strongest system."""
        weakest, *_between, strongest = self.ranked()
        alone = float(self.scores(canary.texts).mean())
        baseline = float(self.scores(self.answers(weakest)).mean())
        gained = {file: self._gain(file, canary) for file in (weakest, strongest)}
        return Outcome(canary.name, len(self.cases), alone, baseline, gained)

    def _gain(self, system: str, canary: Canary) -> float:
        answers = self.answers(system)
        longer = [_joined(answer, text) for answer, text in zip(answers, canary.texts, strict=True)]
        return float((self.scores(longer) - self.scores(answers)).mean())


def trial(cases: Sequence[Case], count: int, seed: int = SEED) -> Trial:
    """Draw cases by a seed."""
    drawn = random.Random(seed).sample(list(cases), min(count, len(cases)))
    return Trial(drawn, Track.model_validate(TRACK).datasets[0])


def every_option() -> Outcome:
    """Try every option of the sample's choice items, alone and after the first option."""
    items = load_items(CHOICES)
    references = load_references(CHOICES, items)

    def score(answer: str) -> float:
        answered = [
            AnsweredItem(item.id, item.copies, references[item.id], (answer,) * len(item.copies))
            for item in items
        ]
        return _score("robust_accuracy", "letter", answered)

    gained = {"always A": score("A\nA、B、C、D、E") - score("A")}
    return Outcome("every option", len(items), score("A、B、C、D、E"), score("A"), gained)


def all_labels(seed: int = SEED) -> Outcome:
    """Try every department, alone and after a system that names one of three rightly."""
    rng = random.Random(seed)
    right = [rng.sample(DEPARTMENTS, 1 + number % 2) for number in range(60)]
    given = [
        "|".join(names if number % 3 == 0 else rng.sample(DEPARTMENTS, 1))
        for number, names in enumerate(right)
    ]

    def score(answers: Sequence[str]) -> float:
        return _score(
            "micro_f1",
            "labels",
            [
                _item(str(number), answer, "|".join(names))
                for number, (answer, names) in enumerate(zip(answers, right, strict=True))
            ],
        )

    everything = "|".join(DEPARTMENTS)
    longer = [f"{answer}|{everything}" for answer in given]
    gained = {"one in three": score(longer) - score(given)}
    alone = score([everything] * len(right))
    return Outcome("every label", len(right), alone, score(given), gained)


def outcomes(count: int, seed: int = SEED) -> Iterator[Outcome]:
    """Yield what every canary comes to; vectors of references are kept meanwhile.

    Raises:
        DataMissing: ai_hospital is not there.
    """
    yield every_option()
    yield all_labels(seed)
    cases = read_cases()
    tried = trial(cases, count, seed)
    with tempfile.TemporaryDirectory() as folder:
        keep_vectors(Path(folder) / "vectors.sqlite", KEPT_BYTES)
        try:
            yield from (tried.outcome(canary) for canary in canaries(cases, tried.cases))
        finally:
            keep_vectors(None)


def _answered(case: Case, answer: str) -> AnsweredItem:
    return AnsweredItem(case.question.other.id, (case.question,), (case.reference,), (answer,))


def _joined(answer: str | None, text: str) -> str:
    return f"{answer or ''}\n{text}" if text else answer or ""


def _score(metric: MetricName, convention: Convention, items: Sequence[AnsweredItem]) -> float:
    name = Bilingual(zh="Set", en="Set")
    settings = MetricSettings(name=metric)
    dataset = Dataset(id="Set", title=name, card=name, convention=convention, metric=settings)
    totals = table(METRICS[metric].statistics(items, dataset)).sum(axis=0)
    return float(METRICS[metric].aggregate(totals, dataset)["score"])


def _item(item: str, answer: str, expected: str) -> AnsweredItem:
    other = Other(id=item, source="Set")
    question = Question(question="", other=other)
    return AnsweredItem(item, (question,), (Reference(other=other, answer=expected),), (answer,))


def main() -> int:
    """Read the data named by REAL_DATA, try, print."""
    parser = argparse.ArgumentParser(description="Try to trick the combined score.")
    parser.add_argument("--cases", type=int, default=300, help="how many, for a quicker look")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    harmless = True
    try:
        for found in outcomes(options.cases, options.seed):
            harmless &= found.harmless
            print(json.dumps({**found._asdict(), "harmless": found.harmless}), flush=True)
    except DataMissing as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if harmless else 1


if __name__ == "__main__":
    sys.exit(main())
