"""A data folder that was lost comes back from the depot, whole or not at all."""

from __future__ import annotations

import logging
from datetime import date
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from evaluator.__main__ import main
from evaluator.board import history_path
from evaluator.depot import signed
from evaluator.depot.depot import Depot
from evaluator.depot.folder import FolderRepository
from evaluator.depot.plan import Publication, plan
from evaluator.depot.repository import Change, Edited, Refused
from evaluator.depot.restore import Restored, restore
from evaluator.depot.results import results
from evaluator.phase import Quota
from evaluator.schema import open_database
from evaluator.settings import Settings, settings
from evaluator.store import Store
from evaluator.tokens import issue_token, team_of
from tests.evaluator.depot.conftest import on_hub
from tests.evaluator.depot.house import House, empty_house, nothing
from tests.evaluator.depot.test_keeping import keeper
from tests.hub_client import BOB
from tests.hub_faults import Fault, rate_limited
from tests.hub_writing import WritableHub

PLACE = ("mini", "dev", "team")


class Fresh:
    """A server that has lost everything but the depot."""

    def __init__(self, folder: Path, name: str = "fresh") -> None:
        self.house = empty_house(folder / name, folder / "challenge")
        self.queued: list[str] = []
        self.settings = Settings(data_dir=folder / name)

    def restore(self, depot: Depot, *, force: bool = False) -> Restored | None:
        """Restore it."""
        return restore(depot, self.house.store, self.settings, self._enqueue, force=force)

    def _enqueue(self, connection: sa.Connection, key: str) -> None:
        self.queued.append(key)


@pytest.fixture
def fresh(tmp_path: Path, house: House) -> Fresh:
    """A server with nothing, beside one that lost nothing."""
    return Fresh(tmp_path)


def test_everything_is_as_it_was(house: House, depot: Depot, fresh: Fresh) -> None:
    token = issue_token(house.store.engine, "医院")
    keeper(house, depot).keep()
    [waiting] = house.store.unfinished()

    assert fresh.restore(depot) == Restored(5, 1, 0)
    assert fresh.house.rows() == house.rows()
    assert fresh.queued == [waiting]
    assert team_of(fresh.house.store.engine, token) == "医院"
    # There is nothing to copy.
    assert fresh.house.store.unsynced() == 0
    assert keeper(fresh.house, depot).keep() == 0
    # And nothing is restored over it.
    assert fresh.restore(depot) is None


def test_quotas_are_known(house: House, depot: Depot, fresh: Fresh) -> None:
    quota = Quota(per_day=9, total=9)
    before = house.store.allowance(quota, PLACE)
    keeper(house, depot).keep()
    fresh.restore(depot)

    # Two scored and one that waits; a failed one and one that was withdrawn unscored cost nothing.
    assert before.in_all == 6
    assert fresh.house.store.allowance(quota, PLACE) == before


def test_what_was_being_scored_begins_anew(house: House, depot: Depot, fresh: Fresh) -> None:
    [key] = house.store.unfinished()
    house.store.begin(key)
    keeper(house, depot).keep()

    assert fresh.restore(depot) == Restored(5, 1, 0)
    record = fresh.house.store.record(key)
    assert (record.status, record.items) == ("queued", 0)
    fresh.house.score(key)
    assert fresh.house.store.record(key).status == "finished"


def test_what_is_accepted_next_stands_behind(house: House, depot: Depot, fresh: Fresh) -> None:
    keeper(house, depot).keep()
    fresh.restore(depot)
    fresh.house.submit("己")

    models = [row["model"] for row in fresh.house.rows()["submissions"]]
    assert models == ["甲", "乙", "丙", "丁", "戊", "己"]


def test_of_an_empty_depot_nothing_is_restored(depot: Depot, fresh: Fresh) -> None:
    assert fresh.restore(depot) == Restored(0, 0, 0)
    assert fresh.house.rows()["submissions"] == []


def test_a_database_that_knows_a_submission_is_left_alone(
    house: House, depot: Depot, fresh: Fresh
) -> None:
    keeper(house, depot).keep()
    fresh.house.submit("another")
    before = fresh.house.rows()

    assert fresh.restore(depot) is None
    assert fresh.house.rows() == before


