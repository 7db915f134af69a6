"""Every submission that changed is copied to the depot, once, whatever goes wrong."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import orjson
import pytest

from evaluator import copies
from evaluator.depot import ledger, signed
from evaluator.depot.depot import Depot
from evaluator.depot.folder import FolderRepository
from evaluator.depot.keeping import Keeper
from evaluator.depot.plan import plan
from evaluator.depot.repository import Busy, Edited, Refused
from evaluator.depot.restore import restore
from evaluator.predictions import Predictions
from evaluator.settings import Settings
from evaluator.tokens import issue_token, revoke_tokens
from evaluator.withdrawal import EMPTIED
from tests.evaluator.depot.conftest import on_hub
from tests.evaluator.depot.house import ANSWERS, House, empty_house, nothing
from tests.hub_client import READER
from tests.hub_faults import Fault, Script, rate_limited
from tests.hub_writing import WritableHub


def keeper(house: House, depot: Depot) -> Keeper:
    """Return what copies the submissions of a house to a depot."""
    return Keeper(depot, house.store, Settings(data_dir=house.data_dir))


def files(depot: Depot, name: str) -> dict[str, bytes]:
    """Return the files of one repository."""
    repository = getattr(depot, name)
    head = repository.head()
    return dict(repository.read_all(list(head.files), head.commit))


def by_model(house: House) -> dict[str, str]:
    """Return the id of each model's submission."""
    return {row["model"]: row["id"] for row in house.rows()["submissions"]}


def test_a_submission_is_a_record_with_its_files(house: House, depot: Depot) -> None:
    assert keeper(house, depot).keep() == 5
    requests, predictions = files(depot, "requests"), files(depot, "predictions")
    key = by_model(house)["乙"]

    record = signed.read(requests[f"mini/dev/{key}.json"])
    assert record
    told = record["submission"]
    assert (told["team"], told["model"], told["status"]) == ("team", "乙", "finished")
    answers = f"answers/mini/dev/{key}.json.gz"
    [scores] = [path for path in predictions if path.startswith(f"scores/mini/dev/{key}/")]
    assert record["files"] == {path: ledger.digest(predictions[path]) for path in (answers, scores)}
    assert Predictions.unpack(predictions[answers]) == ANSWERS
    kept = json.loads(gzip.decompress(predictions[scores]))
    assert [json.loads(run["record"])["overall"]["value"] for run in kept["runs"]] == [0.5, 0.25]
    assert [row["part"] for row in kept["statistics"]] == ["Choice"]


def test_of_a_withdrawn_one_a_tombstone_is_left(house: House, depot: Depot) -> None:
    keeper(house, depot).keep()
    key = by_model(house)["甲"]
    house.store.withdraw(key, scored=True)
    assert house.store.unsynced() == 1
    keeper(house, depot).keep()

    assert not [path for path in files(depot, "predictions") if key in path]
    record = signed.read(files(depot, "requests")[f"mini/dev/{key}.json"])
    assert record
    assert record["files"] == {}
    assert record["submission"] | EMPTIED == record["submission"]
    assert (record["submission"]["status"], record["submission"]["withdrawn_runs"]) == (
        "withdrawn",
        1,
    )


def test_what_waits_is_counted(house: House, depot: Depot) -> None:
    """New ones, and those of which a copy is older than they are."""
    store = house.store
    assert (store.unsynced(), store.unsynced(new=True)) == (5, 5)
    keeper(house, depot).keep()
    assert store.unsynced() == 0
    key = by_model(house)["戊"]

    store.begin(key)
    # Taken up again, it stands where it stood.
    store.begin(key)
    assert (store.unsynced(), store.unsynced(new=True)) == (1, 0)
    assert copies.waiting(store.engine, 9)[0].revision == 2
    assert keeper(house, depot).keep() == 1
    house.score(key)
    assert store.unsynced() == 1
    assert keeper(house, depot).keep() == 1
    # Scored anew.
    house.score(key, number=2)
    assert keeper(house, depot).keep() == 1
    assert keeper(house, depot).keep() == 0


