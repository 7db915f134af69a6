"""Deploying a Space by the command, through the real client, and all that stops it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest
from huggingface_hub import CommitOperationAdd, HfApi

from evaluator.__main__ import main
from evaluator.depot.signed import read
from evaluator.settings import ROOT, settings
from tests.folders import mini_challenge
from tests.health_server import STARTING, WELL, Health, health_server
from tests.hub_client import ANN, BOB, READER, TOKENS, point_at, set_up
from tests.hub_faults import Fault, rate_limited
from tests.hub_repositories import Space
from tests.hub_writing import WritableHub, writable_hub

SPACE, GOLD = "lab/app", "lab/gold"
# Signs of a hidden reference, and two more secrets.
MARKER, GOLD_KEY, JUDGE_KEY = "geheim-Goldstandard", "hf_gold_reader", "sk-judge"
ENVIRONMENT = {
    "HUB_TOKEN": ANN,
    "HUB_GOLD": GOLD,
    "HUB_RESULTS": "lab/results",
    "GOLD_TOKEN": GOLD_KEY,
    "JUDGE_BASE_URL": "https://judge.example/v1",
    "JUDGE_MODEL": "qwen",
    "JUDGE_API_KEY": JUDGE_KEY,
    "MAX_LINES": "1000",
}
SECRETS = {"HUB_TOKEN": ANN, "GOLD_TOKEN": GOLD_KEY, "JUDGE_API_KEY": JUDGE_KEY}
VARIABLES = {name: one for name, one in ENVIRONMENT.items() if name not in SECRETS}


class Place(NamedTuple):
    """A Hub with a gold repository, and the site that its Space is to become."""

    hub: WritableHub
    health: Health

    @property
    def space(self) -> Space:
        """Return what the Space has beside its files."""
        found = self.hub.repository(SPACE, "space").space
        assert found
        return found

    def api(self, token: str = ANN) -> HfApi:
        """Return a client of somebody's."""
        return HfApi(endpoint=self.hub.url, token=token)

    def make(self, *stages: str) -> Space:
        """Make the Space beforehand, with stages that each of its builds goes through."""
        self.api().create_repo(SPACE, repo_type="space", space_sdk="gradio")
        self.space.stages = stages
        return self.space

    def put(self, path: str, content: bytes) -> None:
        """Commit a file to the Space as somebody does by hand."""
        added = [CommitOperationAdd(path, content)]
        self.api().create_commit(SPACE, added, commit_message="By hand", repo_type="space")

    def changed(self) -> list[str]:
        """Return the requests that change something."""
        return [
            one.path
            for one in self.hub.requests
            if one.method not in ("GET", "HEAD") and "/paths-info/" not in one.path
        ]


class Called(NamedTuple):
    """The exit code of the command, what it printed and what went wrong."""

    code: int
    out: list[str]
    err: str


Deploy = Callable[..., Called]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Place]:
    """A Hub, the mini challenge with marked hidden references, and an environment."""
    set_up(monkeypatch, tmp_path / "home")
    mini_challenge(tmp_path / "challenge", MARKER)
    monkeypatch.setattr("evaluator.depot.space_waiting.POLL_SECONDS", 0.01)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CHALLENGE_DIR", str(tmp_path / "challenge"))
    with writable_hub(TOKENS) as hub, health_server() as health:
        point_at(monkeypatch, hub.url)
        made = Place(hub, health)
        made.api().create_repo(GOLD, repo_type="dataset", private=True)
        hub.hub.hosts[SPACE] = health.url
        hub.requests.clear()
        yield made
    settings.cache_clear()