def test_a_token_that_was_given_before_stays(house: House, depot: Depot, fresh: Fresh) -> None:
    keeper(house, depot).keep()
    token = issue_token(fresh.house.store.engine, "another")

    assert fresh.restore(depot) == Restored(5, 1, 0)
    assert team_of(fresh.house.store.engine, token) == "another"
    assert {row["team"] for row in fresh.house.rows()["tokens"]} == {"team", "another"}


def test_answers_without_any_record_are_of_another_challenge(
    house: House, depot: Depot, fresh: Fresh, tmp_path: Path
) -> None:
    keeper(house, depot).keep()
    elsewhere = depot._replace(requests=FolderRepository("empty", tmp_path / "empty"))

    with pytest.raises(Refused, match="empty holds no submission, but predictions holds answers"):
        fresh.restore(elsewhere)
    assert fresh.restore(elsewhere, force=True) == Restored(0, 0, 0)


def test_two_servers_that_gave_one_number_twice(
    house: House, depot: Depot, fresh: Fresh, tmp_path: Path
) -> None:
    keeper(house, depot).keep()
    fresh.restore(depot)
    # Both go on for a while.
    ours, theirs = house.submit("ours"), fresh.house.submit("theirs")
    keeper(house, depot).keep()
    keeper(fresh.house, depot).keep()

    third = Fresh(tmp_path, "third")
    assert third.restore(depot) == Restored(7, 3, 0)
    assert {ours, theirs} <= set(third.queued)


def test_a_record_that_was_copied_is_not_its_own(house: House, depot: Depot, fresh: Fresh) -> None:
    keeper(house, depot).keep()
    key = house.rows()["submissions"][0]["id"]
    head = depot.requests.head()
    content = depot.requests.read(f"mini/dev/{key}.json", head.commit)
    depot.requests.commit([Change("mini/dev/copy.json", content)], head.commit, "Copy")

    with pytest.raises(Edited, match=r"mini/dev/copy.json"):
        fresh.restore(depot)


def test_a_record_of_a_newer_version_is_not_read(house: House, depot: Depot, fresh: Fresh) -> None:
    keeper(house, depot).keep()
    key = house.rows()["submissions"][0]["id"]
    path = f"mini/dev/{key}.json"
    head = depot.requests.head()
    record = signed.read(depot.requests.read(path, head.commit))
    assert record
    record["submission"]["colour"] = "green"
    depot.requests.commit([Change(path, signed.signed(record))], head.commit, "Newer")

    with pytest.raises(Refused, match="was written by a newer version"):
        fresh.restore(depot)


def test_days_of_boards_come_back(house: House, depot: Depot, fresh: Fresh) -> None:
    day = history_path(house.data_dir / "board", "mini", "dev", date(2026, 11, 5))
    day.parent.mkdir(parents=True)
    pq.write_table(pa.table({"model": ["甲"]}), day)
    wanted = results(house.store, house.challenge, Settings(data_dir=house.data_dir))
    plan(Publication("results", depot.results, wanted, "Results")).push()

    restored = fresh.restore(depot)
    assert restored
    assert restored.days == 1
    back = fresh.settings.board_dir / day.relative_to(house.data_dir / "board")
    assert pq.read_table(back).to_pylist() == [{"model": "甲"}]


@pytest.mark.parametrize(
    ("place", "damage"),
    [("requests", "edited"), *product(("answers", "scores"), ("edited", "gone"))],
)
def test_a_damaged_file_stops_everything_until_forced(
    house: House,
    depot: Depot,
    fresh: Fresh,
    caplog: pytest.LogCaptureFixture,
    place: str,
    damage: str,
) -> None:
    keeper(house, depot).keep()
    repository = depot.requests if place == "requests" else depot.predictions
    key = house.rows()["submissions"][0]["id"]
    name = f"mini/dev/{key}.json"
    head = repository.head()
    [path] = [path for path in head.files if path.startswith(f"{place}/") and key in path] or [name]
    content = repository.read(path, head.commit)
    changed = content + b" " if damage == "edited" else None
    repository.commit([Change(path, changed)], head.commit, "Damage")

    with pytest.raises(Edited, match=key) as caught:
        fresh.restore(depot)
    assert path in str(caught.value)
    assert fresh.house.rows()["submissions"] == []

    with caplog.at_level(logging.ERROR):
        restored = fresh.restore(depot, force=True)
    assert path in caplog.text
    # What has its answers is scored again; what has not is left out.
    assert restored == (Restored(5, 2, 0) if place == "scores" else Restored(4, 1, 0))
    known = {row["id"]: row["status"] for row in fresh.house.rows()["submissions"]}
    assert known.get(key) == ("queued" if place == "scores" else None)