def test_what_changes_while_it_is_copied_waits_again(house: House, depot: Depot) -> None:
    store = house.store
    [first, *_] = copies.waiting(store.engine, 1)
    store.withdraw(first.id, scored=True)
    with store.engine.begin() as connection:
        copies.settle(connection, "there")
    copies.mark_copied(store.engine, "there", {first.id: first.revision})

    assert first.id in {one.id for one in copies.waiting(store.engine, 9)}


def test_teams_are_kept_without_their_tokens(house: House, depot: Depot) -> None:
    token = issue_token(house.store.engine, "医院")
    keeper(house, depot).keep()
    written = files(depot, "requests")[ledger.TEAMS]
    assert token.encode() not in written
    assert {row["team"] for row in orjson.loads(written)["tokens"]} == {"team", "医院"}

    # Also where no submission waits.
    revoke_tokens(house.store.engine, "医院")
    assert keeper(house, depot).keep() == 0
    known = orjson.loads(files(depot, "requests")[ledger.TEAMS])["tokens"]
    assert {row["team"] for row in known if row["revoked_at"]} == {"医院"}


def test_one_that_was_edited_holds_up_no_other(house: House, depot: Depot, tmp_path: Path) -> None:
    keeper(house, depot).keep()
    keys = by_model(house)
    file = tmp_path / "depot" / "requests" / "mini" / "dev" / f"{keys['甲']}.json"
    file.write_bytes(file.read_bytes().replace("甲".encode(), "乙".encode()))
    for model in "甲戊":
        house.store.withdraw(keys[model], scored=True)

    with pytest.raises(Edited, match="was edited by hand"):
        keeper(house, depot).keep()
    assert [one.id for one in copies.waiting(house.store.engine, 9)] == [keys["甲"]]
    for publication in keeper(house, depot).publications():
        plan(publication, force="It was a mistake.").push()
    assert signed.read(file.read_bytes())
    assert house.store.unsynced() == 0


