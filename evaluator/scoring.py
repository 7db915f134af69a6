"""Scoring: a submission's answers against the references of its phase, chunk by chunk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from evaluator.answers import READERS
from evaluator.challenge import Challenge
from evaluator.dataset import Dataset
from evaluator.encoders import load_encoder
from evaluator.errors import DeclarationError
from evaluator.hardware import hardware
from evaluator.items import (
    AnsweredItem,
    Item,
    Reference,
    dataset_hash,
    load_items,
    load_references,
)
from evaluator.judge import Judge
from evaluator.metrics import METRICS
from evaluator.metrics.metric import Statistic
from evaluator.phase import Phase
from evaluator.predictions import Predictions
from evaluator.results import Outcome, Result, aggregate, judgements
from evaluator.signatures import Signature, sign
from evaluator.texts import _
from evaluator.track import Track

CHUNK = 16
# "MedHC" is a dataset as its metric sees it, "MedHC/judge" the same as the judge sees it.
VIEW = "/"
JUDGED = f"{VIEW}judge"

Statistics = Mapping[str, Sequence[Statistic]]


class Chunk(NamedTuple):
    """A run of items of one part, [start, stop): the unit of progress and of recovery."""

    part: str
    start: int
    stop: int


class Scored(NamedTuple):
    """A result with the statistics of every item, which stay private."""

    result: Result
    statistics: Statistics


class Scorer:
    """Scores submissions to one phase of one track; opens the references."""

    def __init__(
        self, challenge: Challenge, track: Track, phase: Phase, judge: Judge | None = None
    ) -> None:
        self._challenge = challenge
        self.track = track
        self.phase = phase
        judged = track.judge and any(is_open(dataset) for dataset in track.datasets)
        self._judge = judge if judged else None

    def plan(self) -> list[Chunk]:
        """Return the chunks of every dataset, in order; the judge's after all others."""
        judged = [dataset for dataset in self.track.datasets if self._judge and is_open(dataset)]
        parts = [(dataset, "") for dataset in self.track.datasets]
        return [
            Chunk(dataset.id + view, start, min(start + CHUNK, len(items)))
            for dataset, view in [*parts, *((dataset, JUDGED) for dataset in judged)]
            for items in [self._items(dataset)]
            for start in range(0, len(items), CHUNK)
        ]

    def check(self) -> None:
        """Read every reference.

        Raises:
            DeclarationError: one is missing, cannot be read, or belongs to no question.
        """
        for dataset in self.track.datasets:
            self._references(dataset)

    def covers(self, predictions: Predictions) -> bool:
        """Whether just the items there are now are answered, each in all its copies."""
        return {
            name: {key: len(a) for key, a in items.items()}
            for name, items in predictions.answers.items()
        } == {
            dataset.id: {item.id: len(item.copies) for item in self._items(dataset)}
            for dataset in self.track.datasets
        }

    def score_chunk(self, chunk: Chunk, predictions: Predictions) -> list[Statistic]:
        """Return the statistics of one chunk's items."""
        name, view, _judge = chunk.part.partition(VIEW)
        dataset = self.track.dataset(name)
        references = self._references(dataset)
        answered = [
            AnsweredItem(
                item.id,
                item.copies,
                references[item.id],
                predictions.answers[dataset.id][item.id],
            )
            for item in self._items(dataset)[chunk.start : chunk.stop]
        ]
        if view and self._judge:
            return self._judge.statistics(answered, dataset)
        return METRICS[dataset.metric.name].statistics(answered, dataset)

    def finish(self, statistics: Statistics, skipped: int) -> Outcome:
        """Return the outcome of statistics that cover every item."""
        signatures = {name: str(signed) for name, signed in self.signatures().items()}
        uses_encoder = any(_uses_encoder(dataset) for dataset in self.track.datasets)
        outcome = aggregate(
            self.track, self.phase.id, statistics, signatures, skipped, hardware(uses_encoder)
        )
        judged = judgements(self._opinions(statistics), self.judge_signature)
        return outcome._replace(result=outcome.result.model_copy(update={"judge": judged}))

    def _opinions(self, statistics: Statistics) -> Statistics:
        """Return the judge's statistics by dataset, of every dataset that it is to judge."""
        if not self.track.judge:
            return {}
        names = [dataset.id for dataset in self.track.datasets if is_open(dataset)]
        return {name: statistics.get(name + JUDGED, ()) if self._judge else () for name in names}

    def score(
        self, predictions: Predictions, progress: Callable[[int, int], None] | None = None
    ) -> Scored:
        """Score everything in this process; `progress` is told items done and items in all."""
        statistics: dict[str, list[Statistic]] = defaultdict(list)
        done = 0
        for chunk in self.plan():
            statistics[chunk.part] += self.score_chunk(chunk, predictions)
            done += 0 if VIEW in chunk.part else chunk.stop - chunk.start
            if progress:
                progress(done, predictions.items)
        return Scored(self.finish(statistics, predictions.skipped).result, statistics)

    @property
    def judge_signature(self) -> str:
        """Return what makes the judge's grades comparable, empty where nobody judges."""
        return self._judge.signature if self._judge else ""

    def rows_signature(self, part: str) -> str:
        """Return what the statistics of one part depend on."""
        name, view, _judge = part.partition(VIEW)
        signed = self.signatures()[name]
        return f"{self._judge.signature}|{signed.data}" if view and self._judge else signed.rows

    @lru_cache  # noqa: B019 - a scorer lives as long as its process
    def signatures(self) -> Mapping[str, Signature]:
        """Return what makes each dataset's score comparable, as things stand now."""
        return {dataset.id: self._signature(dataset) for dataset in self.track.datasets}

    def _signature(self, dataset: Dataset) -> Signature:
        encoder = load_encoder(dataset.metric.encoder).signature if _uses_encoder(dataset) else ""
        folder = self._challenge.items_folder(self.track, self.phase, dataset)
        return sign(dataset, dataset_hash(folder), encoder)

    @lru_cache  # noqa: B019 - a scorer lives as long as its process
    def _items(self, dataset: Dataset) -> list[Item]:
        return load_items(self._challenge.items_folder(self.track, self.phase, dataset))

    @lru_cache  # noqa: B019 - a scorer lives as long as its process
    def _references(self, dataset: Dataset) -> dict[str, tuple[Reference, ...]]:
        folder = self._challenge.items_folder(self.track, self.phase, dataset)
        self._challenge.check_hash(self.track, self.phase, dataset)
        references = load_references(folder, self._items(dataset))
        read = READERS.get(dataset.convention)
        for item, copies in references.items():
            if read and any(read(r.answer, dataset.labels) is None for r in copies):
                raise DeclarationError(
                    _("{file}: the reference of id {id} cannot be read as “{convention}”."),
                    file=folder / Reference.FILE,
                    id=item,
                    convention=dataset.convention,
                )
        return references


def is_open(dataset: Dataset) -> bool:
    """Whether the answers are free text that a judge can weigh against key points."""
    return dataset.metric.name in ("macro_recall", "bertscore", "combined")


def _uses_encoder(dataset: Dataset) -> bool:
    return METRICS[dataset.metric.name].uses_encoder