@pytest.mark.parametrize("name", ["requests", "predictions"])
def test_a_newer_or_foreign_depot_is_not_read(
    house: House, depot: Depot, fresh: Fresh, name: str
) -> None:
    keeper(house, depot).keep()
    repository = getattr(depot, name)
    for content, said in (
        (b'{"kind": "%s", "layout": 2}' % name.encode(), "newer version of this software"),
        (b'{"kind": "results", "layout": 1}', "holds the results of a challenge"),
    ):
        head = repository.head()
        repository.commit([Change("layout.json", content)], head.commit, "Another")
        with pytest.raises(Refused, match=said):
            fresh.restore(depot)
        assert fresh.house.rows()["submissions"] == []


def test_from_a_hub_that_goes_wrong(
    house: House, hub: WritableHub, tmp_path: Path, fresh: Fresh
) -> None:
    depot = on_hub(hub)
    keeper(house, depot).keep()
    said: list[str] = []

    def script(method: str, path: str, _number: int) -> Fault | None:
        said.append(path)
        return {2: Fault(500), 5: rate_limited(1), 9: Fault(cut=True)}.get(len(said))

    hub.go_wrong(script)
    assert fresh.restore(on_hub(hub)) == Restored(5, 1, 0)
    assert fresh.house.rows() == house.rows()


def test_a_repository_that_may_not_be_read_is_not_an_empty_one(
    house: House, hub: WritableHub, tmp_path: Path, fresh: Fresh
) -> None:
    """A Hub says of it what it says of one that does not exist."""
    keeper(house, on_hub(hub)).keep()

    with pytest.raises(Refused, match="Check the name, that it is yours"):
        fresh.restore(on_hub(hub, BOB))
    assert fresh.house.rows()["submissions"] == []


def test_a_restore_that_was_interrupted_has_restored_nothing(
    house: House, depot: Depot, fresh: Fresh
) -> None:
    keeper(house, depot).keep()

    def interrupt(connection: sa.Connection, key: str) -> None:
        raise KeyboardInterrupt

    store: Store = fresh.house.store
    with pytest.raises(KeyboardInterrupt):
        restore(depot, store, fresh.settings, interrupt)
    assert all(not rows for rows in fresh.house.rows().values())
    assert restore(depot, store, fresh.settings, nothing) == Restored(5, 1, 0)
    assert fresh.house.rows() == house.rows()


def test_the_command_brings_back_references_and_submissions(
    house: House,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATA_DIR", str(house.data_dir))
    monkeypatch.setenv("CHALLENGE_DIR", str(tmp_path / "challenge"))
    monkeypatch.setenv("DEPOT_DIR", str(tmp_path / "elsewhere"))

    def call(*arguments: str) -> str:
        settings.cache_clear()
        assert main([*arguments]) == 0
        return capsys.readouterr().out.strip()

    assert "requests/mini/dev/" in call("publish")
    assert call("restore").startswith("The database holds submissions already")
    hidden = tmp_path / "challenge" / "mini-test" / "Report" / "references.jsonl"
    content = hidden.read_bytes()
    hidden.unlink()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "new"))

    assert call("restore").splitlines() == [
        "1 file(s) of references were missing and are here again.",
        "5 submission(s) restored, 1 of them still to be scored; 0 board(s) of former days.",
    ]
    assert hidden.read_bytes() == content
    store = Store(open_database(f"sqlite:///{tmp_path / 'new' / 'submissions.sqlite'}"))
    assert House(store, house.challenge, tmp_path / "new").rows() == house.rows()
    # What waits is queued, once.
    assert len(store.unfinished()) == 1
    with store.engine.connect() as connection:
        queued = sa.text("SELECT workflow_uuid FROM workflow_status WHERE status = 'ENQUEUED'")
        assert connection.execute(queued).scalars().all() == store.unfinished()
    settings.cache_clear()
