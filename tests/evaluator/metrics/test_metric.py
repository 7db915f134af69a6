"""Every metric is statistics that add up and a score of their totals."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evaluator.metrics
from evaluator.dataset import CONVENTIONS, MetricName, TextMetric
from evaluator.metrics import METRICS
from evaluator.metrics.metric import Array, Metric, Statistic, means, ratio, table
from tests.evaluator.metrics import answered
from tests.folders import dataset

FOLDER = Path(evaluator.metrics.__file__).parent
DECLARES = "\nMETRIC = Metric("
ALL = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)


def tables(metric: Metric, items: int = 6) -> st.SearchStrategy[Array]:
    """Return tables as the metric's statistics could give them: values in [0, 1], then ones."""
    columns = len(metric.columns(dataset(metric.name)))
    numbers = arrays(np.float64, (items, columns), elements=st.floats(0, 1, width=16))
    return numbers.map(lambda values: np.hstack([values, np.ones((items, 1))]))


def test_declared_names_are_the_metrics() -> None:
    assert set(METRICS) == set(get_args(MetricName))
    files = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.py")}
    assert set(METRICS) == {name for name, source in files.items() if DECLARES in source}
    assert set(METRICS) == set(CONVENTIONS)


@ALL
def test_a_metric_is_named_once(metric: Metric) -> None:
    assert METRICS[metric.name] is metric
    assert metric.version >= 1
    columns = metric.columns(dataset(metric.name))
    assert len(set(columns)) == len(columns) > 0
    assert metric.title and metric.paper and metric.limits.endswith(".")
    with pytest.raises(dataclasses.FrozenInstanceError):
        metric.name = "another"  # type: ignore[misc]


@ALL
def test_a_metric_names_its_paper(metric: Metric) -> None:
    first = (FOLDER / f"{metric.name}.py").read_text("utf-8").splitlines()[0]

    assert first.startswith('"""')
    assert any(source in first for source in ("arXiv", "ACL", "ICLR", "MedBench"))


@ALL
def test_score_comes_first_and_shapes_stay(metric: Metric) -> None:
    columns = len(metric.columns(dataset(metric.name))) + 1

    for shape in ((columns,), (5, columns), (2, 3, columns)):
        values = metric.aggregate(np.ones(shape), dataset(metric.name))
        assert next(iter(values)) == "score"
        assert all(value.shape == shape[:-1] for value in values.values())


@ALL
def test_zero_totals_give_zero(metric: Metric) -> None:
    tried = dataset(metric.name)
    values = metric.aggregate(np.zeros(len(metric.columns(tried)) + 1), tried)

    assert all(float(value) == 0.0 for value in values.values())


@ALL
def test_totals_are_all_that_counts(metric: Metric) -> None:
    tried = dataset(metric.name)

    @settings(max_examples=25, deadline=None)
    @given(rows=tables(metric), cut=st.integers(0, 6), order=st.permutations(range(6)))
    def check(rows: Array, cut: int, order: list[int]) -> None:
        whole = metric.aggregate(rows.sum(axis=0), tried)
        parts = metric.aggregate(rows[:cut].sum(axis=0) + rows[cut:].sum(axis=0), tried)
        shuffled = metric.aggregate(rows[order].sum(axis=0), tried)
        stacked = metric.aggregate(np.stack([rows.sum(axis=0)] * 3), tried)
        for name, value in whole.items():
            assert float(parts[name]) == pytest.approx(float(value))
            assert float(shuffled[name]) == pytest.approx(float(value))
            assert stacked[name] == pytest.approx(np.full(3, float(value)))

    check()


def test_table_adds_a_column_that_counts() -> None:
    rows = [Statistic("1", (0.5, 1.0), None), Statistic("2", (0.0, 2.0), ["x"])]

    assert table(rows).tolist() == [[0.5, 1.0, 1.0], [0.0, 2.0, 1.0]]
    assert table(rows).dtype == np.float64


def test_ratio_of_nothing_is_zero() -> None:
    part, whole = np.array([1.0, 0.0, 3.0]), np.array([2.0, 0.0, 0.0])

    assert ratio(part, whole).tolist() == [0.5, 0.0, 0.0]


def test_means_divide_by_the_items() -> None:
    found = means("score", "other")(
        np.array([[3.0, 1.0, 4.0], [0.0, 0.0, 0.0]]), dataset("accuracy")
    )

    assert {name: value.tolist() for name, value in found.items()} == {
        "score": [0.75, 0.0],
        "other": [0.25, 0.0],
    }


@pytest.mark.parametrize("name", get_args(TextMetric))
def test_a_text_metric_tells_silence_from_an_answer(name: MetricName) -> None:
    """Free text can always be read, unless there is nothing but thought."""
    cases = (("发热三天", "发热三天"), ("<think>发热</think>", "发热三天"), (None, "发热三天"))

    found = answered.rows(dataset(name), *cases)

    assert [row.reading for row in found] == ["read", "mismatch", "unanswered"]
