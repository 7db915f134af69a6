"""From statistics of items to a result: datasets, dimensions, overall, each with its interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from evaluator.dataset import Dataset
from evaluator.judge import JUDGE, dataset_state
from evaluator.metrics import METRICS
from evaluator.metrics.metric import Array, Statistic, table
from evaluator.pairs import influences
from evaluator.track import Track
from evaluator.uncertainty import SEED, Interval, interval, replicates

SCORER_VERSION = "2"


class Score(BaseModel):
    """One score in [0, 1] with its 95 % interval; `parts` are what it is made of.

    Of its items, `mismatches` were answered in a form that cannot be read, `unanswered` not at all;
    both count as 0.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")
    value: float
    interval: Interval
    parts: Mapping[str, float] = {}
    items: int = 0
    mismatches: int = 0
    unanswered: int = 0
    signature: str = ""


class Judged(BaseModel):
    """What a judge says of a dataset, apart from its score; None where it judged nothing.

    `share` of the items are judged, the value in [0, 1] is over these; `at_least` counts the others
    as 0.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    state: Literal["judged", "partly_judged", "failed", "not_configured"]
    value: float | None = None
    at_least: float | None = None
    share: float = 0.0
    items: int = 0
    signature: str = ""


class Result(BaseModel):
    """What one run found; compare only scores of the same signature."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    track: str
    phase: str
    overall: Score
    dimensions: Mapping[str, Score]
    datasets: Mapping[str, Score]
    skipped: int
    scorer: str = SCORER_VERSION
    hardware: Mapping[str, str] = {}
    judge: Mapping[str, Judged] = {}


class Outcome(NamedTuple):
    """A result, and by dataset the influence of each item, which paired tests need.

    Influences have shape (items,), in the order of the dataset's file; they stay private.
    """

    result: Result
    influences: Mapping[str, Array]


class _Sampled(NamedTuple):
    """A score and its bootstrap replicates, which are never published."""

    score: Score
    sample: Array


def aggregate(
    track: Track,
    phase_id: str,
    statistics: Mapping[str, Sequence[Statistic]],
    signatures: Mapping[str, str],
    skipped: int,
    hardware: Mapping[str, str],
) -> Outcome:
    """Return the result: dataset → dimension → overall, each the plain mean of the level below.

    The intervals are clustered by item; datasets are resampled independently of each other.
    """
    datasets = {
        dataset.id: _dataset(dataset, statistics[dataset.id], signatures[dataset.id], SEED + number)
        for number, dataset in enumerate(track.datasets)
    }
    dimensions = {
        dimension.id: _mean([datasets[dataset.id] for dataset in dimension.datasets])
        for dimension in track.dimensions
    }
    result = Result(
        track=track.id,
        phase=phase_id,
        overall=_mean(list(dimensions.values())).score,
        dimensions={name: sampled.score for name, sampled in dimensions.items()},
        datasets={name: sampled.score for name, sampled in datasets.items()},
        skipped=skipped,
        hardware=hardware,
    )
    moved = {d.id: influences(table(statistics[d.id]), _scored(d)) for d in track.datasets}
    return Outcome(result, moved)


def judgements(opinions: Mapping[str, Sequence[Statistic]], signature: str) -> dict[str, Judged]:
    """Return what the judge says of each dataset; no statistics mean that there is no judge."""
    return {name: _judged(rows, signature) for name, rows in opinions.items()}


def _judged(rows: Sequence[Statistic], signature: str) -> Judged:
    if not rows:
        return Judged(state=dataset_state(None))
    values = {
        name: float(value) for name, value in JUDGE.aggregate(table(rows).sum(axis=0)).items()
    }
    share = float(values["judged_share"])
    return Judged(
        state=dataset_state(share),
        value=float(values["score"]) if share else None,
        at_least=float(values["at_least"]),
        share=share,
        items=len(rows),
        signature=signature,
    )


def weights(track: Track) -> dict[str, float]:
    """Return how much each dataset's score counts in the overall one; they add up to 1.

    Each dimension weighs the same, and so does each dataset within its dimension.
    """
    return {
        dataset.id: 1 / (len(track.dimensions) * len(dimension.datasets))
        for dimension in track.dimensions
        for dataset in dimension.datasets
    }


def _dataset(dataset: Dataset, rows: Sequence[Statistic], signed: str, seed: int) -> _Sampled:
    numbers = table(rows)
    values = METRICS[dataset.metric.name].aggregate(numbers.sum(axis=0), dataset)
    sample = replicates(numbers, _scored(dataset), seed=seed)
    readings = Counter(row.reading for row in rows)
    score = Score(
        value=float(values["score"]),
        interval=interval(sample),
        parts={name: float(value) for name, value in values.items() if name != "score"},
        items=len(rows),
        mismatches=readings["mismatch"],
        unanswered=readings["unanswered"],
        signature=signed,
    )
    return _Sampled(score, sample)


def _scored(dataset: Dataset) -> Callable[[Array], Array]:
    """Return the function from totals to the score that ranks."""
    metric = METRICS[dataset.metric.name]
    return lambda totals: metric.aggregate(totals, dataset)["score"]


def _mean(parts: Sequence[_Sampled]) -> _Sampled:
    sample = np.mean(np.stack([part.sample for part in parts]), axis=0)
    scores = [part.score for part in parts]
    score = Score(
        value=float(np.mean([score.value for score in scores])),
        interval=interval(sample),
        items=sum(score.items for score in scores),
        mismatches=sum(score.mismatches for score in scores),
        unanswered=sum(score.unanswered for score in scores),
    )
    return _Sampled(score, sample)
