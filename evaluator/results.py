"""From statistics of items to a result: datasets, dimensions, overall, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from evaluator.metrics import METRICS
from evaluator.metrics.metric import Array, Statistic, table
from evaluator.track import Dataset, Track
from evaluator.uncertainty import SEED, Interval, interval, replicates

SCORER_VERSION = "1"


class Score(BaseModel):
    """One score in [0, 1] with its 95 % interval; `parts` are what it is made of."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    value: float
    interval: Interval
    parts: Mapping[str, float] = {}
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


class _Sampled(NamedTuple):
    """A score and its bootstrap replicates, which are never published."""

    score: Score
    sample: Array


def signature(dataset: Dataset, data_hash: str, encoder: str) -> str:
    """Return what makes a score comparable: metric|version|data|encoder|settings."""
    metric = METRICS[dataset.metric.name]
    settings = f"w={dataset.metric.recall_weight:g}" if metric.name == "combined" else "-"
    return "|".join(
        [metric.name, f"v{metric.version}", f"data:{data_hash}", encoder or "-", settings]
    )


def aggregate(
    track: Track,
    phase_id: str,
    statistics: Mapping[str, Sequence[Statistic]],
    signatures: Mapping[str, str],
    skipped: int,
) -> Result:
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
    return Result(
        track=track.id,
        phase=phase_id,
        overall=_mean(list(dimensions.values())).score,
        dimensions={name: sampled.score for name, sampled in dimensions.items()},
        datasets={name: sampled.score for name, sampled in datasets.items()},
        skipped=skipped,
    )


def _dataset(dataset: Dataset, rows: Sequence[Statistic], signed: str, seed: int) -> _Sampled:
    metric = METRICS[dataset.metric.name]
    numbers = table(rows)
    values = metric.aggregate(numbers.sum(axis=0))
    sample = replicates(numbers, lambda totals: metric.aggregate(totals)["score"], seed=seed)
    score = Score(
        value=float(values["score"]),
        interval=interval(sample),
        parts={name: float(value) for name, value in values.items() if name != "score"},
        items=len(rows),
        signature=signed,
    )
    return _Sampled(score, sample)


def _mean(parts: Sequence[_Sampled]) -> _Sampled:
    sample = np.mean(np.stack([part.sample for part in parts]), axis=0)
    score = Score(
        value=float(np.mean([part.score.value for part in parts])),
        interval=interval(sample),
        items=sum(part.score.items for part in parts),
    )
    return _Sampled(score, sample)
