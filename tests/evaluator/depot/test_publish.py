"""What is published of a challenge's results, and what stops it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from huggingface_hub import HfApi

from evaluator.__main__ import main
from evaluator.challenge import load_challenge
from evaluator.depot.folder import FolderRepository
from evaluator.depot.repository import Change, Repository
from evaluator.depot.results import results
from evaluator.depot.signed import read, signed
from evaluator.origin import Origin
from evaluator.schema import open_database
from evaluator.settings import HubSettings, Settings, settings
from evaluator.store import Store
from tests.evaluator.test_board import Board
from tests.folders import mini_challenge
from tests.hub_client import ANN, BOARD
from tests.hub_faults import Fault
from tests.hub_loader import load
from tests.hub_writing import WritableHub

ORIGIN = Origin(first="2026-01", last="2026-01", outputs_hash="0" * 64, source="a paper")


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Board]:
    """The mini challenge with a scored submission, a baseline and an anonymous one, published."""
    data = tmp_path / "data"
    data.mkdir()
    mini_challenge(tmp_path / "challenge")
    monkeypatch.setenv("DATA_DIR", str(data))
    monkeypatch.setenv("CHALLENGE_DIR", str(tmp_path / "challenge"))
    for name in ("HUB_RESULTS", "HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    store = Store(open_database(f"sqlite:///{data / 'submissions.sqlite'}"))
    made = Board(store, load_challenge(tmp_path / "challenge"), data / "board")
    made.add("named", 0.75, repository="lab/named")
    made.add("GPT", 0.9, provenance="self-run", team="maintainers", origin=ORIGIN)
    made.add("Secret model", 0.5, team="other", pseudonym="4f2a1c", repository="us/Secret model")
    made.publish()
    settings.cache_clear()
    yield made
    settings.cache_clear()


@pytest.fixture
def hub(hub: WritableHub, monkeypatch: pytest.MonkeyPatch, board: Board) -> WritableHub:
    """The same, named by the settings."""
    monkeypatch.setenv("HUB_RESULTS", BOARD)
    monkeypatch.setenv("HUB_TOKEN", ANN)
    settings.cache_clear()
    return hub


def chosen(board: Board) -> Settings:
    """Return settings of the folder in which the board is published."""
    return Settings(data_dir=board.folder.parent, hub=HubSettings(licence="cc0-1.0"))


def runs(found: dict[str, bytes]) -> list[dict[str, Any]]:
    """Return the files of runs, best first."""
    read = [orjson.loads(content) for path, content in found.items() if path.startswith("runs/")]
    return sorted(read, key=lambda run: -run["result"]["overall"]["value"])


def test_there_is_a_file_for_each_run_that_stands(board: Board) -> None:
    found = results(board.store, board.challenge, chosen(board))
    first, second, third = runs(found)

    assert (first["model"], first["provenance"], first["origin"]["source"]) == (
        "GPT",
        "self-run",
        "a paper",
    )
    assert (second["model"], second["organisation"], second["result"]["overall"]["value"]) == (
        "named",
        "医院",
        0.75,
    )
    assert (first["repository"], second["repository"]) == ("", "lab/named")
    assert (third["model"], third["anonymous"]) == ("4f2a1c", True)
    assert "repository" not in third
    path = f"runs/mini/dev/{second['submission']}-1.json"
    assert path in found
    assert "boards/mini/dev.parquet" in found
    for secret in (b"Secret model", b'"team"', b'"other"'):
        assert all(secret not in content for content in found.values())


def test_the_card_names_every_board(board: Board) -> None:
    card = results(board.store, board.challenge, chosen(board))["README.md"].decode()
    front = yaml.safe_load(card.split("---")[1])

    assert front["configs"] == [
        {
            "config_name": "mini--dev",
            "data_files": [{"split": "entries", "path": "boards/mini/dev.parquet"}],
        }
    ]
    assert (front["license"], front["language"]) == ("cc0-1.0", ["zh", "en"])
    for heading in ("## Limits", "## Submit", "Mini track"):
        assert heading in card


@pytest.mark.parametrize("feedback", ["rounded", "none"])
def test_what_a_phase_does_not_tell_has_no_run(board: Board, tmp_path: Path, feedback: str) -> None:
    file = tmp_path / "challenge" / "tracks" / "mini.yaml"
    told = f"references: hidden, folder: mini-test, feedback: {feedback}, closes: 2099-01-01T00:00Z"
    file.write_text(
        file.read_text("utf-8").replace("references: hidden, folder: mini-test", told), "utf-8"
    )
    board.add("probing", 0.5, phase="test")
    challenge = load_challenge(tmp_path / "challenge")

    assert not [path for path in results(board.store, challenge, chosen(board)) if "/test/" in path]


def test_an_edited_record_is_not_read() -> None:
    whole = signed({"value": 0.5, "model": "甲"})

    assert read(whole) == {"value": 0.5, "model": "甲"}
    assert read(whole.replace(b"0.5", b"0.6")) is None
    assert read(orjson.dumps(orjson.loads(whole))) is None
    assert read(b"no JSON") is None
    assert read(b"[1]") is None


def call(
    capsys: pytest.CaptureFixture[str], *arguments: str, of: str = "results"
) -> tuple[int, list[str], str]:
    """Publish; return the exit code, what was printed of one repository, and what went wrong."""
    settings.cache_clear()
    code = main(["publish", *arguments])
    out, err = capsys.readouterr()
    lines = [line for line in out.splitlines() if f" {of}/" in line or f" of {of} " in line]
    return code, lines, err


def changed(printed: list[str]) -> list[str]:
    """Return the lines of files."""
    return [line for line in printed if line.startswith(("+ ", "~ ", "- "))]


def test_without_a_hub_it_is_a_folder(
    board: Board, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, tried, _err = call(capsys, "--dry-run")
    folder = tmp_path / "data" / "depot" / "results"
    assert code == 0
    assert "+ results/boards/mini/dev.parquet" in tried
    assert not (folder / "README.md").exists()

    code, done, _err = call(capsys)
    assert (code, changed(done)) == (0, changed(tried))
    count = len([line for line in done if line.startswith("+ results/")])
    assert f"{count} file(s) of results changed, in 1 commit(s)." in done
    assert (folder / "boards" / "mini" / "dev.parquet").exists()
    assert changed(call(capsys)[1]) == []


def test_a_dry_run_on_a_hub_changes_nothing(
    hub: WritableHub, capsys: pytest.CaptureFixture[str]
) -> None:
    code, tried, _err = call(capsys, "--dry-run", of=BOARD)

    count = len([line for line in tried if line.startswith("+ ann/board/")])
    assert code == 0
    assert f"{count} file(s) of ann/board would change." in tried
    assert not [one for one in hub.requests if one.method != "GET"]


def test_a_hub_is_published_to_again(
    hub: WritableHub, board: Board, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(capsys)[0] == 0
    board.store.reveal("other", "Secret model")
    board.publish()
    code, done, err = call(capsys, of=BOARD)

    assert (code, err) == (0, "")
    assert any(line.startswith("~ ann/board/runs/mini/dev/") for line in done)
    assert call(capsys, of=BOARD)[1] == ["0 file(s) of ann/board changed, in 0 commit(s)."]


def test_the_configs_of_a_hub_load(
    hub: WritableHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(capsys)[0] == 0

    # By somebody without a token: the repository is public.
    loaded = load(hub.url, BOARD, tmp_path / "loader")
    assert {config: [row["model"] for row in rows] for config, rows in loaded.items()} == {
        "mini--dev": ["GPT", "named", "4f2a1c"]
    }
    titles = [one.title for one in hub.commits(BOARD, "dataset")]
    assert len([title for title in titles if title.startswith("Results of 20")]) == 1
    published = HfApi(endpoint=hub.url, token=ANN).dataset_info(BOARD)
    assert not published.private


def test_questions_and_references_go_where_they_belong(
    hub: WritableHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HUB_QUESTIONS", "lab/questions")
    monkeypatch.setenv("HUB_GOLD", "lab/gold")
    _code, done, err = call(capsys, of="lab/questions")
    assert err == ""
    assert done[-1] == f"{len(done) - 1} file(s) of lab/questions changed, in 1 commit(s)."

    for name, private, title in (("questions", False, "Questions"), ("gold", True, "References")):
        assert hub.repository(f"lab/{name}").private is private
        assert hub.commits(f"lab/{name}")[-1].title.startswith(f"{title} of 20")
        assert {"README.md", "layout.json", "mini/dev.parquet", "mini/test.parquet"} <= hub.files(
            f"lab/{name}"
        ).keys()
    assert call(capsys, of="lab/gold")[1] == ["0 file(s) of lab/gold changed, in 0 commit(s)."]


def test_a_machine_without_references_publishes_none(
    board: Board, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (tmp_path / "challenge").rglob("references.jsonl"):
        file.unlink()
    assert call(capsys, of="gold") == (0, [], "")
    assert (tmp_path / "data" / "depot" / "questions" / "mini" / "test.parquet").exists()
    assert not (tmp_path / "data" / "depot" / "gold").exists()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"weights.bin": b"x"}, "such as weights.bin; name another repository"),
        # A file of that name that is none of ours.
        ({"layout.json": b"[1"}, "such as layout.json; name another repository"),
        ({"layout.json": b'{"layout": "grid"}'}, "such as layout.json; name another repository"),
        ({"layout.json": b'{"layout": 99}'}, "newer version of this software (layout 99, here 1)"),
        (
            {"layout.json": b'{"kind": "gold", "layout": 1}'},
            "holds the gold of a challenge, not its results",
        ),
    ],
)
def test_the_repository_of_others_is_left_alone(
    board: Board,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, bytes],
    told: str,
) -> None:
    repository = commit(tmp_path, changes)
    before = repository.head()
    code, _out, err = call(capsys)

    assert (code, repository.head()) == (1, before)
    assert told in err


def test_a_run_that_was_edited_by_hand_stops_until_forced(
    board: Board, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(capsys)
    folder = tmp_path / "data" / "depot" / "results"
    [file, *_] = sorted((folder / "runs").rglob("*.json"))
    honest = file.read_bytes()
    file.write_bytes(honest.replace(b'"items": 0', b'"items": 9'))

    code, _out, err = call(capsys)
    assert code == 1
    assert f"{file.relative_to(folder)} in results was edited by hand" in err

    assert call(capsys, "--force", "a mistake")[0] == 0
    assert file.read_bytes() == honest


def test_a_team_that_reveals_itself_is_named(
    board: Board, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    call(capsys)
    board.store.reveal("other", "Secret model")
    board.publish()
    code, done, _err = call(capsys)

    assert code == 0
    assert any(line.startswith("~ results/runs/mini/dev/") for line in done)


def commit(tmp_path: Path, changes: dict[str, bytes]) -> Repository:
    """Put files into the folder of results as somebody else would."""
    repository = FolderRepository("results", tmp_path / "data" / "depot" / "results")
    repository.make()
    made = [Change(path, content) for path, content in changes.items()]
    repository.commit(made, repository.head().commit, "Theirs")
    return repository


@pytest.mark.parametrize("after", [False, True])
def test_a_push_that_was_killed_is_gone_on_with(
    hub: WritableHub, tmp_path: Path, capsys: pytest.CaptureFixture[str], after: bool
) -> None:
    """Whether its commit was made or not: nothing is lost, and nothing is there twice."""
    begun = threading.Event()

    def script(method: str, path: str, _number: int) -> Fault | None:
        if method != "POST" or not path.endswith(f"{BOARD}/commit/main"):
            return None
        begun.set()
        return Fault(delay=30.0, after=after)

    hub.go_wrong(script)
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "killed"),
        "HF_HUB_DISABLE_XET": "1",
    }
    command = [sys.executable, "-m", "evaluator", "publish"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as killed:
        assert begun.wait(60)
        killed.kill()
    hub.go_wrong(None)

    assert call(capsys)[0] == 0
    wanted = {path for path in hub.files(BOARD) if path.startswith(("runs/", "boards/"))}
    made = [one for one in hub.commits(BOARD) if one.title.startswith("Results of")]
    assert len(made) == 1
    assert wanted <= set(made[0].tree)
    assert call(capsys, of=BOARD)[1] == ["0 file(s) of ann/board changed, in 0 commit(s)."]
