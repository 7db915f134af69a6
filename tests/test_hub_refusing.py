"""What the Hub that takes commits refuses, and what a test may have go wrong."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

import httpx2
import pytest
from huggingface_hub import CommitOperationAdd as Add
from huggingface_hub import CommitOperationCopy as Copy
from huggingface_hub import CommitOperationDelete as Delete
from huggingface_hub import HfApi, get_session, set_client_factory
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils._http import default_client_factory

from tests.hub_client import ANN, BOARD, BOB, READER, STALE, TOKENS, put, set_up
from tests.hub_faults import Fault, rate_limited
from tests.hub_writing import WritableHub, writable_hub

COMMIT = f"/api/datasets/{BOARD}/commit/main"
HELLO = b"hello\n"

Call = Callable[[HfApi], object]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[WritableHub]:
    """A Hub with a public dataset that holds a line."""
    set_up(monkeypatch, tmp_path / "home")
    with writable_hub(TOKENS) as running:
        ann = client(running, ANN)
        ann.create_repo(BOARD, repo_type="dataset")
        put(ann, {"a.txt": HELLO})
        yield running
        assert not running.unexpected


def client(hub: WritableHub, token: str | bool) -> HfApi:
    """Return the client of whoever has a token, or of nobody."""
    return HfApi(endpoint=hub.url, token=token)


def refused(call: Callable[[], object]) -> HfHubHTTPError:
    """Return the error that the Hub answers with."""
    with pytest.raises(HfHubHTTPError) as caught:
        call()
    return caught.value


def opened(hub: WritableHub) -> None:
    """Open a pull request of bob's that changes the line."""
    put(client(hub, BOB), {"a.txt": b"theirs\n"}, create_pr=True)


WRITES: dict[str, Call] = {
    "create": lambda api: api.create_repo("ann/other", repo_type="dataset"),
    "commit": lambda api: put(api, {"b.txt": HELLO}),
    "large": lambda api: put(api, {"b.parquet": HELLO}),
    "delete": lambda api: api.delete_file("a.txt", BOARD, repo_type="dataset"),
    "merge": lambda api: api.merge_pull_request(BOARD, 1, repo_type="dataset"),
    "close": lambda api: api.change_discussion_status(BOARD, 2, "closed", repo_type="dataset"),
    "move": lambda api: api.move_repo(BOARD, "ann/other", repo_type="dataset"),
    "settings": lambda api: api.update_repo_settings(BOARD, private=True, repo_type="dataset"),
    "remove": lambda api: api.delete_repo(BOARD, repo_type="dataset"),
    "secret": lambda api: api.add_space_secret("ann/app", "KEY", "value"),
    "secrets": lambda api: api.get_space_secrets("ann/app"),
    "variable": lambda api: api.add_space_variable("ann/app", "KEY", "value"),
    "restart": lambda api: api.restart_space("ann/app"),
}


@pytest.mark.parametrize(
    ("token", "status"), [(BOB, 403), (READER, 403), (False, 401), (STALE, 401)]
)
def test_only_a_writer_writes(hub: WritableHub, token: str | bool, status: int) -> None:
    ann, other = client(hub, ANN), client(hub, token)
    opened(hub)
    ann.create_discussion(BOARD, "A question of ann's", repo_type="dataset")
    ann.create_repo("ann/app", repo_type="space", space_sdk="gradio")
    before = (hub.commits(BOARD), [*hub.hub.repositories])
    errors = {name: refused(partial(call, other)) for name, call in WRITES.items()}
    statuses = {name: error.response.status_code for name, error in errors.items()}
    assert statuses == dict.fromkeys(WRITES, status)
    assert (hub.commits(BOARD), [*hub.hub.repositories]) == before
    held = hub.repository("ann/app", "space").space
    assert held and not (held.secrets or held.variables or held.restarts)
    assert [one.status for one in hub.repository(BOARD).discussions.values()] == ["open", "open"]


