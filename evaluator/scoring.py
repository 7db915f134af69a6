"""Scoring: a submission's answers against the references of its phase, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from evaluator.answers import READERS
from evaluator.encoders import load_encoder
from evaluator.errors import DeclarationError
from evaluator.items import (
    AnsweredItem,
    Item,
    Reference,
    dataset_hash,
    load_items,
    load_references,
)
from evaluator.metrics import METRICS
from evaluator.metrics.metric import Statistic
from evaluator.predictions import Predictions
from evaluator.results import Result, aggregate, signature
from evaluator.texts import _
from evaluator.track import Challenge, Dataset, Phase, Track

CHUNK = 16

Statistics = Mapping[str, Sequence[Statistic]]


class Chunk(NamedTuple):
    """A run of items of one dataset, [start, stop): the unit of progress and of recovery."""

    dataset: str
    start: int
    stop: int


class Scored(NamedTuple):
    """A result with the statistics of every item, which stay private."""

    result: Result
    statistics: Statistics


class Scorer:
    """Scores submissions to one phase of one track; opens the references."""

    def __init__(self, challenge: Challenge, track: Track, phase: Phase) -> None:
        self._challenge = challenge
        self._track = track
        self._phase = phase

    def plan(self) -> list[Chunk]:
        """Return the chunks of every dataset, in order."""
        return [
            Chunk(dataset.id, start, min(start + CHUNK, len(items)))
            for dataset in self._track.datasets
            for items in [self._items(dataset)]
            for start in range(0, len(items), CHUNK)
        ]

    def score_chunk(self, chunk: Chunk, predictions: Predictions) -> list[Statistic]:
        """Return the statistics of one chunk's items."""
        dataset = self._track.dataset(chunk.dataset)
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
        return METRICS[dataset.metric.name].statistics(answered, dataset)

    def finish(self, statistics: Statistics, skipped: int) -> Result:
        """Return the result of statistics that cover every item."""
        signatures = {dataset.id: self._signature(dataset) for dataset in self._track.datasets}
        return aggregate(self._track, self._phase.id, statistics, signatures, skipped)

    def score(
        self, predictions: Predictions, progress: Callable[[int, int], None] | None = None
    ) -> Scored:
        """Score everything in this process; `progress` is told items done and items in all."""
        statistics: dict[str, list[Statistic]] = {d.id: [] for d in self._track.datasets}
        done = 0
        for chunk in self.plan():
            statistics[chunk.dataset] += self.score_chunk(chunk, predictions)
            done += chunk.stop - chunk.start
            if progress:
                progress(done, predictions.items)
        return Scored(self.finish(statistics, predictions.skipped), statistics)

    def _signature(self, dataset: Dataset) -> str:
        uses_encoder = METRICS[dataset.metric.name].uses_encoder
        encoder = load_encoder(dataset.metric.encoder).signature if uses_encoder else ""
        folder = self._challenge.items_folder(self._track, self._phase, dataset)
        return signature(dataset, dataset_hash(folder), encoder)

    @lru_cache  # noqa: B019 - a scorer lives as long as its process
    def _items(self, dataset: Dataset) -> list[Item]:
        return load_items(self._challenge.items_folder(self._track, self._phase, dataset))

    @lru_cache  # noqa: B019 - a scorer lives as long as its process
    def _references(self, dataset: Dataset) -> dict[str, tuple[Reference, ...]]:
        folder = self._challenge.items_folder(self._track, self._phase, dataset)
        references = load_references(folder, self._items(dataset))
        read = READERS.get(dataset.convention)
        for item, copies in references.items():
            if read and any(read(reference.answer) is None for reference in copies):
                raise DeclarationError(
                    _("{file}: the reference of id {id} cannot be read as “{convention}”."),
                    file=folder / Reference.FILE,
                    id=item,
                    convention=dataset.convention,
                )
        return references
