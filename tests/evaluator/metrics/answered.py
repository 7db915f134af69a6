"""Answered items for the tests of metrics."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.dataset import Convention, Dataset, MetricName, MetricSettings
from evaluator.items import AnsweredItem, Question, Reference
from evaluator.lines import Other
from evaluator.metrics import METRICS
from evaluator.metrics.metric import Statistic, table
from tests.folders import NAME

Case = tuple[str | None, str]


def dataset(metric: MetricName, convention: Convention, labels: Sequence[str] = ()) -> Dataset:
    """Return a dataset of that metric, convention and closed set."""
    settings = MetricSettings(name=metric)
    return Dataset(
        id="Set",
        title=NAME,
        card=NAME,
        convention=convention,
        labels=tuple(labels),
        metric=settings,
    )


def item(
    answers: Sequence[str | None],
    right: Sequence[str],
    key: str = "1",
    options: Sequence[tuple[str, ...]] = (),
) -> AnsweredItem:
    """Return an item in as many copies as there are answers."""
    other = Other(id=key, source="Set")
    shown = options or [None] * len(right)
    return AnsweredItem(
        key,
        tuple(Question(other=other, question="问", options=one) for one in shown),
        tuple(Reference(other=other, answer=answer) for answer in right),
        tuple(answers),
    )


def rows(tried: Dataset, *cases: Case) -> list[Statistic]:
    """Return the statistics of (answer, reference) pairs."""
    items = [item([answer], [right], str(key)) for key, (answer, right) in enumerate(cases)]
    return METRICS[tried.metric.name].statistics(items, tried)


def scores(tried: Dataset, *cases: Case) -> dict[str, float]:
    """Return what the dataset's metric makes of (answer, reference) pairs."""
    totals = table(rows(tried, *cases)).sum(axis=0)
    found = METRICS[tried.metric.name].aggregate(totals, tried)
    return {name: float(value) for name, value in found.items()}