def test_a_token_that_nobody_has_is_told_so(hub: WritableHub) -> None:
    assert "Invalid user token" in str(refused(client(hub, STALE).whoami))
    error = refused(lambda: client(hub, STALE).dataset_info(BOARD))
    assert not isinstance(error, RepositoryNotFoundError)


@pytest.mark.parametrize(("token", "status"), [(BOB, 404), (False, 401)])
def test_a_private_repository_is_as_none(hub: WritableHub, token: str | bool, status: int) -> None:
    client(hub, ANN).update_repo_settings(BOARD, private=True, repo_type="dataset")
    other = client(hub, token)
    calls: list[Callable[[], object]] = [
        lambda: other.dataset_info(BOARD),
        lambda: other.hf_hub_download(BOARD, "a.txt", repo_type="dataset"),
        lambda: put(other, {"b.txt": HELLO}, create_pr=True),
        lambda: other.dataset_info("ann/none"),
    ]
    for error in map(refused, calls):
        assert isinstance(error, RepositoryNotFoundError)
        assert error.response.status_code == status
    assert client(hub, READER).dataset_info(BOARD).private


def test_a_gated_repository_is_read_by_whom_it_lets(hub: WritableHub) -> None:
    client(hub, ANN).update_repo_settings(BOARD, gated="manual", repo_type="dataset")
    for token, status in ((BOB, 403), (False, 401)):
        other = client(hub, token)
        error = refused(partial(other.hf_hub_download, BOARD, "a.txt", repo_type="dataset"))
        assert isinstance(error, GatedRepoError) and error.response.status_code == status
        assert other.dataset_info(BOARD).gated == "manual"
    hub.repository(BOARD).readers.add("bob")
    path = client(hub, BOB).hf_hub_download(BOARD, "a.txt", repo_type="dataset")
    assert Path(path).read_bytes() == HELLO


@pytest.mark.parametrize(
    ("path", "revision", "kind"),
    [
        ("none.txt", "main", EntryNotFoundError),
        ("a.txt", "none", RevisionNotFoundError),
        ("a.txt", "0" * 40, RevisionNotFoundError),
    ],
)
def test_what_is_not_there(
    hub: WritableHub, path: str, revision: str, kind: type[Exception]
) -> None:
    ann = client(hub, ANN)
    error = refused(
        lambda: ann.hf_hub_download(BOARD, path, revision=revision, repo_type="dataset")
    )
    assert isinstance(error, kind) and error.response.status_code == 404


def test_a_name_is_taken_once(hub: WritableHub) -> None:
    ann = client(hub, ANN)
    for name, status in ((BOARD, 409), ("ann/BOARD", 409), ("eve/board", 403)):
        error = refused(partial(ann.create_repo, name, repo_type="dataset"))
        assert error.response.status_code == status
    ann.create_repo("lab/board", repo_type="dataset")
    error = refused(lambda: ann.move_repo("lab/board", BOARD, repo_type="dataset"))
    assert error.response.status_code == 409


def test_a_commit_on_an_older_head_is_refused(hub: WritableHub) -> None:
    ann, start = client(hub, ANN), hub.commits(BOARD)[0].oid
    before = hub.commits(BOARD)
    error = refused(lambda: put(ann, {"b.txt": HELLO}, parent_commit=start))
    assert error.response.status_code == 412
    assert hub.commits(BOARD) == before


def test_one_of_many_gets_its_commit(hub: WritableHub) -> None:
    # While a commit is put together, such a file takes long enough for others to come.
    head = put(client(hub, ANN), {"long.txt": b"1" * 9 * 1024**2})

    all_there = Barrier(8, timeout=60)

    def together(_method: str, path: str, _number: int) -> None:
        if path == COMMIT:
            all_there.wait()

    hub.go_wrong(together)

    def race(number: int) -> int:
        try:
            put(client(hub, ANN), {f"{number}.txt": HELLO}, parent_commit=head)
        except HfHubHTTPError as error:
            return error.response.status_code
        return 200

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(race, range(8)))
    assert statuses == [200, *[412] * 7]
    assert len(hub.commits(BOARD)) == 4


