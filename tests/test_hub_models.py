"""The models of the Hub that takes commits: named without a prefix, and offered results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd as Add
from huggingface_hub import HfApi
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError

from tests.hub_client import ANN, BOB, TOKENS, point_at, set_up
from tests.hub_writing import WritableHub, writable_hub

MODEL, FILE = "lab/model", ".eval_results/bench.yaml"
RESULT = b"- dataset: {id: ann/bench, task_id: main--dev}\n  value: 75.5\n"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[WritableHub]:
    """A Hub with a model of ann's organisation."""
    set_up(monkeypatch, tmp_path / "home")
    with writable_hub(TOKENS) as running:
        point_at(monkeypatch, running.url)
        api(running, ANN).create_repo(MODEL)
        yield running
        assert not running.unexpected


def api(hub: WritableHub, token: str) -> HfApi:
    """Return the client of whoever has a token."""
    return HfApi(endpoint=hub.url, token=token)


def offer(hub: WritableHub, content: bytes = RESULT, token: str = BOB) -> int:
    """Open a pull request with results; return its number."""
    made = api(hub, token).create_commit(
        MODEL, [Add(FILE, content)], commit_message="Results", create_pr=True
    )
    assert made.pr_num and made.pr_url == f"{hub.url}/{MODEL}/discussions/{made.pr_num}"
    return made.pr_num


def test_somebody_else_offers_and_its_owner_merges(hub: WritableHub) -> None:
    bob, number = api(hub, BOB), offer(hub)
    with pytest.raises(HfHubHTTPError, match="403"):
        bob.create_commit(MODEL, [Add(FILE, RESULT)], commit_message="Results")
    better = RESULT.replace(b"75.5", b"80")
    bob.create_commit(MODEL, [Add(FILE, better)], commit_message="More", revision="refs/pr/1")
    read = bob.hf_hub_download(MODEL, FILE, revision="refs/pr/1")
    assert Path(read).read_bytes() == better
    assert FILE not in hub.files(MODEL, "model")

    api(hub, ANN).merge_pull_request(MODEL, number)
    assert hub.files(MODEL, "model")[FILE] == better
    assert bob.model_info(MODEL).id == MODEL
    requests = bob.get_repo_discussions(MODEL, author="bob", discussion_type="pull_request")
    assert [(one.num, one.status) for one in requests] == [(1, "merged")]


def test_a_large_file_of_a_model_goes_to_the_store(hub: WritableHub) -> None:
    ann = api(hub, ANN)
    ann.create_commit(MODEL, [Add("model.safetensors", b"weights")], commit_message="Weights")
    assert Path(ann.hf_hub_download(MODEL, "model.safetensors")).read_bytes() == b"weights"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[", "Invalid YAML"),
        (b"[]", "at least 1 item"),
        (b"value: 1", "must be an array"),
        (RESULT + b"  metric: x\n", "must be an object of"),
        (RESULT.replace(b", task_id: main--dev", b""), '"dataset.task_id" is required'),
        (RESULT.replace(b"ann/bench", b"bench"), '"dataset.id" must name a dataset'),
        (RESULT.replace(b"dev}", b"dev, revision: main}"), '"dataset.revision" must be a commit'),
        (RESULT.replace(b"75.5", b"high"), '"value" must be a number'),
        (RESULT + b"  date: yesterday\n", '"date" must be an ISO 8601 date'),
        (RESULT + b"  source: {name: Board}\n", '"source.url" is required'),
        (RESULT + b"  notes: [a]\n", '"notes" must be a string'),
    ],
)
def test_results_that_cannot_be(hub: WritableHub, content: bytes, told: str) -> None:
    with pytest.raises(HfHubHTTPError, match="Bad request") as caught:
        offer(hub, content)
    assert told in str(caught.value)
    assert not hub.repository(MODEL, "model").discussions


def test_who_takes_no_discussions_takes_no_request(hub: WritableHub) -> None:
    hub.repository(MODEL, "model").discusses = False
    for call in (lambda: offer(hub), lambda: list(api(hub, BOB).get_repo_discussions(MODEL))):
        with pytest.raises(HfHubHTTPError, match="403"):
            call()


def test_a_gated_model_takes_requests_of_its_readers(hub: WritableHub) -> None:
    api(hub, ANN).update_repo_settings(MODEL, gated="manual")
    with pytest.raises(GatedRepoError):
        offer(hub)
    hub.repository(MODEL, "model").readers.add("bob")
    assert offer(hub) == 1


def test_the_old_name_of_a_model_leads_to_the_new_one(hub: WritableHub) -> None:
    offer(hub)
    api(hub, ANN).move_repo(MODEL, "ann/other")
    bob = api(hub, BOB)
    assert bob.model_info(MODEL).id == "ann/other"
    assert Path(bob.hf_hub_download(MODEL, FILE, revision="refs/pr/1")).read_bytes() == RESULT
    api(hub, ANN).delete_repo("ann/other")
    assert not hub.hub.repositories
