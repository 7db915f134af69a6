"""Feedback: what a phase lets be told of a result while it is open.

Exact scores of hidden items let a team climb by probing (Blum and Hardt 2015, The Ladder), so a
phase may round them, or tell none until it closes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

from evaluator.phase import Phase
from evaluator.results import Result, Score
from evaluator.uncertainty import Interval

POINTS = 100


def told(result: Result, phase: Phase, moment: datetime) -> Result | None:
    """Return what a team, or the board, is told of a result at a moment; None for nothing."""
    feedback = phase.told(moment)
    if feedback == "none":
        return None
    return rounded(result, phase.rounded_to) if feedback == "rounded" else result


def rounded(result: Result, step: float) -> Result:
    """Return a result in steps of so many points: intervals outwards, parts and judge left out.

    Counts of unread and unanswered items are left out too, which would tell of single items.
    """
    return result.model_copy(
        update={
            "overall": _score(result.overall, step),
            "dimensions": {name: _score(one, step) for name, one in result.dimensions.items()},
            "datasets": {name: _score(one, step) for name, one in result.datasets.items()},
            "judge": {},
            "skipped": min(result.skipped, 1),
        }
    )


def _score(score: Score, step: float) -> Score:
    share = step / POINTS
    low, high = score.interval.low, score.interval.high
    interval = Interval(low=_steps(math.floor, low, share), high=_steps(math.ceil, high, share))
    # A step may go beyond 100 points; no number stays one.
    value = min(_steps(round, score.value, share), 1.0)
    told = {"value": value, "interval": interval, "parts": {}, "mismatches": 0, "unanswered": 0}
    return score.model_copy(update=told)


def _steps(to: Callable[[float], int], value: float, share: float) -> float:
    """Return a value as a whole number of steps; one that is no number stays as it is."""
    # A millionth of a step forgives what floating point does to 0.15 / 0.05.
    return share * to(round(value / share, 6)) if math.isfinite(value) else value