def large_but_not_sent(path: str) -> Add:
    """Return an operation that the client takes for uploaded."""
    made = Add(path, b"never sent")
    made._upload_mode, made._is_uploaded = "lfs", True
    return made


def too_large_for_git(path: str) -> Add:
    """Return an operation that the client takes for one that goes into Git."""
    made = Add(path, b"1" * (10 * 1024**2 + 1))
    made._upload_mode = "regular"
    return made


@pytest.mark.parametrize(
    ("operations", "status", "message"),
    [
        ([Delete("none.txt")], 404, "A file with this name doesn't exist"),
        ([Delete("none/")], 404, "A folder with this name doesn't exist"),
        ([Add("b.txt", HELLO), Delete("none.txt")], 404, "doesn't exist"),  # all or nothing
        ([Delete("a.txt", is_folder=True)], 404, "doesn't exist"),
        ([large_but_not_sent("b.bin")], 400, "LFS pointer pointed to a file that does not exist"),
        ([too_large_for_git("b.txt")], 400, "larger than 10 MiB"),
        ([Add("a.txt/b.txt", HELLO)], 400, "both a file and a folder"),
        ([Add("b//c.txt", HELLO)], 400, "Invalid path"),
    ],
)
def test_a_commit_that_cannot_be(
    hub: WritableHub, operations: list[Add | Copy | Delete], status: int, message: str
) -> None:
    before = hub.commits(BOARD)
    ann = client(hub, ANN)
    error = refused(
        lambda: ann.create_commit(BOARD, operations, commit_message="No", repo_type="dataset")
    )
    assert error.response.status_code == status and message in str(error)
    assert hub.commits(BOARD) == before


README = "---\n{}\n---\n# Board\n"


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("license: [", "Invalid YAML"),
        ("- a\n- b", "should be an object"),
        ("license: mine", '"license" must be one of'),
        ("language: ZH", "lowercase"),
        ("configs: [{data_files: a.jsonl}]", '"configs[0].config_name" is required'),
    ],
)
def test_metadata_that_cannot_be(
    hub: WritableHub, monkeypatch: pytest.MonkeyPatch, front: str, message: str
) -> None:
    ann, files = client(hub, ANN), {"README.md": README.format(front).encode()}
    with pytest.raises(ValueError, match=r"Invalid metadata in README\.md") as caught:
        put(ann, files)
    assert message in str(caught.value)
    # The client asks beforehand; one that did not is refused all the same.
    monkeypatch.setattr(HfApi, "_validate_yaml", lambda *given, **named: None)
    error = refused(lambda: put(ann, files))
    assert error.response.status_code == 400 and message in str(error)
    assert "README.md" not in hub.files(BOARD)


