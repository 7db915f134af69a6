"""Quotas: counted where submissions are accepted, so that many at once cannot pass together."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from evaluator.errors import NotAllowed
from evaluator.phase import Quota
from evaluator.quotas import refuse_beyond
from evaluator.records import Status
from evaluator.schema import open_database, runs
from evaluator.store import Store
from tests.evaluator.test_store import ANSWERS, SUBMISSION, nothing

PARALLEL = 50
PLACE = ("mini", "dev", "team")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store on a new file."""
    return Store(open_database(f"sqlite:///{tmp_path / 's.sqlite'}"))


def accept(store: Store, quota: Quota, **changed: str) -> str:
    """Submit once under a quota; return the id, or why it is refused."""
    submission = replace(SUBMISSION, **changed)
    place = (submission.track, submission.phase, submission.team)

    def admit(connection: sa.Connection, moment: datetime) -> None:
        refuse_beyond(connection, quota, place, moment)

    try:
        return store.accept(submission, ANSWERS, nothing, admit=admit)
    except NotAllowed as refused:
        return str(refused)


def put(store: Store, key: str, **values: str) -> None:
    """Change columns of a submission by hand."""
    table = sa.table("submissions", *(sa.column(name) for name in ("id", *values)))
    with store.engine.begin() as connection:
        connection.execute(table.update().where(table.c.id == key).values(**values))


def count(store: Store) -> int:
    """Return how many submissions are kept."""
    with store.engine.connect() as connection:
        return int(connection.execute(sa.text("select count(*) from submissions")).scalar_one())


def test_it_counts_down_and_then_says_when_there_is_more(store: Store) -> None:
    quota = Quota(per_day=2, total=3, timezone="Asia/Shanghai")

    left = store.allowance(quota, PLACE)
    assert (left.today, left.in_all) == (2, 3)
    accept(store, quota)
    left = store.allowance(quota, PLACE)
    assert (left.today, left.in_all) == (1, 2)
    accept(store, quota)
    refused = accept(store, quota)

    assert "has used its 2 submission(s) of today; nothing was stored" in refused
    assert "possible from 20" in refused
    assert "00:00 (UTC+8)" in refused
    assert count(store) == 2


def test_what_was_submitted_yesterday_counts_in_all_only(store: Store) -> None:
    quota = Quota(per_day=1, total=2)
    put(store, accept(store, quota), created_at="2026-01-01T00:00:00+00:00")

    left = store.allowance(quota, PLACE)
    assert (left.today, left.in_all) == (1, 1)
    accept(store, quota)
    assert "has used all its 2 submissions" in accept(store, quota)


@pytest.mark.parametrize(
    ("status", "costs"),
    [("queued", 1), ("scoring", 1), ("finished", 1), ("failed", 0), ("withdrawn", 0)],
)
def test_what_costs(store: Store, status: Status, costs: int) -> None:
    quota = Quota(total=5)
    put(store, accept(store, quota), status=status)

    assert store.allowance(quota, PLACE).in_all == 5 - costs


def test_what_was_scored_goes_on_costing_when_it_is_withdrawn(store: Store) -> None:
    """Who sees a score and takes the try back would else choose among tries."""
    quota = Quota(total=5)
    key = accept(store, quota)
    store.begin(key)
    with store.engine.begin() as connection:
        row = {"submission": key, "number": 1, "finished_at": "2026-01-01", "record": "{}"}
        connection.execute(runs.insert().values(**row, influences=b""))
    store.move(key, "finished")

    assert store.withdraw(key, scored=True)
    assert store.allowance(quota, PLACE).in_all == 4


def test_others_are_not_counted(store: Store) -> None:
    quota = Quota(total=1)
    for change in ({"team": "b"}, {"phase": "test"}, {"track": "maxi"}):
        accept(store, quota, **change)
    accept(store, quota, provenance="recorded")

    assert store.allowance(quota, PLACE).in_all == 1


def test_fifty_at_once_at_one_below_the_limit(store: Store) -> None:
    quota = Quota(per_day=4)
    for _ in range(3):
        accept(store, quota)

    with ThreadPoolExecutor(PARALLEL) as pool:
        said = list(pool.map(lambda _number: accept(store, quota), range(PARALLEL)))

    assert sum(store.has(one) for one in said) == 1
    assert sum("has used its 4 submission(s) of today" in one for one in said) == PARALLEL - 1
    assert count(store) == 4


def _accept_many(path: str, times: int) -> int:
    store = Store(open_database(f"sqlite:///{path}"))
    said = [accept(store, Quota(total=7)) for _ in range(times)]
    return sum(store.has(one) for one in said)


def test_processes_share_a_quota(store: Store, tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        path = str(tmp_path / "s.sqlite")
        accepted = pool.starmap(_accept_many, [(path, 6)] * 3)

    assert sum(accepted) == 7 == count(store)
