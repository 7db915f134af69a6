"""From item statistics to the overall score, worked by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from pydantic import ValidationError

from evaluator.metrics import METRICS
from evaluator.metrics.metric import Statistic, table
from evaluator.results import SCORER_VERSION, Result, Score, aggregate, weights
from evaluator.track import Track
from evaluator.uncertainty import SEED, Interval, interval, replicates
from tests.folders import dataset, track


def rows(*values: float | tuple[float, ...]) -> list[Statistic]:
    """Return statistics of items 0, 1, …"""
    return [
        Statistic(str(number), value if isinstance(value, tuple) else (value,), None)
        for number, value in enumerate(values)
    ]


def result(tried: Track, statistics: Mapping[str, Sequence[Statistic]], skipped: int = 0) -> Result:
    """Return the aggregate with signatures that are the datasets' names."""
    names = {name: name for name in statistics}
    return aggregate(tried, "dev", statistics, names, skipped, {"machine": "x"}).result


DATASET_B = dataset("micro_f1", "B")
TWO = track([dataset("rouge_l", "A"), DATASET_B], [dataset("accuracy", "C")])
STATISTICS = {
    "A": rows(0.5, 1.0, 0.0, 0.5),
    # right 3, predicted 5, expected 5.
    "B": rows((1, 2, 1), (2, 3, 4)),
    "C": rows((1, 1), (0, 0.75), (0, 0), (0, 0.25), (0, 0.5)),
}


def test_plain_means_by_hand() -> None:
    found = result(TWO, STATISTICS)

    datasets = {name: score.value for name, score in found.datasets.items()}
    assert datasets == pytest.approx({"A": 0.5, "B": 0.6, "C": 0.2})
    # The mean of the datasets, not of the items: A has four, B two.
    dimensions = {name: score.value for name, score in found.dimensions.items()}
    assert dimensions == pytest.approx({"d0": 0.55, "d1": 0.2})
    # The mean of the dimensions, not of the datasets.
    assert found.overall.value == pytest.approx(0.375)


def test_parts_items_and_signatures_are_kept() -> None:
    found = result(TWO, STATISTICS, skipped=3)

    assert found.datasets["B"].parts == pytest.approx({"precision": 3 / 5, "recall": 3 / 5})
    assert found.datasets["C"].parts == {}
    assert {name: score.items for name, score in found.datasets.items()} == {"A": 4, "B": 2, "C": 5}
    assert (found.dimensions["d0"].items, found.overall.items) == (6, 11)
    assert {score.signature for score in found.datasets.values()} == {"A", "B", "C"}
    assert (found.track, found.phase, found.skipped) == ("t", "dev", 3)
    assert found.scorer == SCORER_VERSION


def test_interval_of_a_dataset_is_its_own_bootstrap() -> None:
    counts = rows(*((n % 5, 5 + n % 3, 4 + n % 7) for n in range(30)))

    found = result(TWO, {**STATISTICS, "B": counts})

    sample = replicates(
        table(counts), lambda t: METRICS["micro_f1"].aggregate(t, DATASET_B)["score"], seed=SEED + 1
    )
    assert found.datasets["B"].interval == interval(sample)


def test_interval_of_a_mean_is_narrower_than_its_parts() -> None:
    """Datasets are drawn independently: the mean of two varies by 1/√2 of one."""
    values = np.random.default_rng(1).uniform(0, 1, 200)
    pair = track([dataset("rouge_l", "A"), dataset("rouge_l", "B")])

    found = result(pair, {"A": rows(*values), "B": rows(*values)})

    width = {name: s.interval.high - s.interval.low for name, s in found.datasets.items()}
    mean = found.overall.interval.high - found.overall.interval.low
    assert mean == pytest.approx((width["A"] + width["B"]) / 2 / 2**0.5, rel=0.1)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_extremes_stay_in_range(value: float) -> None:
    every = [dataset(name) for name in METRICS]
    tried = track(every)
    statistics = {
        one.id: rows(*[(value,) * len(METRICS[one.metric.name].columns(one))] * 3) for one in every
    }

    found = result(tried, statistics)

    for score in (found.overall, *found.dimensions.values(), *found.datasets.values()):
        assert (score.value, score.interval) == (value, Interval(value, value))


def test_nan_never_appears() -> None:
    """Not even where nothing was predicted, nothing expected, and only one item asked."""
    tried = track([dataset("micro_f1", "A")], [dataset("rouge_l", "B")])

    for statistics in (
        {"A": rows((0, 0, 0)), "B": rows(0.0)},
        {"A": rows((0, 0, 1)), "B": rows(0)},
    ):
        written = result(tried, statistics).model_dump_json()
        assert "NaN" not in written
        assert "null" not in written
        assert "Infinity" not in written


def test_same_statistics_give_the_same_result() -> None:
    assert result(TWO, STATISTICS) == result(TWO, STATISTICS)


def test_record_is_read_back_and_closed() -> None:
    found = result(TWO, STATISTICS)

    assert Result.model_validate_json(found.model_dump_json()) == found
    with pytest.raises(ValidationError, match="surprise"):
        Result.model_validate({**json.loads(found.model_dump_json()), "surprise": 1})
    with pytest.raises(ValidationError, match="frozen"):
        found.overall = Score(value=1, interval=Interval(1, 1))  # type: ignore[misc]


def test_what_could_not_be_read_is_counted() -> None:
    read = [Statistic("0", (1.0,), None), Statistic("1", (0.0,), None, "mismatch")]
    silent = [Statistic(str(n), (0.0,), None, "unanswered") for n in (2, 3)]
    tried = track([dataset("rouge_l", "A")], [dataset("rouge_l", "B")])

    found = result(tried, {"A": [*read, *silent], "B": read})

    # A format mismatch and a missing answer score 0 and stay in the mean.
    assert found.datasets["A"].value == 0.25
    assert (found.datasets["A"].mismatches, found.datasets["A"].unanswered) == (1, 2)
    assert (found.overall.mismatches, found.overall.unanswered) == (2, 2)


def test_weights_are_what_the_means_make_of_datasets() -> None:
    assert weights(TWO) == {"A": 0.25, "B": 0.25, "C": 0.5}


def test_hardware_is_recorded() -> None:
    assert result(TWO, STATISTICS).hardware == {"machine": "x"}
