"""Anonymous entries on a real SQLite file: one pseudonym a model, until its team reveals it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from evaluator.entry import Entry
from evaluator.errors import NotAllowed
from evaluator.predictions import Predictions
from evaluator.records import Status, Submission, part_id
from evaluator.schema import open_database
from evaluator.store import Store

ANSWERS = Predictions({"Report": {"1": ("发热",)}})
UNDER_A_NAME = "entered this model under its name, so a pseudonym would hide nothing"
UNDER_A_PSEUDONYM = "entered this model under a pseudonym"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store on a new file."""
    return Store(open_database(f"sqlite:///{tmp_path / 's.sqlite'}"))


def nothing(connection: sa.Connection, submission_id: str) -> None:
    """Queue nothing."""


def enter(
    store: Store,
    pseudonym: str = "",
    *,
    team: str = "a",
    model: str = "M",
    organisation: str = "H",
    track: str = "mini",
    phase: str = "dev",
    status: Status = "queued",
) -> str:
    """Enter a model, with this pseudonym drawn for it; return the pseudonym that it got."""
    entry = Entry(model, organisation, "open", pseudonym=pseudonym)
    submission = Submission(track, phase, team, entry, "p.zip", "0" * 64)
    key = store.accept(submission, ANSWERS, nothing)
    with store.engine.begin() as connection:
        connection.execute(
            sa.text("update submissions set status = :status where id = :id"),
            {"status": status, "id": key},
        )
    return store.record(key).submission.entry.pseudonym


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({}, True),
        ({"organisation": "Another"}, True),
        ({"phase": "test"}, True),
        ({"track": "maxi"}, True),
        ({"status": "finished"}, True),
        ({"model": "m"}, False),
        ({"team": "b"}, False),
    ],
)
def test_a_model_keeps_its_pseudonym(store: Store, other: dict[str, str], same: bool) -> None:
    assert enter(store, "000001") == "000001"

    assert enter(store, "000002", **other) == ("000001" if same else "000002")  # type: ignore[arg-type]


def test_two_models_never_share_a_pseudonym(store: Store) -> None:
    codes = [enter(store, "000001", team=team, model=model) for team in "ab" for model in "MN"]

    assert codes[0] == "000001"
    assert len(set(codes)) == 4


@pytest.mark.parametrize(
    ("first", "status", "then", "sentence"),
    [
        ("", "queued", "000002", UNDER_A_NAME),
        ("", "scoring", "000002", UNDER_A_NAME),
        ("", "finished", "000002", UNDER_A_NAME),
        # It was on no board.
        ("", "failed", "000002", ""),
        ("", "withdrawn", "000002", ""),
        ("000001", "queued", "", UNDER_A_PSEUDONYM),
        ("000001", "finished", "", UNDER_A_PSEUDONYM),
        ("000001", "failed", "", ""),
        ("000001", "withdrawn", "", ""),
    ],
)
def test_a_model_stands_under_its_name_or_under_a_pseudonym(
    store: Store, first: str, status: Status, then: str, sentence: str
) -> None:
    enter(store, first, status=status)

    if not sentence:
        assert enter(store, then) == then
        return
    with pytest.raises(NotAllowed, match=sentence):
        enter(store, then, phase="test", organisation="Another")
    assert len(store.of_team("a", [("mini", "dev"), ("mini", "test")])) == 1


def test_a_withdrawn_pseudonym_is_not_taken_up(store: Store) -> None:
    enter(store, "000001", status="withdrawn")

    assert enter(store, "000002") == "000002"


def test_revealing_is_of_all_of_a_teams_submissions_of_a_model(store: Store) -> None:
    for phase in ("dev", "test"):
        enter(store, "000001", phase=phase, status="finished")
    enter(store, "000001", status="failed")
    others = [{"team": "b"}, {"model": "N"}]
    kept = [enter(store, f"00000{number + 2}", **o) for number, o in enumerate(others)]  # type: ignore[arg-type]

    assert store.reveal("a", "M") == 3
    assert store.reveal("a", "M") == 0

    assert kept == ["000002", "000003"]
    assert enter(store) == ""
    with pytest.raises(NotAllowed, match=UNDER_A_NAME):
        enter(store, "000004")
    assert [enter(store, "000005", **o) for o in others] == kept  # type: ignore[arg-type]


def test_private_parts_share_the_pseudonym(store: Store) -> None:
    entry = Entry("M", "H", "open", pseudonym="000001")
    submission = Submission("mini", "dev", "a", entry, "p.zip", "0" * 64)
    store.accept(submission, ANSWERS, nothing)
    again = replace(submission, entry=replace(entry, pseudonym="000002"))

    key = store.accept(again, ANSWERS, nothing, private={"final": ANSWERS})

    for name in (key, part_id(key, "final")):
        assert store.record(name).submission.entry.pseudonym == "000001"
    assert store.reveal("a", "M") == 3


def test_the_pseudonyms_of_a_phase_change_when_one_is_revealed(store: Store) -> None:
    enter(store, "000001", status="finished")
    enter(store, "000002", model="N", status="scoring")
    enter(store, "000003", model="O", phase="test", status="finished")
    enter(store, "", model="P", status="finished")

    assert store.pseudonyms("mini", "dev") == {"000001", "000002"}
    store.reveal("a", "M")
    assert store.pseudonyms("mini", "dev") == {"000002"}
    assert store.pseudonyms("mini", "test") == {"000003"}


def test_of_many_at_once_all_get_one_pseudonym(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        codes = set(pool.map(lambda number: enter(store, f"00000{number}"), range(8)))

    assert len(codes) == 1
