"""When everybody may have answers that a team shares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evaluator.sharing import tells_answers
from evaluator.track import Track
from tests.leaderboard.small_board import small_track

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TITLE = {"zh": "甲", "en": "A"}


def made(*phases: dict[str, Any]) -> Track:
    """Return a track of these phases."""
    return small_track(
        phases=[{"title": TITLE, "folder": phase["id"], **phase} for phase in phases]
    )


@pytest.mark.parametrize(
    ("phase", "told"),
    [
        ({"references": "open"}, True),
        ({"references": "open", "closes": NOW + DAY}, True),
        ({"references": "open", "closes": NOW + DAY, "feedback": "scores"}, True),
        # Others would hand in what they found there; of one that never closes, always.
        ({"references": "hidden"}, False),
        ({"references": "hidden", "closes": NOW + DAY}, False),
        ({"references": "hidden", "closes": NOW}, True),
        ({"references": "hidden", "feedback": "rounded"}, False),
        ({"references": "hidden", "feedback": "rounded", "closes": NOW + DAY}, False),
        ({"references": "hidden", "feedback": "rounded", "closes": NOW - DAY}, True),
        ({"references": "open", "feedback": "none", "closes": NOW + DAY}, False),
        ({"references": "open", "feedback": "none", "closes": NOW - DAY}, True),
        ({"references": "open", "visible": NOW + DAY}, False),
        ({"references": "open", "visible": NOW}, True),
    ],
)
def test_a_phase_tells_answers(phase: dict[str, Any], told: bool) -> None:
    track = made({"id": "a", **phase})

    assert tells_answers(track, track.phase("a"), NOW) is told


@pytest.mark.parametrize(
    ("visible", "told"),
    [
        # Neither: what the one holds would tell which ids the other has.
        ({"first": NOW + DAY, "second": NOW + DAY}, {"whole": False, "first": False}),
        ({"first": NOW, "second": NOW + DAY}, {"whole": False, "first": True, "second": False}),
        ({"first": NOW, "second": NOW}, {"whole": True, "first": True, "second": True}),
    ],
)
def test_a_phase_tells_none_before_its_private_parts_are_revealed(
    visible: dict[str, datetime], told: dict[str, bool]
) -> None:
    hidden = {"references": "hidden"}
    parts = [
        {"id": name, **hidden, "part_of": "whole", "visible": moment}
        for name, moment in visible.items()
    ]
    track = made({"id": "whole", **hidden, "closes": NOW - DAY}, *parts)

    assert {name: tells_answers(track, track.phase(name), NOW) for name in told} == told
