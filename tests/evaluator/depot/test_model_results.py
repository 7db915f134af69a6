"""What models' repositories are offered: once each, kept up to date, and taken back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from huggingface_hub import CommitOperationAdd as Add
from huggingface_hub import EvalResultEntry, HfApi, parse_eval_result_entries

from evaluator.__main__ import main
from evaluator.challenge import load_challenge
from evaluator.depot.depot import open_depot
from evaluator.depot.model_results import model_results
from evaluator.depot.publish import Publisher
from evaluator.depot.scored_models import entry_page
from evaluator.errors import DeclarationError
from evaluator.schema import open_database
from evaluator.settings import read_settings, settings
from evaluator.store import Store
from leaderboard.links import Links
from leaderboard.main import PAGES
from tests.evaluator.test_board import Board
from tests.folders import mini_challenge
from tests.hub_access import Token
from tests.hub_client import ANN, BOB, READER, point_at, set_up
from tests.hub_faults import Fault, rate_limited
from tests.hub_repositories import Discussion
from tests.hub_writing import WritableHub, writable_hub

MODEL, FILE, QUESTIONS = "lab/model", ".eval_results/bench.yaml", "bob/questions"
PLACE = f"{MODEL}/{FILE}"
THEIRS = (
    b"- dataset: {id: cais/hle, task_id: default}\n  value: 20.90\n  date: 2025-01-15T10:30:00Z\n"
)
TOKENS = {
    ANN: Token("ann", ("lab",)),
    BOB: Token("bob"),
    READER: Token("bob", role="read"),
}
COMMIT = f"/api/models/{MODEL}/commit/main"


class Site:
    """A challenge, a Hub on which bob publishes, and a model of ann's."""

    def __init__(self, hub: WritableHub, board: Board, environ: dict[str, str]) -> None:
        self.hub = hub
        self.board = board
        self.environ = environ
        self.ann = HfApi(endpoint=hub.url, token=ANN)
        self.bob = HfApi(endpoint=hub.url, token=BOB)

    def publisher(self, **changed: str) -> Publisher:
        """Return a publisher with these settings."""
        chosen = read_settings({**self.environ, **changed})
        return Publisher(open_depot(chosen), self.board.store, self.board.challenge, chosen)

    def publish(self, *, dry_run: bool = False, **changed: str) -> list[str]:
        """Offer results; return what is said."""
        said = model_results(self.publisher(**changed), dry_run=dry_run)
        return [one.sentence.text("en") for one in said]

    def requests(self, name: str = MODEL) -> list[Discussion]:
        """Return the pull requests of a model."""
        return list(self.hub.repository(name, "model").discussions.values())

    def statuses(self, name: str = MODEL) -> list[str]:
        """Return how they stand, the oldest first."""
        return [one.status for one in self.requests(name)]

    def offered(self, number: int = 1) -> list[EvalResultEntry]:
        """Return what a pull request says."""
        return self.entries(f"refs/pr/{number}")

    def entries(self, revision: str = "main") -> list[EvalResultEntry]:
        """Return what the model's file says."""
        written = self.hub.files(MODEL, "model", revision).get(FILE, b"[]")
        return parse_eval_result_entries(yaml.safe_load(written))

    def values(self, revision: str = "main") -> dict[str, object]:
        """Return the value of each task."""
        return {one.task_id: one.value for one in self.entries(revision)}

    def comments(self, number: int = 1) -> list[str]:
        """Return the comments of a pull request, without its description."""
        events = self.requests()[number - 1].events
        return [one["data"]["latest"]["raw"] for one in events if one["type"] == "comment"][1:]

    def merge(self, number: int) -> None:
        """Have the owner merge a pull request."""
        self.ann.merge_pull_request(MODEL, number)

    def close(self, number: int, api: HfApi | None = None) -> None:
        """Have somebody close a pull request, by default the owner."""
        (api or self.ann).change_discussion_status(MODEL, number, "closed")

    def put(self, content: bytes | None, name: str = MODEL) -> None:
        """Have the owner write the file, or delete it."""
        if content is None:
            self.ann.delete_file(FILE, name)
            return
        self.ann.create_commit(name, [Add(FILE, content)], commit_message="By hand")

    def withdraw(self, key: str) -> None:
        """Withdraw a scored submission."""
        assert self.board.store.withdraw(key, scored=True)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A Hub with the questions and a model, an empty board, and the settings for both."""
    set_up(monkeypatch, tmp_path / "home")
    data = tmp_path / "data"
    data.mkdir()
    mini_challenge(tmp_path / "challenge")
    store = Store(open_database(f"sqlite:///{data / 'submissions.sqlite'}"))
    board = Board(store, load_challenge(tmp_path / "challenge"), data / "board")
    environ = {
        "DATA_DIR": str(data),
        "CHALLENGE_DIR": str(tmp_path / "challenge"),
        "HUB_TOKEN": BOB,
        "HUB_QUESTIONS": QUESTIONS,
        "HUB_RESULTS": "bob/results",
        "HUB_BENCHMARK": "bench",
        "SITE_URL": "https://board.example",
    }
    with writable_hub(TOKENS) as running:
        point_at(monkeypatch, running.url)
        made = Site(running, board, environ)
        made.ann.create_repo(MODEL)
        made.bob.create_repo(QUESTIONS, repo_type="dataset")
        yield made
        assert not running.unexpected


def test_a_model_is_offered_what_its_board_says(site: Site) -> None:
    key = site.board.add("named", 0.81254, repository=MODEL)
    [finished] = site.board.store.scores.finished("mini", "dev")

    assert site.publish() == [f"+ {PLACE} (pull request)"]
    [entry] = site.offered()
    assert entry == EvalResultEntry(
        dataset_id=QUESTIONS,
        task_id="mini--dev",
        value=81.25,
        dataset_revision=site.hub.commits(QUESTIONS)[-1].oid,
        date=finished.finished_at,
        source_url=f"https://board.example/leaderboard/model?track=mini&phase=dev&entry={key}",
        source_name="Mini track · Development",
        # printf 'Choice \nReport \n' | sha256sum: the board of a test has empty signatures.
        notes="participant; 2 signatures sha256:d0ac54cbf9c7416d",
    )
    [request] = site.requests()
    assert (request.title, request.author, request.status) == ("Results of bench", "bob", "open")
    assert "close it" in str(request.events[0])
    assert FILE not in site.hub.files(MODEL, "model")


def test_what_is_offered_is_not_offered_again(site: Site) -> None:
    site.board.add("named", 0.75, repository=MODEL)
    site.publish()
    before = len(site.hub.requests)
    # The questions have a new commit that changes no score.
    site.bob.create_commit(QUESTIONS, [Add("a", b"x")], commit_message="x", repo_type="dataset")

    assert site.publish() == []
    asked = [one for one in site.hub.requests[before:] if "/models/" in one.path]
    assert {one.method for one in asked} == {"GET"}
    site.merge(1)
    assert site.publish() == []
    assert site.statuses() == ["merged"]


def test_a_new_score_goes_into_the_same_request(site: Site) -> None:
    key = site.board.add("named", 0.75, repository=MODEL)
    site.publish()
    site.board.score_again(key, 0.8)

    assert site.publish() == [f"~ {PLACE} (pull request 1)"]
    assert site.values("refs/pr/1") == {"mini--dev": 80.0}
    [comment] = site.comments()
    assert "The board changed: mini--dev: 75.0 → 80.0." in comment
    assert site.publish() == []
    assert site.statuses() == ["open"]


def test_a_comment_that_was_not_made_is_made_up_for(site: Site) -> None:
    key = site.board.add("named", 0.75, repository=MODEL)
    site.publish()
    site.board.score_again(key, 0.8)
    # Nobody can comment, so that only the commit is made.
    refused = Fault(400)
    site.hub.go_wrong(lambda _method, path, _number: refused if "/comment" in path else None)
    [said] = site.publish()
    assert "Results cannot be offered to lab/model (HTTP status 400)" in said
    site.hub.go_wrong(None)

    assert site.publish() == [f"= {PLACE} (comment on pull request 1)"]
    assert len(site.comments()) == 1


def test_a_new_score_of_a_merged_file_is_a_new_request(site: Site) -> None:
    key = site.board.add("named", 0.75, repository=MODEL)
    site.publish()
    site.merge(1)
    site.board.score_again(key, 0.8)

    assert site.publish() == [f"~ {PLACE} (pull request)"]
    assert (site.values(), site.values("refs/pr/2")) == ({"mini--dev": 75.0}, {"mini--dev": 80.0})
    # Back to what is merged: the request is needless.
    site.board.score_again(key, 0.75, run=3)
    assert site.publish() == [f"= {PLACE} (pull request 2 is closed)"]
    assert "The file says so already." in site.comments(2)[-1]
    # Our own closing was no refusal.
    site.board.score_again(key, 0.9, run=4)
    assert site.publish() == [f"~ {PLACE} (pull request)"]
    assert site.statuses() == ["merged", "closed", "open"]


def test_what_waits_to_be_scored_anew_is_left_as_it_is(site: Site) -> None:
    waiting = site.board.add("waiting", 0.75, repository=MODEL)
    site.ann.create_repo("lab/first")
    first = site.board.add("first", 0.5, repository="lab/first")
    site.publish()
    # Times are kept to the second, and the newest result says what compares.
    time.sleep(1.1)
    site.board.score_again(first, 0.6, signature="new")

    assert site.publish() == [f"~ lab/first/{FILE} (pull request 1)"]
    site.merge(1)
    assert site.publish() == []
    site.board.score_again(waiting, 0.75, signature="new")
    assert site.publish() == [f"~ {PLACE} (pull request)"]
    # printf 'Choice new\nReport new\n' | sha256sum
    assert site.offered(2)[0].notes == "participant; 2 signatures sha256:9458b5f37eded217"


def test_a_track_with_a_fault_takes_nothing_back(site: Site) -> None:
    site.board.add("named", 0.75, repository=MODEL)
    site.publish()
    faulty = site.board.challenge.without({"mini": DeclarationError("mini.yaml is wrong.")})
    site.board = site.board._replace(challenge=faulty)

    assert site.publish() == []
    assert site.statuses() == ["open"]


def test_both_phases_stand_in_one_file(site: Site) -> None:
    site.board.add("named", 0.75, repository=MODEL)
    site.board.add("named", 0.5, repository=MODEL, phase="test")

    site.publish()
    assert site.values("refs/pr/1") == {"mini--dev": 75.0, "mini--test": 50.0}


def test_what_is_withdrawn_before_it_is_merged_is_closed(site: Site) -> None:
    key = site.board.add("named", 0.75, repository=MODEL)
    site.publish()
    site.withdraw(key)

    assert site.publish() == [f"= {PLACE} (pull request 1 is closed)"]
    assert site.statuses() == ["closed"]
    assert "taken from the board" in site.comments()[-1]
    assert site.publish() == []
    # Entered again it is offered again.
    site.board.add("named", 0.8, repository=MODEL)
    assert site.publish() == [f"+ {PLACE} (pull request)"]


def test_what_is_withdrawn_after_it_was_merged_is_deleted(site: Site) -> None:
    key = site.board.add("named", 0.75, repository=MODEL)
    site.publish()
    site.merge(1)
    site.withdraw(key)

    assert site.publish() == [f"- {PLACE} (pull request)"]
    assert FILE not in site.hub.files(MODEL, "model", "refs/pr/2")
    assert site.publish() == []
    site.merge(2)
    assert site.publish() == []
    # The deletion was ours: an entry that comes back is offered.
    site.board.add("named", 0.8, repository=MODEL)
    assert site.publish() == [f"+ {PLACE} (pull request)"]


def test_the_entries_of_others_stay(site: Site) -> None:
    site.put(THEIRS)
    key = site.board.add("named", 0.75, repository=MODEL)

    assert site.publish() == [f"~ {PLACE} (pull request)"]
    theirs, ours = site.offered()
    assert (theirs.dataset_id, theirs.value, theirs.date) == (
        "cais/hle",
        20.9,
        "2025-01-15T10:30:00Z",
    )
    assert ours.dataset_id == QUESTIONS
    site.merge(1)
    site.withdraw(key)
    assert site.publish() == [f"~ {PLACE} (pull request)"]
    assert [one.dataset_id for one in site.offered(2)] == ["cais/hle"]


def test_a_request_that_is_outdated_is_replaced(site: Site) -> None:
    site.board.add("named", 0.75, repository=MODEL)
    site.publish()
    site.put(THEIRS)

    assert site.publish() == [f"= {PLACE} (pull request 1 is closed)", f"~ {PLACE} (pull request)"]
    assert site.statuses() == ["closed", "open"]
    assert [one.dataset_id for one in site.offered(2)] == ["cais/hle", QUESTIONS]


def test_a_refusal_is_for_good(site: Site) -> None:
    key = site.board.add("named", 0.75, repository=MODEL)
    site.publish()
    site.close(1)

    assert site.publish() == []
    site.board.score_again(key, 0.9)
    assert site.publish() == []
    assert site.statuses() == ["closed"]
    # Until the owner opens it again.
    site.ann.change_discussion_status(MODEL, 1, "open")
    assert site.publish() == [f"~ {PLACE} (pull request 1)"]


def test_a_refusal_by_the_same_user_counts(site: Site) -> None:
    site.board.add("named", 0.75, repository=MODEL)
    site.publish()
    site.close(1, site.bob)

    assert site.publish() == []


def test_what_the_owner_takes_out_is_not_offered_again(site: Site) -> None:
    key = site.board.add("named", 0.75, repository=MODEL)
    site.publish()
    site.merge(1)
    site.put(None)

    assert site.publish() == []
    site.board.score_again(key, 0.9)
    assert site.publish() == []


def test_a_refused_update_is_not_repeated_but_a_newer_one_is_made(site: Site) -> None:
    key = site.board.add("named", 0.75, repository=MODEL)
    site.publish()
    site.merge(1)
    site.board.score_again(key, 0.8)
    site.publish()
    site.close(2)

    assert site.publish() == []
    site.board.score_again(key, 0.9, run=3)
    assert site.publish() == [f"~ {PLACE} (pull request)"]
    assert site.values("refs/pr/3") == {"mini--dev": 90.0}


def _anonymous(site: Site) -> None:
    site.board.add("secret", 0.75, repository=MODEL, pseudonym="4f2a1c")
    # Somebody else's, so that the repository is looked at.
    _skipped(site)


def _skipped(site: Site) -> None:
    site.board.add("lazy", 0.75, repository=MODEL, skipped=1)


def _not_a_number(site: Site) -> None:
    site.board.add("odd", float("nan"), repository=MODEL)


def _superseded(site: Site) -> None:
    site.board.add("named", 0.75, repository=MODEL)
    site.board.add("named", 0.8)


@pytest.mark.parametrize("add", [_anonymous, _skipped, _not_a_number, _superseded])
def test_what_does_not_stand_with_its_name_is_never_offered(
    site: Site, add: Callable[[Site], None]
) -> None:
    add(site)
    assert site.publish() == []
    assert site.requests() == []


def test_an_anonymous_entry_asks_nothing_of_its_repository(site: Site) -> None:
    site.board.add("secret", 0.75, repository=MODEL, pseudonym="4f2a1c")
    before = len(site.hub.requests)
    site.publish()
    assert not [one for one in site.hub.requests[before:] if MODEL in one.path]


@pytest.mark.parametrize(
    "said",
    [
        "feedback: rounded, closes: 2099-01-01T00:00Z",
        "feedback: none, closes: 2099-01-01T00:00Z",
        "visible: 2099-01-01T00:00Z",
    ],
)
def test_what_a_board_does_not_tell_exactly_is_not_offered(
    site: Site, tmp_path: Path, said: str
) -> None:
    file = tmp_path / "challenge" / "tracks" / "mini.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("folder: mini-test", f"folder: mini-test, {said}"), "utf-8")
    site.board = site.board._replace(challenge=load_challenge(tmp_path / "challenge"))
    site.board.add("named", 0.75, repository=MODEL, phase="test")

    assert site.publish() == []
    later = model_results(site.publisher(), moment=datetime(2099, 1, 2, tzinfo=UTC))
    assert [one.sentence.text("en") for one in later] == [f"+ {PLACE} (pull request)"]


def test_a_participant_goes_before_a_baseline_and_the_better_before_the_worse(site: Site) -> None:
    site.board.add("GPT", 0.9, repository=MODEL, team="maintainers", provenance="self-run")
    site.board.add("GPT", 0.95, repository=MODEL, team="maintainers", provenance="recorded")
    site.publish()
    assert site.values("refs/pr/1") == {"mini--dev": 90.0}
    site.board.add("one", 0.6, repository=MODEL, team="a")
    site.board.add("other", 0.7, repository="Lab/Model", team="b")
    site.publish()
    assert site.values("refs/pr/1") == {"mini--dev": 70.0}
    assert site.offered()[0].notes == "participant; 2 signatures sha256:d0ac54cbf9c7416d"


def test_a_renamed_repository_has_one_request(site: Site) -> None:
    site.board.add("named", 0.75, repository=MODEL)
    site.publish()
    site.ann.move_repo(MODEL, "ann/other")

    assert site.publish() == []
    site.board.add("named", 0.8, repository="ann/other")
    assert site.publish() == [f"~ ann/other/{FILE} (pull request 1)"]
    assert site.statuses("ann/other") == ["open"]


def test_without_a_site_the_source_is_the_run(site: Site) -> None:
    key = site.board.add("named", 0.75, repository=MODEL)
    site.publish(SITE_URL="")
    [entry] = site.offered()
    url = f"{site.hub.url}/datasets/bob/results/blob/main/runs/mini/dev/{key}-1.json"
    assert entry.source_url == url
    assert site.publish(SITE_URL="", HUB_RESULTS="") == [f"~ {PLACE} (pull request 1)"]
    assert (site.offered()[0].source_url, site.offered()[0].source_name) == (None, None)


def test_the_page_of_an_entry_stays_when_its_model_is_entered_again(site: Site) -> None:
    first = site.board.add("named", 0.75, repository=MODEL)
    site.board.add("named", 0.8, repository=MODEL)
    site.publish()
    [row] = site.board.rows()
    place = {"track": "mini", "phase": "dev"}
    assert row["entry"] == first
    address = "https://board.example/leaderboard/" + Links(model=place).of(row["entry"])
    assert (
        site.offered()[0].source_url
        == address
        == entry_page("https://board.example", *place.values(), first)
    )
    assert "model" in PAGES


@pytest.mark.parametrize(
    "fault",
    [
        rate_limited(1),
        Fault(412),
        Fault(500),
        Fault(503),
        Fault(cut=True),
        Fault(cut=True, after=True),
        Fault(500, after=True),
    ],
    ids=["429", "412", "500", "503", "cut", "answer lost", "failed after"],
)
def test_a_request_that_goes_wrong_is_opened_once(site: Site, fault: Fault) -> None:
    site.board.add("named", 0.75, repository=MODEL)
    site.hub.go_wrong(
        lambda _method, path, number: fault if path == COMMIT and number == 1 else None
    )

    assert site.publish() == [f"+ {PLACE} (pull request)"]
    assert site.statuses() == ["open"]
    assert len(site.hub.commits(MODEL, "model", "refs/pr/1")) == 2


@pytest.mark.parametrize("step", ["/discussions", "/resolve/", "/status", "/comment", "/whoami"])
def test_every_other_call_is_tried_again(site: Site, step: str) -> None:
    key = site.board.add("named", 0.75, repository=MODEL)
    failed = Fault(503, after=True)
    site.hub.go_wrong(
        lambda _method, path, number: failed if step in path and number == 1 else None
    )
    site.publish()
    site.board.score_again(key, 0.8)
    site.publish()
    site.withdraw(key)
    site.publish()

    assert site.statuses() == ["closed"]
    assert len(site.comments()) == 2


def test_a_publisher_that_is_killed_is_gone_on_with(site: Site, tmp_path: Path) -> None:
    site.board.add("named", 0.75, repository=MODEL)
    # The request is opened, and the answer does not come before the publisher is killed.
    site.hub.go_wrong(lambda _method, path, _number: Fault(delay=60) if path == COMMIT else None)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    client = {"HF_ENDPOINT": site.hub.url, "HF_HOME": str(tmp_path / "killed")}
    off = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "evaluator", "publish"],
        env={**clean, **site.environ, **client, **off},
        stdout=subprocess.DEVNULL,
    ) as publisher:
        for _second in range(600):
            if site.statuses():
                break
            assert publisher.poll() is None
            threading.Event().wait(0.1)
        publisher.send_signal(signal.SIGKILL)
    assert site.statuses() == ["open"]
    site.hub.go_wrong(None)

    assert site.publish() == []
    assert site.statuses() == ["open"]
    assert site.values("refs/pr/1") == {"mini--dev": 75.0}


def _missing(site: Site) -> None:
    site.ann.delete_repo("lab/bad")


def _private(site: Site) -> None:
    site.ann.update_repo_settings("lab/bad", private=True)


def _gated(site: Site) -> None:
    site.ann.update_repo_settings("lab/bad", gated="manual")


def _silent(site: Site) -> None:
    site.hub.repository("lab/bad", "model").discusses = False


def _broken(site: Site) -> None:
    # Taken by the Hub when it did not look yet.
    held = site.hub.repository("lab/bad", "model")
    tree = held.revision("main").tree
    held.commit("main", {**tree, FILE: type(next(iter(tree.values())))(b"a: [")}, "ann", "Broken")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_missing, "Results cannot be offered to lab/bad (HTTP status 404)"),
        (_private, "Results cannot be offered to lab/bad (HTTP status 404)"),
        (_gated, "Results cannot be offered to lab/bad (HTTP status 403)"),
        (_silent, "Results cannot be offered to lab/bad (HTTP status 403)"),
        (_broken, f"{FILE} in lab/bad is no list of results"),
    ],
)
def test_a_bad_repository_does_not_stop_the_others(
    site: Site, spoil: Callable[[Site], None], told: str
) -> None:
    site.ann.create_repo("lab/bad")
    spoil(site)
    site.board.add("bad", 0.5, repository="lab/bad")
    site.board.add("worse", 0.5, repository="lab/--bad", team="b")
    site.board.add("named", 0.75, repository=MODEL)

    said = site.publish()
    assert [one for one in said if told in one]
    assert [one for one in said if "no repository can have that name" in one]
    assert said[-1] == f"+ {PLACE} (pull request)"
    assert len(said) == 3


def test_a_repository_that_never_answers_does_not_stop_the_others(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluator.depot.push.TRIES", 2)
    site.ann.create_repo("lab/bad")
    site.board.add("bad", 0.5, repository="lab/bad")
    site.board.add("named", 0.75, repository=MODEL)
    site.hub.go_wrong(lambda _method, path, _number: Fault(503) if "lab/bad" in path else None)

    first, second = site.publish()
    assert "lab/bad cannot be read or written now: the Hub is busy" in first
    assert second == f"+ {PLACE} (pull request)"


def test_a_hub_that_is_down_is_left_alone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluator.depot.push.TRIES", 1)
    for number in range(5):
        site.board.add(f"m{number}", 0.5, repository=f"lab/m{number}")
    site.hub.go_wrong(lambda _method, path, _number: Fault(503) if "/models/" in path else None)
    assert len(site.publish()) == 3


def test_two_publishers_end_with_one_request(site: Site) -> None:
    site.board.add("named", 0.75, repository=MODEL)
    # Both have looked before either opens its request.
    both = threading.Barrier(2)
    waits = threading.local()

    def meet(_method: str, path: str, _number: int) -> None:
        if path.startswith("/api/models/") and "/preupload/" in path and not hasattr(waits, "met"):
            waits.met = True
            both.wait(20)

    site.hub.go_wrong(meet)
    threads = [threading.Thread(target=site.publish) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert site.statuses() == ["open", "closed"]
    assert "offers the same" in site.comments(2)[0]
    assert site.publish() == []


@pytest.mark.parametrize("name", ["HUB_BENCHMARK", "HUB_QUESTIONS", "HUB_TOKEN"])
def test_without_its_settings_nothing_is_offered_or_said(site: Site, name: str) -> None:
    site.board.add("named", 0.75, repository=MODEL)
    before = len(site.hub.requests)
    assert site.publish(**{name: ""}) == []
    assert len(site.hub.requests) == before


def test_without_questions_on_the_hub_nothing_is_offered(site: Site) -> None:
    site.board.add("named", 0.75, repository=MODEL)
    [said] = site.publish(HUB_QUESTIONS="bob/none")
    assert said.startswith("bob/none is not on the Hub yet")
    [said] = site.publish(HUB_TOKEN="hf_unknown")
    assert "with this token (HTTP status 401)" in said
    assert site.requests() == []


def test_a_token_that_may_not_write_opens_nothing(site: Site) -> None:
    site.board.add("named", 0.75, repository=MODEL)
    [said] = site.publish(HUB_TOKEN=READER)
    assert "Results cannot be offered to lab/model (HTTP status 403)" in said


def test_the_command_says_what_it_would_do_and_does_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.board.add("named", 0.75, repository=MODEL)
    site.board.add("bad", 0.5, repository="lab/bad")
    site.board.publish()
    for name, value in site.environ.items():
        monkeypatch.setenv(name, value)
    for tried in ("--dry-run", None):
        settings.cache_clear()
        assert main(["publish", *([tried] if tried else [])]) == 0
        out, err = capsys.readouterr()
        assert out.splitlines()[-1] == f"+ {PLACE} (pull request)"
        assert "offered to lab/bad" in err
        assert bool(site.requests()) == (tried is None)
    settings.cache_clear()
