"""The Hub that takes commits, as its real client sees it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import CommitOperationAdd as Add
from huggingface_hub import CommitOperationCopy as Copy
from huggingface_hub import CommitOperationDelete as Delete
from huggingface_hub import HfApi, RepoFile, get_session
from huggingface_hub.community import DiscussionComment, DiscussionEvent
from huggingface_hub.errors import HfHubHTTPError

from tests.hub_client import ANN, BOARD, BOB, TOKENS, put, set_up
from tests.hub_writing import WritableHub, writable_hub

ROOT = Path(__file__).resolve().parents[1]
# What `git hash-object` says of a file that holds this line.
HELLO, HELLO_ID = b"hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[WritableHub]:
    """A Hub with one dataset, and a client that is told of no other."""
    set_up(monkeypatch, tmp_path / "home")
    with writable_hub(TOKENS) as running:
        HfApi(endpoint=running.url, token=ANN).create_repo(BOARD, repo_type="dataset")
        yield running
        assert not running.unexpected


@pytest.fixture
def ann(hub: WritableHub) -> HfApi:
    """The client of the owner."""
    return HfApi(endpoint=hub.url, token=ANN)


@pytest.fixture
def bob(hub: WritableHub) -> HfApi:
    """The client of somebody else."""
    return HfApi(endpoint=hub.url, token=BOB)


def parquet(count: int) -> bytes:
    """Return a table of some rows."""
    sink = io.BytesIO()
    pq.write_table(pa.table({"number": list(range(count))}), sink)
    return sink.getvalue()


def texts(events: list[DiscussionEvent]) -> list[str]:
    """Return what the comments say."""
    return [one.content for one in events if isinstance(one, DiscussionComment)]


def test_a_token_says_who_it_is(ann: HfApi) -> None:
    said = ann.whoami()
    assert (said["name"], [one["name"] for one in said["orgs"]]) == ("ann", ["lab"])
    assert said["auth"]["accessToken"]["role"] == "write"


def test_a_new_repository_starts_with_a_commit(hub: WritableHub, ann: HfApi) -> None:
    made = ann.create_repo("lab/set", repo_type="dataset", private=True)
    assert made.repo_id == "lab/set" and made.repo_type == "dataset"
    again = ann.create_repo("lab/set", repo_type="dataset", exist_ok=True)
    assert again == made
    info = ann.dataset_info("lab/set")
    assert (info.private, info.sha) == (True, hub.commits("lab/set")[0].oid)
    assert [one.title for one in hub.commits("lab/set")] == ["initial commit"]
    assert [*hub.files("lab/set")] == [".gitattributes"]


def test_a_commit_follows_the_head(hub: WritableHub, ann: HfApi) -> None:
    start = ann.dataset_info(BOARD).sha
    first = put(ann, {"a.txt": HELLO}, "First", parent_commit=start)
    second = put(ann, {"a.txt": b"bye\n"}, "Second")
    assert ann.dataset_info(BOARD).sha == second
    assert [one.title for one in hub.commits(BOARD)] == ["initial commit", "First", "Second"]
    assert hub.commits(BOARD)[1].oid == first
    assert hub.files(BOARD, revision=first)["a.txt"] == HELLO
    listed = [one.title for one in ann.list_repo_commits(BOARD, repo_type="dataset")]
    assert listed == ["Second", "First", "initial commit"]


def test_what_is_there_already_is_not_committed_again(hub: WritableHub, ann: HfApi) -> None:
    files = {"a.txt": HELLO, "b.parquet": parquet(3)}
    made = put(ann, files)
    assert put(ann, files) == made
    assert len(hub.commits(BOARD)) == 2
    assert len(hub.asked("POST", "/api/.*/commit/main")) == 1


def test_a_large_file_goes_to_the_store(hub: WritableHub, ann: HfApi) -> None:
    table = parquet(100)
    put(ann, {"a.txt": HELLO, "data/b.parquet": table})
    (sent,) = hub.asked("PUT", ".*")
    assert sent.body == table and "authorization" not in sent.headers
    # Known by its sha256, whatever its name and its commit.
    put(ann, {"copy.parquet": table})
    assert len(hub.asked("PUT", ".*")) == 1
    assert hub.files(BOARD)["copy.parquet"] == table
    (large,) = ann.list_repo_tree(BOARD, "data", repo_type="dataset")
    assert isinstance(large, RepoFile) and large.lfs
    assert (large.lfs.sha256, large.lfs.size) == (hashlib.sha256(table).hexdigest(), len(table))
    (plain,) = ann.get_paths_info(BOARD, ["a.txt", "none"], repo_type="dataset")
    assert isinstance(plain, RepoFile)
    assert (plain.blob_id, plain.size, plain.lfs) == (HELLO_ID, 6, None)


@pytest.mark.parametrize(
    ("name", "data", "mode"),
    [
        ("a.jsonl", b"{}\n", "regular"),
        ("a.csv.gz", b"gz", "lfs"),
        ("deep/a.zip", b"zip", "lfs"),
        ("a.json", b"1" * (10 * 1024**2 + 1), "lfs"),
        ("a.dat", b"a\0b", "lfs"),  # binary, though its name says nothing
        ("empty.parquet", b"", "regular"),  # the client's own rule: a store takes no empty object
    ],
)
def test_how_a_file_is_sent(
    hub: WritableHub, ann: HfApi, name: str, data: bytes, mode: str
) -> None:
    put(ann, {name: data})
    assert hub.commits(BOARD)[-1].tree[name].lfs is (mode == "lfs")
    assert hub.files(BOARD)[name] == data


def test_a_very_large_file_goes_in_parts(hub: WritableHub, ann: HfApi) -> None:
    hub.hub.part = 1000
    data = bytes(range(256)) * 10
    put(ann, {"big.bin": data})
    assert [len(one.body) for one in hub.asked("PUT", ".*")] == [1000, 1000, 560]
    assert hub.files(BOARD)["big.bin"] == data


def test_a_tree_comes_in_pages(hub: WritableHub, ann: HfApi) -> None:
    first = put(ann, {"a/b/c.txt": HELLO}, "First")
    second = put(ann, {"a/d.txt": HELLO, "e.txt": HELLO}, "Second")
    hub.hub.page = 2
    found = ann.list_repo_tree(BOARD, repo_type="dataset", recursive=True, expand=True)
    changed = {one.path: one.last_commit.oid for one in found if one.last_commit}
    assert [*changed] == [".gitattributes", "a", "a/b", "a/b/c.txt", "a/d.txt", "e.txt"]
    assert [changed[path] for path in ("a", "a/b", "e.txt")] == [second, first, second]
    assert len(hub.asked("GET", "/api/.*/tree/main")) == 3
    below = ann.list_repo_tree(BOARD, "a", repo_type="dataset", revision=first)
    assert [one.path for one in below] == ["a/b"]


def test_a_download_is_cached_by_what_it_holds(hub: WritableHub, ann: HfApi) -> None:
    table = parquet(5)
    first = put(ann, {"a.txt": HELLO, "b.parquet": table})

    def read(name: str, revision: str = "main") -> bytes:
        path = ann.hf_hub_download(BOARD, name, repo_type="dataset", revision=revision)
        return Path(path).read_bytes()

    def fetched() -> int:
        return len(hub.asked("GET", ".*/resolve/.*")) + len(hub.asked("GET", "/datasets/[^@]*"))

    assert (read("a.txt"), read("b.parquet")) == (HELLO, table)
    before = fetched()
    put(ann, {"c.txt": b"more\n"})
    # Another commit, the same content: asked for, and not sent again.
    assert (read("a.txt"), read("b.parquet"), fetched()) == (HELLO, table, before)
    put(ann, {"a.txt": b"bye\n"})
    assert read("a.txt") == b"bye\n"
    assert read("a.txt", first) == HELLO


def test_files_and_folders_are_deleted_and_copied(hub: WritableHub, ann: HfApi) -> None:
    table = parquet(5)
    put(ann, {"a.txt": HELLO, "b.parquet": table, "old/c.txt": HELLO, "old/d/e.txt": HELLO})
    operations: list[Add | Copy | Delete]
    operations = [Delete("a.txt"), Delete("old/"), Copy("b.parquet", "new/b.parquet")]
    ann.create_commit(BOARD, operations, commit_message="Tidy", repo_type="dataset")
    assert sorted(hub.files(BOARD)) == [".gitattributes", "b.parquet", "new/b.parquet"]
    assert hub.files(BOARD)["new/b.parquet"] == table
    ann.delete_file("b.parquet", BOARD, repo_type="dataset")
    assert sorted(hub.files(BOARD)) == [".gitattributes", "new/b.parquet"]


def test_what_is_ignored_is_left_out(hub: WritableHub, ann: HfApi) -> None:
    put(ann, {".gitignore": b"*.log\nkeep/*\n!keep/this.txt\n"})
    put(ann, {"a.log": HELLO, "x/b.log": HELLO, "keep/a.txt": HELLO, "keep/this.txt": HELLO})
    assert sorted(hub.files(BOARD)) == [".gitattributes", ".gitignore", "keep/this.txt"]


def test_a_pull_request_is_merged(hub: WritableHub, ann: HfApi, bob: HfApi) -> None:
    put(ann, {"a.txt": HELLO, "b.txt": HELLO, "f.txt": HELLO})
    made = bob.create_commit(
        BOARD,
        [Add("a.txt", b"changed\n"), Add("c.parquet", parquet(3)), Delete("b.txt")],
        commit_message="Change three",
        commit_description="Why so",
        repo_type="dataset",
        create_pr=True,
    )
    assert (made.pr_num, made.pr_revision) == (1, "refs/pr/1")
    put(bob, {"d.txt": HELLO}, "One more", revision="refs/pr/1")
    put(ann, {"e.txt": HELLO, "f.txt": b"newer\n"}, "Meanwhile")
    said = bob.get_discussion_details(BOARD, 1, repo_type="dataset")
    assert (said.status, said.author, said.title) == ("open", "bob", "Change three")
    assert (said.target_branch, said.conflicting_files) == ("refs/heads/main", [])
    assert [one.type for one in said.events] == ["comment", "commit", "commit"]
    assert texts(said.events) == ["Why so"]
    assert said.diff and "-hello\n+changed\n" in said.diff
    assert sorted(hub.files(BOARD)) == [".gitattributes", "a.txt", "b.txt", "e.txt", "f.txt"]

    ann.merge_pull_request(BOARD, 1, repo_type="dataset", comment="Thanks")
    said = ann.get_discussion_details(BOARD, 1, repo_type="dataset")
    last = hub.commits(BOARD)[-1]
    assert (said.status, said.merge_commit_oid) == ("merged", last.oid)
    assert [one.type for one in said.events[-2:]] == ["comment", "status-change"]
    assert (last.title, last.author) == ("Change three (#1)", "ann")
    expected = [".gitattributes", "a.txt", "c.parquet", "d.txt", "e.txt", "f.txt"]
    assert sorted(hub.files(BOARD)) == expected
    assert hub.files(BOARD)["a.txt"] == b"changed\n"
    assert hub.files(BOARD)["f.txt"] == b"newer\n"


def test_a_pull_request_may_start_from_an_older_commit(hub: WritableHub, bob: HfApi) -> None:
    start = hub.commits(BOARD)[0].oid
    put(HfApi(endpoint=hub.url, token=ANN), {"a.txt": HELLO})
    put(bob, {"b.txt": HELLO}, create_pr=True, parent_commit=start)
    assert sorted(hub.files(BOARD, revision="refs/pr/1")) == [".gitattributes", "b.txt"]
    refs = bob.list_repo_refs(BOARD, repo_type="dataset", include_pull_requests=True)
    assert [one.ref for one in refs.pull_requests or []] == ["refs/pr/1"]


def test_a_discussion_is_opened_commented_and_closed(ann: HfApi, bob: HfApi) -> None:
    opened = bob.create_discussion(BOARD, "A question", repo_type="dataset", description="Why?")
    assert (opened.num, opened.status, opened.is_pull_request) == (1, "open", False)
    ann.comment_discussion(BOARD, 1, "Because", repo_type="dataset")
    event = bob.change_discussion_status(BOARD, 1, "closed", repo_type="dataset", comment="I see")
    assert event.new_status == "closed"
    draft = bob.create_pull_request(BOARD, "A draft", repo_type="dataset")
    assert (draft.num, draft.status) == (2, "draft")
    said = ann.get_discussion_details(BOARD, 1, repo_type="dataset")
    assert (said.status, texts(said.events)) == ("closed", ["Why?", "Because", "I see"])
    listed = [(one.num, one.status) for one in ann.get_repo_discussions(BOARD, repo_type="dataset")]
    assert listed == [(2, "draft"), (1, "closed")]
    requests = ann.get_repo_discussions(
        BOARD, repo_type="dataset", discussion_type="pull_request", discussion_status="open"
    )
    assert [one.num for one in requests] == [2]


def test_a_space_keeps_its_secrets(hub: WritableHub, ann: HfApi) -> None:
    secret = {"key": "FIRST", "value": "a-secret"}
    ann.create_repo("ann/app", repo_type="space", space_sdk="docker", space_secrets=[secret])
    assert ann.get_space_runtime("ann/app").stage == "NO_APP_FILE"
    ann.add_space_secret("ann/app", "SECOND", "another-secret", description="For the judge")
    said = ann.add_space_variable("ann/app", "TRACK", "mini")
    assert said["TRACK"].value == "mini"
    assert [*ann.get_space_secrets("ann/app")] == ["FIRST", "SECOND"]
    assert [*ann.delete_space_variable("ann/app", "TRACK")] == []
    ann.upload_file(
        path_or_fileobj=b"FROM scratch\n",
        path_in_repo="Dockerfile",
        repo_id="ann/app",
        repo_type="space",
    )
    runtime = ann.restart_space("ann/app", factory_reboot=True)
    assert (runtime.stage, runtime.hardware) == ("RUNNING", "cpu-basic")
    held = hub.repository("ann/app", "space").space
    assert held and held.secrets["SECOND"]["value"] == "another-secret" and held.restarts == 1
    bearer = {"Authorization": f"Bearer {ANN}"}
    raw = get_session().get(f"{hub.url}/api/spaces/ann/app/secrets", headers=bearer).text
    assert "SECOND" in raw and "another-secret" not in raw


def test_the_old_name_leads_to_the_new_one(hub: WritableHub, ann: HfApi) -> None:
    put(ann, {"a.txt": HELLO})
    ann.move_repo(BOARD, "lab/renamed", repo_type="dataset")
    assert ann.dataset_info(BOARD).id == "lab/renamed"
    put(ann, {"b.parquet": parquet(3)})
    assert sorted(hub.files("lab/renamed")) == [".gitattributes", "a.txt", "b.parquet"]
    path = ann.hf_hub_download(BOARD, "a.txt", repo_type="dataset")
    assert Path(path).read_bytes() == HELLO


# Prints the rows of each set, or that something but the Hub was to be reached.
LOADER = """
import json, socket, sys
known = socket.getaddrinfo
def on_loopback(host, *given, **named):
    if host != "127.0.0.1":
        raise OSError(f"not on loopback: {host}")
    return known(host, *given, **named)
