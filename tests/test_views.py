"""What the portal says of submissions and their single items, as HTML."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from challenge.desk import Standing
from challenge.views import occurring, reveal, standing, submissions
from evaluator.dataset import MetricName
from evaluator.entry import Entry
from evaluator.metrics import METRICS
from evaluator.metrics.keypoints.matching import Contradiction
from evaluator.records import Record, Status, Submission
from evaluator.texts import Language
from tests.folders import dataset, track

TRACK = track([dataset("macro_recall")])


def shown(language: Language = "en", reading: str = "read", **match: Any) -> str:
    """Return the page of a submission with one item of one key point."""
    submission = Submission(
        "t", "dev", "team", Entry("Model", "Hospital", "open"), "p.zip", "0" * 64
    )
    record = Record("1", submission, "", "finished", 1, 1, None)
    evidence = {
        "kind": "important",
        "point": "退热",
        "covered": False,
        "similarity": 0.25,
        "span": "体温正常",
        "contradiction": None,
        **match,
    }
    item = {"item": "1", "values": {"recall": 0.0}, "extracted": [evidence], "reading": reading}
    return standing(language, Standing(record, 0, None), TRACK, {"macro_recall": [item]})


def test_an_ordinary_point_stands_with_its_span() -> None:
    page = shown(covered=True)

    assert "✓ 退热 (0.25)" in page
    assert "体温正常" in page
    assert "must" not in page


@pytest.mark.parametrize(
    ("kind", "said"), [("must", "must be said"), ("forbidden", "must not be said")]
)
def test_a_point_of_another_kind_is_named(kind: str, said: str) -> None:
    assert said in shown(kind=kind, covered=True)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("negation", "denied there"),
        ("side", "another side there"),
        ("direction", "the other way round there"),
        ("number", "another number there"),
        ("drug", "this drug is not named"),
    ],
)
def test_what_contradicts_a_point_is_said(code: Contradiction, said: str) -> None:
    assert said in shown(contradiction=code)


@pytest.mark.parametrize(
    ("match", "costs"),
    [
        ({"kind": "forbidden", "covered": True}, True),
        ({"kind": "must", "contradiction": "negation", "denied": True}, True),
        ({"kind": "must", "contradiction": "negation", "denied": False}, False),
        ({"kind": "must", "covered": True}, False),
        ({"kind": "forbidden", "covered": False}, False),
    ],
)
def test_what_costs_is_said(match: dict[str, Any], costs: bool) -> None:
    assert ("costs a covered point" in shown(**match)) is costs
    assert ("抵消一个已覆盖的要点" in shown("zh", **match)) is costs


def test_what_could_not_be_read_is_said() -> None:
    assert "not readable in the form asked for" in shown(reading="mismatch")
    assert "没有回答" in shown("zh", reading="unanswered")


def test_of_many_classes_only_those_that_occur_are_shown() -> None:
    """44 classes have 132 statistics an item, nearly all of them 0."""
    scored = dataset("macro_f1")
    wide = scored.model_copy(update={"labels": tuple(f"类{number}" for number in range(44))})
    columns = METRICS["macro_f1"].columns(wide)
    values = dict.fromkeys(columns, 0.0) | {columns[0]: 1.0, columns[-1]: 1.0}

    assert len(columns) > 100
    assert occurring(values) == {columns[0]: 1.0, columns[-1]: 1.0}


@pytest.mark.parametrize("name", [name for name in METRICS if name != "macro_f1"])
def test_of_other_metrics_every_statistic_is_shown(name: MetricName) -> None:
    values = dict.fromkeys(METRICS[name].columns(dataset(name)), 0.0)

    assert occurring(values) == values


NAMES = ("Model", "Hospital")


def hidden(
    pseudonym: str = "4f2a1c", *, shared: bool = False, status: Status = "finished"
) -> Record:
    """Return a finished submission under a pseudonym, or none."""
    entry = Entry(
        "Model",
        "Hospital",
        "open",
        "7B",
        released="2024-05",
        pseudonym=pseudonym,
        repository="lab/weights",
    )
    submission = Submission("t", "dev", "team", entry, "p.zip", "0" * 64, shared=shared)
    return Record("1", submission, "2026-01-01T00:00:00+00:00", status, 1, 1, None)


@pytest.mark.parametrize(
    ("pseudonym", "own", "named", "coded"),
    [
        ("4f2a1c", False, False, True),
        ("4f2a1c", True, True, True),
        ("", False, True, False),
        ("", True, True, False),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_only_its_team_reads_the_name_of_an_anonymous_model(
    language: Language, pseudonym: str, own: bool, named: bool, coded: bool
) -> None:
    page = standing(language, Standing(hidden(pseudonym), 0, None), TRACK, own=own)

    assert [name in page for name in NAMES] == [named, named]
    assert ("4f2a1c" in page) is coded
    assert "2024-05" not in page
    link = '<a href="https://huggingface.co/lab/weights" target="_blank" rel="noopener">'
    assert (link in page) is ("lab/weights" in page) is named


def test_without_a_reader_nobody_is_named() -> None:
    assert "Model" not in standing("en", Standing(hidden(), 0, None), TRACK)


def test_a_teams_list_marks_what_is_anonymous() -> None:
    listed = submissions("en", [hidden(), hidden("")])

    assert listed.count("Model</td>") == 1
    assert listed.count("Anonymous 4f2a1c") == 1
    assert "Only your team and the maintainers see the name" in listed
    assert "Only your team" not in submissions("en", [hidden("")])


@pytest.mark.parametrize(
    ("shared", "own", "status", "told", "denied"),
    [
        (True, True, "finished", True, False),
        (True, False, "queued", True, False),
        (False, True, "finished", False, True),
        # Of what is not shared others are told nothing.
        (False, False, "finished", False, False),
        # Nothing of it is published, whatever was wanted; of a withdrawn one nothing is left.
        (True, False, "failed", False, False),
        (True, True, "withdrawn", False, False),
    ],
)
def test_whether_predictions_are_shared_is_said(
    shared: bool, own: bool, status: Status, told: bool, denied: bool
) -> None:
    found = Standing(hidden("", shared=shared, status=status), 0, None)
    page = standing("en", found, TRACK, own=own)

    assert ("Its team shares its predictions" in page) is told
    assert ("Its predictions are not published." in page) is denied


def test_a_teams_list_marks_what_is_shared() -> None:
    listed = submissions("en", [hidden("", shared=True), hidden("")])

    assert listed.count("Predictions shared") == 1


def test_revealing_is_asked_with_everything_that_it_shows() -> None:
    entry = Entry("<b>M</b>", "H & Co", "open", pseudonym="4f2a1c", repository="lab/M")
    question = reveal("en", entry)

    assert "Reveal “&lt;b&gt;M&lt;/b&gt;”?" in question
    for said in ("Anonymous 4f2a1c", "H &amp; Co", "cannot be undone", "Its repository lab/M will"):
        assert said in question
    assert "Its repository" not in reveal("en", replace(entry, repository=""))