def test_a_readme_without_metadata_is_taken_with_a_warning(hub: WritableHub) -> None:
    with pytest.warns(UserWarning, match="empty or missing yaml metadata"):
        put(client(hub, ANN), {"README.md": b"# Board\n"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        put(client(hub, ANN), {"README.md": README.format("license: mit").encode()})


def test_pull_requests_that_are_not_merged(hub: WritableHub) -> None:
    ann, bob = client(hub, ANN), client(hub, BOB)
    opened(hub)
    put(ann, {"a.txt": b"ours\n"})
    said = ann.get_discussion_details(BOARD, 1, repo_type="dataset")
    assert said.conflicting_files == ["a.txt"]
    error = refused(lambda: ann.merge_pull_request(BOARD, 1, repo_type="dataset"))
    assert error.response.status_code == 409 and "a.txt" in str(error)
    ann.change_discussion_status(BOARD, 1, "closed", repo_type="dataset")
    bob.create_pull_request(BOARD, "A draft", repo_type="dataset")
    for num in (1, 2):  # closed, and a draft
        error = refused(partial(ann.merge_pull_request, BOARD, num, repo_type="dataset"))
        assert error.response.status_code == 400
    assert hub.files(BOARD)["a.txt"] == b"ours\n"


def test_an_object_is_not_given_without_a_signed_address(hub: WritableHub) -> None:
    ann = client(hub, ANN)
    put(ann, {"b.parquet": HELLO})
    url = f"{hub.url}/datasets/{BOARD}/resolve/main/b.parquet"
    there = get_session().head(url, follow_redirects=False).headers["Location"]
    bearer = {"Authorization": f"Bearer {ANN}"}
    assert get_session().get(there).content == HELLO
    assert get_session().get(there, headers={"Range": "bytes=1-2"}).content == b"el"
    assert get_session().get(there, headers=bearer).status_code == 400
    assert get_session().get(there.partition("?")[0]).status_code == 403
    assert get_session().put(there, content=b"other").status_code == 403


@pytest.mark.parametrize("field", ["Accept", "Content-Type"])
def test_a_batch_says_that_it_is_one(hub: WritableHub, field: str) -> None:
    kind = "application/vnd.git-lfs+json"
    bearer = {"Authorization": f"Bearer {ANN}", "Accept": kind, "Content-Type": kind}
    url = f"{hub.url}/datasets/{BOARD}.git/info/lfs/objects/batch"
    body = b'{"operation": "upload", "objects": []}'
    assert get_session().post(url, content=body, headers=bearer).status_code == 200
    wrong = {**bearer, field: "application/json"}
    assert get_session().post(url, content=body, headers=wrong).status_code in (406, 415)


def at_first(path: str, fault: Fault) -> Callable[[str, str, int], Fault | None]:
    """Return a script by which the first request of a path goes wrong."""
    return lambda _method, asked, number: fault if (asked, number) == (path, 1) else None


@pytest.mark.parametrize(
    ("fault", "done"),
    [
        (Fault(412), False),
        (Fault(500), False),
        (Fault(503), False),
        (rate_limited(0), False),
        (Fault(500, after=True), True),
    ],
)
def test_a_commit_goes_wrong_once(hub: WritableHub, fault: Fault, done: bool) -> None:
    # The client does not try a commit again by itself.
    hub.go_wrong(at_first(COMMIT, fault))
    error = refused(lambda: put(client(hub, ANN), {"b.txt": HELLO}))
    assert error.response.status_code == fault.status
    assert ("b.txt" in hub.files(BOARD)) is done
    put(client(hub, ANN), {"b.txt": HELLO})
    # Done though not told: asked again, the client finds that nothing is left to commit.
    assert len(hub.commits(BOARD)) == 3


@pytest.mark.parametrize("after", [False, True])
def test_the_answer_to_a_commit_is_lost(hub: WritableHub, after: bool) -> None:
    hub.go_wrong(at_first(COMMIT, Fault(cut=True, after=after)))
    with pytest.raises(httpx2.TransportError):
        put(client(hub, ANN), {"b.txt": HELLO})
    assert ("b.txt" in hub.files(BOARD)) is after


def test_an_answer_comes_late(hub: WritableHub) -> None:
    hub.go_wrong(at_first(COMMIT, Fault(delay=30)))
    # The client waits for ever, unless it is told not to.
    set_client_factory(lambda: httpx2.Client(timeout=0.5))
    try:
        with pytest.raises(httpx2.ReadTimeout):
            put(client(hub, ANN), {"b.txt": HELLO})
    finally:
        set_client_factory(default_client_factory)
    assert "b.txt" in hub.files(BOARD)


def test_the_client_waits_as_long_as_it_is_told(hub: WritableHub) -> None:
    path = f"/api/datasets/{BOARD}/preupload/main"
    hub.go_wrong(at_first(path, rate_limited(1)))
    start = time.monotonic()
    put(client(hub, ANN), {"b.txt": HELLO})
    assert time.monotonic() - start > 2  # a second more than it is told; one alone if not told
    assert len(hub.asked("POST", path)) == 3
    assert hub.files(BOARD)["b.txt"] == HELLO