socket.getaddrinfo = on_loopback
from datasets import load_dataset
name, token = sys.argv[1:]
rows = {one: load_dataset(name, one, split="test", token=token).to_list() for one in ("a", "b")}
print(json.dumps(rows))
"""


TWO = b'{"number": 0}\n{"number": 1}\n'


# Of one kind in a repository: `datasets` reads all configs as it does the first.
@pytest.mark.parametrize(("kind", "data"), [("parquet", parquet(2)), ("jsonl", TWO)])
def test_datasets_loads_what_was_put(
    hub: WritableHub, ann: HfApi, tmp_path: Path, kind: str, data: bytes
) -> None:
    files = {f"data/{name}.{kind}": data for name in "ab"}
    configs = [
        {"config_name": name, "data_files": [{"split": "test", "path": f"data/{name}.{kind}"}]}
        for name in "ab"
    ]
    readme = f"---\nlicense: cc-by-4.0\nconfigs: {json.dumps(configs)}\n---\n# 榜单\n"
    put(ann, {"README.md": readme.encode(), **files})
    ann.update_repo_settings(BOARD, private=True, repo_type="dataset")
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "loader"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
    }
    command = [sys.executable, "-c", LOADER, BOARD, ANN]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-3000:]
    rows = [{"number": 0}, {"number": 1}]
    assert json.loads(done.stdout.splitlines()[-1]) == {"a": rows, "b": rows}


def test_what_is_not_served_is_kept(hub: WritableHub, ann: HfApi) -> None:
    with pytest.raises(HfHubHTTPError, match="501"):
        ann.create_tag(BOARD, tag="v1", repo_type="dataset")
    assert [one.path for one in hub.unexpected] == [f"/api/datasets/{BOARD}/tag/main"]
    hub.unexpected.clear()
