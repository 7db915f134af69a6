"""Pushing to a Hub through its real client, and to a folder: once each, whatever goes wrong."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from evaluator.depot.folder import FolderRepository
from evaluator.depot.hub import HubRepository, open_api
from evaluator.depot.push import MOST_FILES, Pushed, batches, changes, push
from evaluator.depot.repository import Busy, Change, Conflict, Refused, Repository
from tests.hub_client import ANN, BOARD, BOB, READER, put
from tests.hub_faults import Fault, rate_limited
from tests.hub_writing import WritableHub

FILES = {"a.json": b"1", "runs/b.json": b"2", "boards/c.parquet": b"PAR1 \0 PAR1"}


def on_hub(hub: WritableHub, token: str = ANN, name: str = BOARD) -> HubRepository:
    """Return a repository as its client sees it."""
    open_api(token)
    return HubRepository(name, HfApi(endpoint=hub.url, token=token))


@pytest.fixture(params=["hub", "folder"])
def repository(request: pytest.FixtureRequest, hub: WritableHub, tmp_path: Path) -> Repository:
    """An empty repository of either kind."""
    if request.param == "folder":
        made: Repository = FolderRepository("results", tmp_path / "results")
    else:
        made = on_hub(hub)
    made.make()
    return made


def contents(repository: Repository) -> dict[str, bytes]:
    """Return every file, read through the repository itself."""
    head = repository.head()
    return {
        path: repository.read(path, head.commit) for path in head.files if path != ".gitattributes"
    }


def test_what_is_wanted_is_there_in_one_commit(repository: Repository) -> None:
    assert push(repository, FILES, "First") == Pushed(1, 3)
    assert contents(repository) == FILES
    # Nothing is pushed twice.
    assert push(repository, FILES, "Again") == Pushed(0, 0)


def test_only_what_differs_is_pushed_and_others_stay(repository: Repository) -> None:
    push(repository, {**FILES, "theirs.txt": b"x"}, "First")
    wanted = {**FILES, "a.json": b"3", "runs/b.json": None, "gone.json": None}

    assert [change.path for change in changes(wanted, repository.head())] == [
        "a.json",
        "runs/b.json",
    ]
    assert push(repository, wanted, "Second") == Pushed(1, 2)
    assert contents(repository) == {
        "a.json": b"3",
        "boards/c.parquet": FILES["boards/c.parquet"],
        "theirs.txt": b"x",
    }


def test_a_commit_on_an_old_head_is_a_conflict(repository: Repository) -> None:
    before = repository.head()
    repository.commit([Change("a", b"1")], before.commit, "One")
    with pytest.raises(Conflict):
        repository.commit([Change("a", b"2")], before.commit, "Two")
    assert contents(repository) == {"a": b"1"}


def test_many_files_are_few_commits() -> None:
    found = [Change(f"{number:04}", b"x") for number in range(2 * MOST_FILES + 1)]
    assert [len(batch) for batch in batches(found)] == [MOST_FILES, MOST_FILES, 1]
    large = [Change(name, b"x" * 15_000_000) for name in "abc"]
    assert [len(batch) for batch in batches(large)] == [1, 1, 1]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(412),
        Fault(500),
        Fault(503),
        rate_limited(1),
        Fault(cut=True),
        # Done, and the answer is lost.
        Fault(cut=True, after=True),
        Fault(500, after=True),
    ],
    ids=["412", "500", "503", "429", "cut", "answer lost", "failed after"],
)
def test_a_commit_that_goes_wrong_is_made_once(
    hub: WritableHub, tmp_path: Path, fault: Fault
) -> None:
    repository = on_hub(hub)
    repository.make()
    hub.go_wrong(
        lambda _method, path, number: fault if "/commit/" in path and number == 1 else None
    )

    push(repository, FILES, "Results")

    assert contents(repository) == FILES
    titles = [commit.title for commit in hub.commits(BOARD, "dataset")]
    assert titles.count("Results") == 1


def test_two_publishers_end_with_the_same_and_few_commits(hub: WritableHub, tmp_path: Path) -> None:
    """500 runs each, half of them the other's too, through conflicts, throttling and failures."""
    on_hub(hub).make()
    faults = {2: Fault(412), 3: Fault(500), 5: rate_limited(1), 7: Fault(cut=True, after=True)}
    hub.go_wrong(lambda _method, path, number: faults.get(number) if "/commit/" in path else None)
    runs = {f"runs/main/dev/{number:04}.json": b"%d" % number for number in range(750)}
    shares = [dict(list(runs.items())[:500]), dict(list(runs.items())[250:])]

    def publish(number: int) -> None:
        push(on_hub(hub), shares[number], f"Publisher {number}")

    threads = [threading.Thread(target=publish, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert not any(thread.is_alive() for thread in threads)
    found = hub.files(BOARD, "dataset")
    assert {path: content for path, content in found.items() if path.startswith("runs/")} == runs
    assert len(hub.commits(BOARD, "dataset")) <= 30


@pytest.mark.parametrize(
    ("token", "name", "told"),
    [
        (READER, BOARD, "that the token may write"),
        (BOB, BOARD, "that it is yours"),
        ("hf_unknown", BOARD, "HTTP status 401"),
        (ANN, "bob/board", "that it is yours"),
    ],
    ids=["read only", "somebody else", "no token of the Hub's", "another's name"],
)
def test_what_may_not_be_written_is_said(
    hub: WritableHub, tmp_path: Path, token: str, name: str, told: str
) -> None:
    on_hub(hub).make()
    HfApi(endpoint=hub.url, token=BOB).create_repo("bob/board", repo_type="dataset", private=True)
    with pytest.raises(Refused, match=told) as caught:
        refused = on_hub(hub, token, name)
        refused.make()
        push(refused, FILES, "Results")
    assert token not in str(caught.value)


def test_a_renamed_repository_is_named_anew(hub: WritableHub, tmp_path: Path) -> None:
    repository = on_hub(hub)
    repository.make()
    HfApi(endpoint=hub.url, token=ANN).move_repo(BOARD, "ann/other", repo_type="dataset")
    with pytest.raises(Refused, match="is called ann/other now"):
        repository.head()


def test_a_hub_that_never_answers_is_busy(
    hub: WritableHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = on_hub(hub)
    repository.make()
    monkeypatch.setattr("evaluator.depot.push.TRIES", 2)
    hub.go_wrong(lambda *_: Fault(503))
    with pytest.raises(Busy, match="the Hub is busy"):
        push(repository, FILES, "Results")


def test_what_others_commit_meanwhile_stays(hub: WritableHub, tmp_path: Path) -> None:
    repository = on_hub(hub)
    repository.make()
    put(HfApi(endpoint=hub.url, token=ANN), {"theirs.txt": b"x"})
    push(repository, FILES, "Results")
    assert contents(repository) == {**FILES, "theirs.txt": b"x"}
