"""Phases: windows, what may be told when, and what is refused at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from evaluator.phase import Phase, Quota
from evaluator.texts import LANGUAGES, Bilingual, moment_text
from evaluator.track import Track
from tests.folders import NAME, dataset, track

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def phase(**fields: Any) -> Phase:
    """Return a hidden phase with these fields."""
    given = {"id": "test", "title": NAME, "references": "hidden", **fields}
    return Phase.model_validate(given)


def refusal(**fields: Any) -> str:
    """Return why a phase is refused."""
    with pytest.raises(ValidationError) as caught:
        phase(**fields)
    return str(caught.value)


@pytest.mark.parametrize(
    ("fields", "moment", "is_open"),
    [
        ({}, NOON, True),
        ({"opens": NOON}, NOON, True),
        ({"opens": NOON}, NOON - HOUR, False),
        # The moment at which it closes is the first that is too late.
        ({"closes": NOON}, NOON, False),
        ({"closes": NOON}, NOON - timedelta(seconds=1), True),
        ({"opens": NOON, "closes": NOON + HOUR}, NOON + HOUR, False),
        # The same instant, written in another zone.
        ({"opens": datetime.fromisoformat("2026-12-01T20:00:00+08:00")}, NOON, True),
    ],
)
def test_the_window(fields: dict[str, Any], moment: datetime, is_open: bool) -> None:
    assert phase(**fields).is_open(moment) is is_open


@pytest.mark.parametrize(
    ("fields", "before", "after"),
    [
        ({"closes": NOON}, "scores", "scores"),
        ({"closes": NOON, "feedback": "rounded"}, "rounded", "scores"),
        ({"closes": NOON, "feedback": "none"}, "none", "scores"),
        ({"references": "open", "closes": NOON}, "items", "items"),
        ({"references": "open", "feedback": "scores"}, "scores", "scores"),
        ({"references": "open", "closes": NOON, "feedback": "none"}, "none", "items"),
        ({"part_of": "whole", "visible": NOON}, "none", "scores"),
    ],
)
def test_what_is_told(fields: dict[str, Any], before: str, after: str) -> None:
    found = phase(**fields)

    assert found.told(NOON - HOUR) == before
    assert found.told(NOON) == after


@pytest.mark.parametrize(
    ("fields", "visible_from"),
    [
        ({}, None),
        ({"visible": NOON}, NOON),
        # A board would tell what the phase does not.
        ({"feedback": "none", "closes": NOON}, NOON),
        ({"feedback": "none", "closes": NOON, "visible": NOON - HOUR}, NOON),
        ({"feedback": "none", "closes": NOON, "visible": NOON + HOUR}, NOON + HOUR),
    ],
)
def test_when_the_board_is_visible(fields: dict[str, Any], visible_from: datetime | None) -> None:
    found = phase(**fields)

    assert found.visible_from == visible_from
    assert found.is_visible(NOON + 2 * HOUR)
    assert found.is_visible(NOON - 2 * HOUR) is (visible_from is None)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"opens": NOON, "closes": NOON - HOUR}, "closes at 2026-12-01T11:00:00+00:00, before"),
        ({"opens": NOON, "closes": NOON}, "before it opens"),
        ({"opens": "2026-12-01T12:00:00"}, "timezone"),
        ({"feedback": "items"}, "would tell hidden references"),
        ({"feedback": "none"}, "it needs closes"),
        ({"feedback": "all"}, "feedback"),
        ({"rounded_to": 0}, "rounded_to"),
        ({"counts": "worst"}, "counts"),
        ({"quota": {}}, "needs per_day, total or both"),
        ({"quota": {"per_day": 0}}, "per_day"),
        ({"quota": {"total": 3, "timezone": "Mars/Base"}}, "there is no time zone 'Mars/Base'"),
        ({"quota": {"total": 3, "timezone": "../etc/passwd"}}, "there is no time zone"),
        ({"part_of": "whole"}, "visible: the time at which it is revealed"),
        ({"part_of": "whole", "visible": NOON, "references": "open"}, "references: hidden"),
        ({"part_of": "whole", "visible": NOON, "quota": {"total": 1}}, "says quota for both"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], said: str) -> None:
    assert said in refusal(**fields)


def test_a_day_of_a_quota_is_that_of_its_zone() -> None:
    quota = Quota(per_day=1, timezone="Asia/Shanghai")

    # 23:30 UTC of November is 07:30 of the next day there.
    moment = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert quota.day_start(moment) == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert quota.day_end(moment) == datetime(2026, 12, 1, 16, tzinfo=UTC)
    assert moment_text(quota.day_end(moment)) == "2026-12-02 00:00 (UTC+8)"


def test_a_day_with_a_change_of_clock_is_not_24_hours() -> None:
    quota = Quota(per_day=1, timezone="Europe/Berlin")
    moment = datetime(2026, 10, 25, 12, tzinfo=UTC)

    assert quota.day_end(moment) - quota.day_start(moment) == timedelta(hours=25)


def test_every_fact_is_a_sentence_in_both_languages() -> None:
    found = [
        phase(opens=NOON, closes=NOON + HOUR, quota={"per_day": 2, "total": 9}, feedback="rounded"),
        phase(feedback="none", closes=NOON, counts="best"),
        phase(references="open"),
        phase(part_of="whole", visible=NOON),
    ]
    for one in found:
        for language in LANGUAGES:
            assert all(fact.text(language) for fact in one.facts())
    said = " ".join(fact.text("en") for fact in found[0].facts())
    assert "Opens at 2026-12-01 12:00 (UTC)." in said
    assert "At most 2 submission(s) a day (days of UTC). At most 9 submission(s) in all." in said
    assert "in steps of 5 points" in said


def parted(**part: Any) -> Track:
    """Return a track whose phase `test` has a private part with these fields."""
    whole = track([dataset("rouge_l")])
    private = {"id": "final", "folder": "f", "part_of": "test", "visible": NOON, **part}
    phases = (
        *whole.phases,
        phase(folder="h", closes=NOON),
        phase(**private),
    )
    return Track.model_validate(
        {**whole.model_dump(), "phases": [p.model_dump(exclude_unset=True) for p in phases]}
    )


def test_a_private_part_belongs_to_its_phase() -> None:
    found = parted()

    assert [one.id for one in found.entered] == ["dev", "test"]
    assert [one.id for one in found.parts(found.phase("test"))] == ["test", "final"]
    assert [one.id for one in found.parts(found.phase("dev"))] == ["dev"]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"part_of": "tset"}, "part of tset, which is no phase of this track; it has: dev, test"),
        ({"part_of": "dev"}, "whose references are open; hide them there too"),
        ({"part_of": "final"}, "is no phase of this track"),
        ({"folder": "h"}, "two hidden phases take those in h"),
        ({"visible": NOON - HOUR}, "revealed while test still takes submissions"),
    ],
)
def test_a_private_part_of_nothing_is_refused(part: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parted(**part)
    assert said in str(caught.value)


def test_a_title_is_no_fact() -> None:
    assert phase(title=Bilingual(zh="决赛", en="Final")).facts() == phase().facts()