@pytest.fixture
def deploy(
    place: Place, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Deploy:
    """Return what calls the command; that no secret is shown is checked each time."""

    def call(*arguments: str, space: str = SPACE) -> Called:
        settings.cache_clear()
        capfd.readouterr()
        code = main(["deploy-space", space, "--timeout", "30", *arguments])
        out, err = capfd.readouterr()
        for secret in (*SECRETS.values(), BOB, READER):
            assert secret not in out + err + caplog.text
        return Called(code, out.splitlines(), err)

    return call


def test_a_new_space_has_files_variables_and_secrets(place: Place, deploy: Deploy) -> None:
    done = deploy()

    assert (done.code, done.err) == (0, "")
    assert done.out[-1] == f"lab/app runs and is well: {place.health.url}"
    files = place.hub.files(SPACE, "space")
    assert {"app.py", "requirements.txt", "README.md", "LICENSE"} <= files.keys()
    assert {"challenge/portal.py", "leaderboard/main.py", "evaluator/store.py"} <= files.keys()
    assert files["challenge/tracks/mini.yaml"].startswith(b"id: mini")
    assert {name: one["value"] for name, one in place.space.variables.items()} == VARIABLES
    assert {name: one["value"] for name, one in place.space.secrets.items()} == SECRETS
    # One commit beside the first, so that there is no moment with half of the files.
    titles = [one.title for one in place.hub.commits(SPACE, "space")]
    assert titles == ["initial commit", "Deploy the challenge"]
    assert not place.api().space_info(SPACE).private


def test_what_is_secret_or_for_other_places_stays_at_home(place: Place, deploy: Deploy) -> None:
    assert deploy().code == 0
    files = place.hub.files(SPACE, "space")

    assert (
        MARKER.encode()
        in Path(os.environ["CHALLENGE_DIR"], "mini-test", "Report", "references.jsonl").read_bytes()
    )
    for secret in (MARKER, *SECRETS.values()):
        assert [path for path, content in files.items() if secret.encode() in content] == []
    for path in files:
        assert not path.startswith(("tests/", "docs/", "benchmarks/", "data/", ".venv/")), path
        assert not path.endswith((".pyc", ".env", "secrets.toml")), path
    assert [path for path in files if path.startswith("challenge/mini-test/")] == [
        "challenge/mini-test/Choice/questions.jsonl",
        "challenge/mini-test/Report/questions.jsonl",
    ]


def test_the_environment_is_there_before_the_files(place: Place, deploy: Deploy) -> None:
    assert deploy().code == 0

    changed = place.changed()
    commit = next(number for number, path in enumerate(changed) if "/commit/" in path)
    assert {"/api/spaces/lab/app/secrets", "/api/spaces/lab/app/variables"} <= {*changed[:commit]}
    assert [path for path in changed[commit + 1 :] if "/s" in path.removeprefix("/api/s")] == []


def test_a_second_time_only_what_differs_changes(
    place: Place, deploy: Deploy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deploy()
    place.hub.requests.clear()
    again = deploy()
    assert "0 file(s) of lab/app changed, in 0 commit(s)." in again.out
    assert "Secret HUB_TOKEN of lab/app is left as it is; --renew-secrets writes it anew." in (
        again.out
    )
    # Its health is asked for all the same.
    assert (place.changed(), again.out[-1].startswith("lab/app runs")) == ([], True)

    monkeypatch.setenv("MAX_LINES", "2000")
    monkeypatch.delenv("JUDGE_MODEL")
    monkeypatch.delenv("JUDGE_BASE_URL")
    monkeypatch.setenv("HUB_LICENCE", "mit")
    (tmp_path / "challenge" / "reported.csv").write_text("x\n")
    third = deploy()
    assert third.out[:3] == [
        # Its list of files is a file too.
        "~ lab/app/layout.json",
        "+ lab/app/challenge/reported.csv",
        "+ variable HUB_LICENCE = mit",
    ]
    assert "~ variable MAX_LINES = 2000" in third.out
    assert "Variable JUDGE_MODEL = qwen is set in lab/app but not here; it is left as it is." in (
        third.out
    )
    assert "2 file(s) of lab/app changed, in 1 commit(s)." in third.out
    held = {name: one["value"] for name, one in place.space.variables.items()}
    assert held == {**VARIABLES, "MAX_LINES": "2000", "HUB_LICENCE": "mit"}

    (tmp_path / "challenge" / "reported.csv").unlink()
    fourth = deploy()
    assert "- lab/app/challenge/reported.csv" in fourth.out
    assert "challenge/reported.csv" not in place.hub.files(SPACE, "space")


def test_secrets_are_renewed_when_told(
    place: Place, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy()
    monkeypatch.setenv("JUDGE_API_KEY", "sk-new")
    deploy()
    assert place.space.secrets["JUDGE_API_KEY"]["value"] == JUDGE_KEY

    assert "+ secret JUDGE_API_KEY" in deploy("--renew-secrets").out
    assert place.space.secrets["JUDGE_API_KEY"]["value"] == "sk-new"


def test_without_repositories_the_token_stays_here(
    place: Place, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHALLENGE_DIR", str(ROOT / "challenge"))
    for name in ("HUB_GOLD", "HUB_RESULTS"):
        monkeypatch.delenv(name)

    assert deploy().code == 0
    assert place.space.secrets.keys() == {"GOLD_TOKEN", "JUDGE_API_KEY"}


def test_a_dry_run_tells_everything_and_changes_nothing(place: Place, deploy: Deploy) -> None:
    done = deploy("--dry-run")

    assert done.code == 0
    assert "+ lab/app/app.py" in done.out
    assert "+ variable HUB_GOLD = lab/gold" in done.out
    assert "+ secret GOLD_TOKEN" in done.out
    files = [line for line in done.out if line.startswith("+ lab/app/")]
    assert done.out[-1] == f"{len(files)} file(s) of lab/app would change."
    assert place.changed() == []
    assert [*place.hub.hub.repositories] == [("dataset", GOLD)]


def test_the_stages_of_a_build_are_told(place: Place, deploy: Deploy) -> None:
    place.make("old NO_APP_FILE", "BUILDING", "APP_STARTING")
    place.health.answers = [STARTING, (500, ""), WELL]
    done = deploy()

    assert done.code == 0
    assert done.out[-5:-1] == [
        "lab/app: NO_APP_FILE",
        "lab/app: BUILDING",
        "lab/app: APP_STARTING",
        "lab/app: RUNNING",
    ]
    assert len(place.health.asked) == 3


def test_what_ran_before_does_not_count(place: Place, deploy: Deploy, tmp_path: Path) -> None:
    place.make()
    deploy()
    (tmp_path / "challenge" / "reported.csv").write_text("x\n")
    place.space.stages = ("old RUNNING", "RUNNING_BUILDING", "old BUILD_ERROR", "RUNNING")
    place.health.asked.clear()
    before = len(place.hub.asked("GET", "/api/spaces/lab/app/runtime"))
    done = deploy()

    assert done.code == 0
    # The last of these stages is the new commit's own.
    assert len(place.hub.asked("GET", "/api/spaces/lab/app/runtime")) - before == 4
    assert len(place.health.asked) == 1


@pytest.mark.parametrize(
    ("stage", "told"),
    [
        ("BUILD_ERROR", "lab/app does not run: BUILD_ERROR. The Hub gives no reason.\nstep 2\n"),
        ("CONFIG_ERROR", "lab/app does not run: CONFIG_ERROR. "),
        ("NO_APP_FILE", "lab/app does not run: NO_APP_FILE. "),
        ("RUNTIME_ERROR", "lab/app does not run: RUNTIME_ERROR. The Hub gives no reason.\nboom\n"),
        ("PAUSED", "on the Hub it is PAUSED. Restart it there"),
        ("STOPPED", "on the Hub it is STOPPED. Restart it there"),
    ],
)
def test_a_space_that_does_not_run_says_why(
    place: Place, deploy: Deploy, stage: str, told: str
) -> None:
    space = place.make("BUILDING", stage)
    steps = "".join(f"step {number}\n" for number in range(1, 22))
    space.logs = {"build": f"{steps}", "run": "boom\n"}
    done = deploy()

    assert (done.code, done.out[-1]) == (1, f"lab/app: {stage}")
    assert told in done.err
    # Of 21 lines the last 20.
    assert "step 1\n" not in done.err


def test_a_log_shows_no_secret_and_steers_no_terminal(place: Place, deploy: Deploy) -> None:
    space = place.make("RUNTIME_ERROR")
    space.logs = {"run": f"\x1b[2Jtoken {ANN} and {JUDGE_KEY}\n"}
    space.reason = f"bad {GOLD_KEY}"
    done = deploy()

    assert "RUNTIME_ERROR. bad ***\n[2Jtoken *** and ***\n" in done.err


def test_a_log_that_is_not_to_be_had_hides_no_error(place: Place, deploy: Deploy) -> None:
    place.make("BUILD_ERROR")
    place.hub.go_wrong(lambda _method, path, _number: Fault(404) if "/logs/" in path else None)

    assert "BUILD_ERROR. The Hub gives no reason.\nThe Hub gives no log." in deploy().err


def test_an_error_without_commit_of_ours_counts_once_settled(
    place: Place, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.make()
    deploy()
    monkeypatch.setattr("evaluator.depot.space_waiting.SETTLING_SECONDS", 0.2)
    monkeypatch.setenv("CHALLENGE_DIR", str(ROOT / "challenge"))
    place.space.stages = ("old BUILD_ERROR",)

    assert "does not run: BUILD_ERROR" in deploy().err


def test_the_time_is_bounded(place: Place, deploy: Deploy) -> None:
    place.make(*["BUILDING"] * 1000)
    done = deploy("--timeout", "1")
    assert done.code == 1
    assert "does not run what was deployed after 1 s; it is BUILDING. Deploy again" in done.err

    place.space.coming.clear()
    place.health.answers = [STARTING]
    done = deploy("--timeout", "1")
    assert f"{place.health.url}/healthz is not well after 1 s: it answers with HTTP status 503" in (
        done.err
    )
    place.health.answers = [(200, "degraded")]
    assert "HTTP status 200, not that it is well." in deploy("--timeout", "1").err
    place.hub.hub.hosts[SPACE] = "http://127.0.0.1:9"
    assert "is not well after 1 s: it cannot be reached." in deploy("--timeout", "1").err


@pytest.mark.parametrize("host", ["http://lab-app.example", "ftp://127.0.0.1", "https://a:b@c", ""])
def test_an_address_that_is_not_safe_is_not_asked(place: Place, deploy: Deploy, host: str) -> None:
    place.make()
    place.hub.hub.hosts[SPACE] = host

    assert f"no address that can be asked safely: the Hub says “{host}”" in deploy().err


def test_only_a_private_space_is_shown_the_token(place: Place, deploy: Deploy) -> None:
    assert deploy().code == 0
    assert "Authorization" not in place.health.asked[-1]
    place.api().update_repo_settings(SPACE, repo_type="space", private=True)
    assert deploy().code == 0
    assert place.health.asked[-1]["Authorization"] == f"Bearer {ANN}"


def test_private_is_private(place: Place, deploy: Deploy) -> None:
    assert deploy("--private").code == 0
    assert place.api().space_info(SPACE).private

    place.api().update_repo_settings(SPACE, repo_type="space", private=False)
    assert "lab/app is public, but what belongs there is private" in deploy("--private").err


@pytest.mark.parametrize(
    ("fault", "where"),
    [
        (Fault(500), "/commit/"),
        (Fault(412), "/commit/"),
        (rate_limited(1), "/commit/"),
        (Fault(cut=True, after=True), "/commit/"),
        (Fault(503), "/repos/create"),
        (Fault(500), "/variables"),
        (Fault(cut=True), "/secrets"),
        (Fault(500), "/runtime"),
        (rate_limited(1), "/runtime"),
    ],
    ids=lambda one: one if isinstance(one, str) else str(one.status),
)
def test_what_goes_wrong_on_the_way_is_made_good(
    place: Place, deploy: Deploy, fault: Fault, where: str
) -> None:
    place.hub.go_wrong(
        lambda _method, path, number: fault if where in path and number == 1 else None
    )
    done = deploy()

    assert (done.code, done.err) == (0, "")
    titles = [one.title for one in place.hub.commits(SPACE, "space")]
    assert titles == ["initial commit", "Deploy the challenge"]
    assert place.space.secrets.keys() == SECRETS.keys()


@pytest.mark.parametrize(
    ("token", "space", "told"),
    [
        (READER, SPACE, "that the token may write"),
        (ANN, "nobody/app", "that it is yours or your organisation's"),
        ("hf_unknown", SPACE, "HTTP status 401"),
        ("", SPACE, "HUB_TOKEN is not set"),
        (ANN, "app", "“app” names no Space; write ORG/NAME."),
        (ANN, "lab/a--b", "“lab/a--b” names no Space"),
        (ANN, "lab/../app", "names no Space"),
    ],
)
def test_what_may_not_be_is_said(
    place: Place,
    deploy: Deploy,
    monkeypatch: pytest.MonkeyPatch,
    token: str,
    space: str,
    told: str,
) -> None:
    monkeypatch.setenv("HUB_TOKEN", token)
    if token == READER:
        place.make()
    done = deploy(space=space)

    assert done.code == 1
    assert told in done.err
    assert "hf_unknown" not in done.err


def test_a_renamed_space_is_named_anew(place: Place, deploy: Deploy) -> None:
    deploy()
    place.api().move_repo(SPACE, "lab/new", repo_type="space")

    assert "is called lab/new now" in deploy().err


def test_the_space_of_others_is_left_alone(place: Place, deploy: Deploy) -> None:
    place.make()
    place.put("app.py", b"print()")
    refused = deploy()
    assert refused.code == 1
    assert "holds files that this software did not put there, such as app.py" in refused.err
    assert place.hub.files(SPACE, "space")["app.py"] == b"print()"

    assert deploy("--force", "a mistake").code == 0
    assert place.hub.files(SPACE, "space")["app.py"] == (ROOT / "app.py").read_bytes()


def test_what_somebody_adds_or_edits_there_stops_until_forced(place: Place, deploy: Deploy) -> None:
    deploy()
    place.put("theirs.txt", b"x")
    assert "did not put there, such as theirs.txt" in deploy().err
    assert deploy("--force", "a mistake").code == 0
    assert place.hub.files(SPACE, "space")["theirs.txt"] == b"x"

    place.api().delete_file("theirs.txt", SPACE, repo_type="space")
    place.put("LICENSE", b"mine")
    assert "LICENSE in lab/app was edited by hand" in deploy().err
    assert deploy("--force", "a mistake").code == 0
    place.put("layout.json", place.hub.files(SPACE, "space")["layout.json"].replace(b"app", b"ap"))
    assert "layout.json in lab/app was edited by hand" in deploy().err
    assert deploy("--force", "a mistake").code == 0
    assert deploy().code == 0


@pytest.mark.parametrize(
    ("layout", "told"),
    [
        ({"kind": "results", "layout": 1}, "holds the results of a challenge, not its space"),
        ({"kind": "space", "layout": 99}, "newer version of this software (layout 99, here 1)"),
    ],
)
def test_another_layout_stops_even_if_forced(
    place: Place, deploy: Deploy, layout: dict[str, object], told: str
) -> None:
    place.make()
    place.put("layout.json", orjson.dumps(layout))

    assert told in deploy("--force", "a mistake").err


def test_the_list_of_files_is_signed(place: Place, deploy: Deploy) -> None:
    deploy()
    files = place.hub.files(SPACE, "space")
    listed = read(files["layout.json"])

    assert listed
    assert {*listed["files"]} == files.keys() - {".gitattributes", "layout.json"}


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("", "Phase “test” of track “mini” has hidden references, which are not put into a Space"),
        ("lab/none", "There is no lab/none yet, from which the Space is to take hidden references"),
        ("lab/open", "lab/open is public, but what belongs there is private"),
    ],
)
def test_hidden_references_need_a_place(
    place: Place, deploy: Deploy, monkeypatch: pytest.MonkeyPatch, named: str, told: str
) -> None:
    place.api().create_repo("lab/open", repo_type="dataset")
    monkeypatch.setenv("HUB_GOLD", named)
    done = deploy()

    assert (done.code, told in done.err) == (1, True)
    assert ("space", SPACE) not in place.hub.hub.repositories


def test_an_interrupted_deployment_is_gone_on_with(place: Place, tmp_path: Path) -> None:
    """Interrupted while it waits, in a process of its own: the Space is whole, the answer short."""
    place.make(*["BUILDING"] * 10_000)
    environ = {
        **os.environ,
        "HF_ENDPOINT": place.hub.url,
        "HF_HOME": str(tmp_path / "other-home"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_OFFLINE": "0",
    }
    command = [sys.executable, "-m", "evaluator", "deploy-space", SPACE]
    running = subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout
    for line in running.stdout:
        if "BUILDING" in line:
            break
    running.send_signal(2)
    _out, err = running.communicate(timeout=60)

    assert (running.returncode, err.splitlines()[-1]) == (1, "Interrupted.")
    assert "Traceback" not in err
    listed = read(place.hub.files(SPACE, "space")["layout.json"])
    assert listed
    assert {*listed["files"]} <= place.hub.files(SPACE, "space").keys()
