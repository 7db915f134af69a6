"""What a phase lets be told of a result while it is open."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from evaluator.feedback import rounded, told
from evaluator.phase import Feedback, Phase
from evaluator.results import Judged, Result, Score
from evaluator.uncertainty import Interval
from tests.folders import NAME

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def result(value: float, low: float = 0.0, high: float = 1.0) -> Result:
    """Return a result whose scores are all the same, with parts and a judge's opinion."""
    score = Score(value=value, interval=Interval(low, high), parts={"recall": value}, items=9)
    return Result(
        track="t",
        phase="test",
        overall=score,
        dimensions={"d": score},
        datasets={"D": score},
        skipped=0,
        judge={"D": Judged(state="judged", value=value)},
    )


@pytest.mark.parametrize(
    ("value", "step", "shown"),
    [
        (0.714, 5, 0.70),
        (0.726, 5, 0.75),
        (0.15, 5, 0.15),
        (0.999, 5, 1.0),
        (0.004, 1, 0.0),
        # A step that 100 is no multiple of: never above 100.
        (0.99, 30, 0.9),
        (1.0, 30, 0.9),
    ],
)
def test_scores_are_in_steps(value: float, step: float, shown: float) -> None:
    found = rounded(result(value), step)

    for score in (found.overall, found.dimensions["d"], found.datasets["D"]):
        assert score.value == pytest.approx(shown)
        assert score.parts == {}
        assert score.items == 9
    assert found.judge == {}


def test_intervals_only_widen() -> None:
    score = rounded(result(0.5, 0.41, 0.58), 5).overall

    assert score.interval == pytest.approx((0.40, 0.60))
    # A bound that is a step already stays.
    assert rounded(result(0.5, 0.35, 0.65), 5).overall.interval == pytest.approx((0.35, 0.65))


def test_what_is_no_number_stays_so() -> None:
    assert math.isnan(rounded(result(math.nan), 5).overall.value)


@pytest.mark.parametrize(
    ("feedback", "open_still", "closed"),
    [("scores", 0.714, 0.714), ("rounded", 0.70, 0.714), ("none", None, 0.714)],
)
def test_policies(feedback: Feedback, open_still: float | None, closed: float) -> None:
    phase = Phase(id="test", title=NAME, references="hidden", feedback=feedback, closes=NOW)

    for moment, value in ((NOW - timedelta(days=1), open_still), (NOW, closed)):
        found = told(result(0.714), phase, moment)
        assert (found and found.overall.value) == (value and pytest.approx(value))