def test_more_than_a_batch(house: House, depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluator.depot.keeping.MOST", 2)
    assert keeper(house, depot).keep() == 5
    # The layout, the card and the teams are there too.
    assert len(files(depot, "requests")) == 5 + 3
    assert house.store.unsynced() == 0


def test_a_hub_that_goes_wrong_gets_everything_once(
    house: House, hub: WritableHub, tmp_path: Path
) -> None:
    depot = on_hub(hub)
    said: list[str] = []

    def script(method: str, path: str, _number: int) -> Fault | None:
        if method != "POST" or "/commit/" not in path:
            return None
        said.append(path)
        return {
            1: Fault(412),
            2: rate_limited(1),
            3: Fault(500),
            4: Fault(cut=True, after=True),
        }.get(len(said))

    hub.go_wrong(script)
    assert keeper(house, depot).keep() == 5
    assert house.store.unsynced() == 0
    commits = hub.commits("ann/requests")
    assert [one.title for one in commits if "submission" in one.title] == ["5 submission(s)"]
    for name in ("requests", "predictions"):
        assert hub.repository(f"ann/{name}").private
    assert keeper(house, depot).keep() == 0


def test_on_a_hub_no_former_commit_holds_what_was_withdrawn(
    house: House, hub: WritableHub, tmp_path: Path
) -> None:
    depot = on_hub(hub)
    keeper(house, depot).keep()
    keys = by_model(house)
    held = hub.repository("ann/predictions")
    before = held.revision("main").tree
    scores = [
        blob.sha256 for path, blob in before.items() if f"scores/mini/dev/{keys['甲']}" in path
    ]
    house.store.withdraw(keys["甲"], scored=True)
    keeper(house, depot).keep()

    # The answers of all are the same, and a Hub keeps them once: those of others must stay.
    assert len(scores) == 1
    assert scores[0] not in held.objects
    tree = held.revision("main").tree
    assert [path for path in tree if keys["乙"] in path]
    assert not [path for path in tree if keys["甲"] in path]
    head = depot.predictions.head()
    kept = depot.predictions.read_all(list(head.files), head.commit)
    assert Predictions.unpack(kept[f"answers/mini/dev/{keys['乙']}.json.gz"]) == ANSWERS


def test_what_could_not_be_copied_goes_on_waiting(
    house: House, hub: WritableHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers before what names them: a record never names a file that is not there."""
    monkeypatch.setattr("evaluator.depot.push.TRIES", 2)
    depot = on_hub(hub)
    keeper(house, depot).keep()
    key = house.submit("己")
    hub.go_wrong(
        lambda method, path, _number: (
            Fault(503) if "ann/requests/commit" in path and method == "POST" else None
        )
    )
    with pytest.raises(Busy):
        keeper(house, depot).keep()
    assert house.store.unsynced(new=True) == 1
    assert f"answers/mini/dev/{key}.json.gz" in hub.files("ann/predictions")

    before = len(hub.commits("ann/predictions"))
    hub.go_wrong(None)
    assert keeper(house, depot).keep() == 1
    assert len(hub.commits("ann/predictions")) == before


def test_a_token_that_may_not_write_is_said(house: House, hub: WritableHub, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="the token may write"):
        keeper(house, on_hub(hub, READER)).keep()
    assert house.store.unsynced() == 5


def test_what_is_private_is_not_put_into_a_public_repository(
    house: House, hub: WritableHub, tmp_path: Path
) -> None:
    depot = on_hub(hub)
    keeper(house, depot).keep()
    hub.repository("ann/predictions").private = False
    house.submit("己")

    with pytest.raises(Refused, match="ann/predictions is public"):
        keeper(house, depot).keep()
    assert house.store.unsynced() == 1


@pytest.mark.parametrize("change", ["withdrawn", "scored again"])
@pytest.mark.parametrize("stop", [1, 2, 3, 4])
def test_whenever_it_stops_every_record_has_its_files(
    house: House, depot: Depot, change: str, stop: int, tmp_path: Path
) -> None:
    """New content first, then the record, and only then what no record names."""
    keeper(house, depot).keep()
    key = by_model(house)["甲"]
    if change == "withdrawn":
        house.store.withdraw(key, scored=True)
    else:
        house.score(key, 0.125, number=2)
    for publication, _number in zip(keeper(house, depot).publications(), range(stop), strict=False):
        plan(publication).push()

    lost = empty_house(tmp_path / "lost", tmp_path / "challenge")
    assert restore(depot, lost.store, Settings(data_dir=tmp_path / "lost"), nothing)
    keeper(house, depot).keep()
    again = empty_house(tmp_path / "again", tmp_path / "challenge")
    restore(depot, again.store, Settings(data_dir=tmp_path / "again"), nothing)
    assert again.rows() == house.rows()
    # Nothing lies there that no record names.
    named = {
        path
        for content in files(depot, "requests").values()
        if (record := signed.read(content)) and "files" in record
        for path in record["files"]
    }
    assert {path for path in files(depot, "predictions") if ledger.place_of(path)} == named


def test_a_machine_that_knows_nobody_forgets_nobody(
    house: House, depot: Depot, tmp_path: Path
) -> None:
    """As one on which only references are written."""
    keeper(house, depot).keep()
    before = files(depot, "requests")
    empty = empty_house(tmp_path / "elsewhere", tmp_path / "challenge")

    assert keeper(empty, depot).keep() == 0
    assert files(depot, "requests") == before


def test_teams_of_two_machines_are_those_of_both(
    house: House, depot: Depot, tmp_path: Path
) -> None:
    keeper(house, depot).keep()
    other = empty_house(tmp_path / "elsewhere", tmp_path / "challenge")
    issue_token(other.store.engine, "another")
    keeper(other, depot).keep()
    revoke_tokens(house.store.engine, "team")
    keeper(house, depot).keep()
    keeper(other, depot).keep()

    known = orjson.loads(files(depot, "requests")[ledger.TEAMS])["tokens"]
    assert {row["team"]: bool(row["revoked_at"]) for row in known} == {
        "team": True,
        "another": False,
    }


def test_teams_that_were_edited_hold_up_no_submission(
    house: House, depot: Depot, tmp_path: Path
) -> None:
    keeper(house, depot).keep()
    file = tmp_path / "depot" / "requests" / ledger.TEAMS
    file.write_bytes(file.read_bytes().replace(b"team", b"tema"))
    key = house.submit("己")

    with pytest.raises(Edited, match=ledger.TEAMS):
        keeper(house, depot).keep()
    assert f"mini/dev/{key}.json" in files(depot, "requests")
    assert house.store.unsynced() == 0


def test_a_hub_that_will_not_forget_holds_up_no_other(
    house: House, hub: WritableHub, tmp_path: Path
) -> None:
    depot = on_hub(hub)
    keeper(house, depot).keep()
    house.store.withdraw(by_model(house)["甲"], scored=True)
    hub.go_wrong(lambda _method, path, _number: Fault(403) if "lfs-files" in path else None)
    with pytest.raises(Refused):
        keeper(house, depot).keep()
    key = house.submit("己")
    with pytest.raises(Refused):
        keeper(house, depot).keep()
    assert f"mini/dev/{key}.json" in hub.files("ann/requests")
    assert house.store.unsynced() == 1

    hub.go_wrong(None)
    keeper(house, depot).keep()
    assert house.store.unsynced() == 0


def once(at: int) -> Script:
    """Return what lets the how-manieth request go wrong."""
    said: list[str] = []

    def script(_method: str, path: str, _number: int) -> Fault | None:
        said.append(path)
        return Fault(503) if len(said) == at else None

    return script


def test_one_hiccup_of_the_hub_is_not_noticed(
    house: House, hub: WritableHub, tmp_path: Path
) -> None:
    """Whichever request it is that meets it."""
    depot = on_hub(hub)
    keeper(house, depot).keep()
    for number in range(1, 9):
        house.submit(f"M{number}")
        hub.go_wrong(once(number))
        assert keeper(house, depot).keep() == 1
    assert house.store.unsynced() == 0


def test_another_place_gets_everything(house: House, depot: Depot, tmp_path: Path) -> None:
    keeper(house, depot).keep()
    moved = depot._replace(
        **{name: FolderRepository(name, tmp_path / "moved" / name) for name in depot._fields}
    )

    assert keeper(house, moved).keep() == 5
    assert files(moved, "requests") == files(depot, "requests")
    assert keeper(house, moved).keep() == 0


def test_what_was_edited_is_found_where_all_is_looked_at(
    house: House, depot: Depot, tmp_path: Path
) -> None:
    keeper(house, depot).keep()
    file = tmp_path / "depot" / "requests" / "mini" / "dev" / f"{by_model(house)['甲']}.json"
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"finished", b"failed"))

    assert keeper(house, depot).keep() == 0
    with pytest.raises(Edited):
        for publication in keeper(house, depot).publications(everything=True):
            plan(publication).push()
    for publication in keeper(house, depot).publications(everything=True):
        plan(publication, force="Put right.").push()
    assert file.read_bytes() == whole


def test_a_look_at_another_place_notes_nothing(house: House, depot: Depot, tmp_path: Path) -> None:
    """As a dry run of somebody who named other repositories, beside a server that takes uploads."""
    keeper(house, depot).keep()
    moved = depot._replace(
        **{name: FolderRepository(name, tmp_path / "moved" / name) for name in depot._fields}
    )
    listed = [plan(one).lines() for one in keeper(house, moved).publications()]
    record = f"+ requests/mini/dev/{by_model(house)['甲']}.json"
    assert [line for lines in listed for line in lines].count(record) == 1
    assert house.store.unsynced() == 0

    for one in keeper(house, moved).publications():
        plan(one).push()
    assert files(moved, "requests") == files(depot, "requests")
    assert house.store.unsynced() == 0


def test_a_score_that_comes_meanwhile_is_not_named_before_it_is_there(
    house: House, depot: Depot, tmp_path: Path
) -> None:
    """A record names what went before it, not what the database holds by then."""
    key = by_model(house)["戊"]
    for publication in keeper(house, depot).publications():
        plan(publication).push()
        if f"answers/mini/dev/{key}.json.gz" in publication.wanted:
            house.score(key)

    lost = empty_house(tmp_path / "lost", tmp_path / "challenge")
    assert restore(depot, lost.store, Settings(data_dir=tmp_path / "lost"), nothing)
    assert keeper(house, depot).keep() == 5
    again = empty_house(tmp_path / "again", tmp_path / "challenge")
    restore(depot, again.store, Settings(data_dir=tmp_path / "again"), nothing)
    assert again.rows() == house.rows()
