"""`python -m evaluator` as people call it: what it prints where, and the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.results import Result
from evaluator.schema import open_database
from evaluator.settings import ROOT
from evaluator.tokens import team_of
from tests.folders import mini_answers, mini_challenge, write_lines

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the mini challenge, and prediction files of several kinds."""
    folder = tmp_path_factory.mktemp("command_line")
    mini_challenge(folder / "challenge", marker="机密")
    answers = mini_answers()
    write_lines(folder / "good.jsonl", answers)
    write_lines(folder / "half.jsonl", mini_answers(report="患者"))
    skipped: dict[str, Any] = {**answers[-1], "answer": None, "skipped": True}
    write_lines(folder / "skipped.jsonl", [*answers[:-1], skipped])
    (folder / "bom.jsonl").write_bytes(b"\xef\xbb\xbf" + (folder / "good.jsonl").read_bytes())
    write_lines(folder / "short.jsonl", [{**answers[0], "answer": 1}, *answers[1:-1]])
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    """Return a function that runs the command line on that folder."""

    def running(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        places = {"DATA_DIR": str(folder / "data"), "CHALLENGE_DIR": str(folder / "challenge")}
        return subprocess.run(
            [sys.executable, "-m", "evaluator", *arguments],
            cwd=ROOT,
            env={**os.environ, **places, "PYTHONPATH": str(ROOT), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )

    return running


def test_valid_file(run: Run, folder: Path) -> None:
    done = run("validate", "mini", str(folder / "good.jsonl"))

    assert (done.returncode, done.stderr) == (0, "")
    assert "4" in done.stdout


def test_notices_are_printed(run: Run, folder: Path) -> None:
    done = run("--lang", "zh", "validate", "mini", str(folder / "bom.jsonl"), "--phase", "test")

    assert done.returncode == 0
    first, *_ = done.stdout.splitlines()
    assert first.startswith("bom.jsonl")
    assert "The byte order mark" not in first


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["The file was refused: 2 problem(s) of 2 kind(s).", "must be a text in quotes"]),
        ("zh", ["short.jsonl", "answer", "Report"]),
    ],
)
def test_refused_file(run: Run, folder: Path, language: str, sentences: list[str]) -> None:
    done = run("--lang", language, "validate", "mini", str(folder / "short.jsonl"))

    assert (done.returncode, done.stdout) == (1, "")
    assert all(sentence in done.stderr for sentence in sentences)
    assert len(done.stderr.splitlines()) == 3
    assert ("refused" in done.stderr) == (language == "en")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["maxi", "good.jsonl"], "There is no track “maxi”; this challenge has: mini."),
        (["mini", "good.jsonl", "--phase", "final"], "has no phase “final”; it has: dev, test."),
        (["mini", "absent.jsonl"], "There is no file "),
    ],
)
def test_wrong_argument_is_a_sentence(
    run: Run, folder: Path, arguments: list[str], sentence: str
) -> None:
    track, file, *rest = arguments

    done = run("validate", track, str(folder / file), *rest)

    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_settings_are_a_sentence(run: Run, folder: Path) -> None:
    file = str(folder / "good.jsonl")

    limit = run("validate", "mini", file, MAX_LINES="many")
    place = run("validate", "mini", file, CHALLENGE_DIR=str(folder / "nowhere"))

    assert (limit.returncode, place.returncode) == (1, 1)
    assert limit.stderr == "MAX_LINES is “many”; it must be a whole number above 0.\n"
    assert "declares no track" in place.stderr


def test_score_as_json_is_a_result(run: Run, folder: Path) -> None:
    done = run("score", "mini", str(folder / "skipped.jsonl"), "--json")

    assert (done.returncode, done.stderr) == (0, "")
    result = Result.model_validate_json(done.stdout)
    # Choices all right; of two reports one right, one skipped.
    assert {name: score.value for name, score in result.datasets.items()} == {
        "Choice": 1.0,
        "Report": 0.5,
    }
    assert (result.overall.value, result.skipped) == (0.75, 1)
    assert (result.track, result.phase) == ("mini", "dev")
    assert json.loads(done.stdout)["datasets"]["Report"]["signature"].startswith("rouge_l|v3|data:")


def test_score_as_text(run: Run, folder: Path) -> None:
    done = run("score", "mini", str(folder / "half.jsonl"))

    assert (done.returncode, done.stderr) == (0, "")
    scores = {line.split("]")[1].strip(): line.split()[0] for line in done.stdout.splitlines()}
    # LCS 2 of 2 and 6 characters: 2·2 / 8 = 50; with the choices' 100 the mean is 75.
    assert scores == {
        "overall": "75.00",
        "Safety": "100.00",
        "Choice": "100.00",
        "Generation": "50.00",
        "Report": "50.00",
    }


def test_score_of_the_hidden_phase_tells_no_reference(run: Run, folder: Path) -> None:
    done = run("--lang", "zh", "score", "mini", str(folder / "good.jsonl"), "--phase", "test")

    assert done.returncode == 0
    assert "安全" in done.stdout
    assert "机密" not in done.stdout + done.stderr


def test_tokens_are_issued_and_revoked(run: Run, folder: Path) -> None:
    issued = run("issue-token", "某医院")
    engine = open_database(f"sqlite:///{folder / 'data' / 'submissions.sqlite'}")
    token = issued.stdout.strip()
    assert (issued.returncode, issued.stderr) == (0, "")
    assert team_of(engine, token) == "某医院"

    revoked = run("revoke-tokens", "某医院")
    again = run("--lang", "zh", "revoke-tokens", "某医院")

    assert (revoked.returncode, again.returncode) == (0, 1)
    assert "1" in revoked.stdout
    assert "某医院" in again.stderr
    assert "no valid token" not in again.stderr


@pytest.mark.parametrize("arguments", [["validate"], ["--lang", "fr", "validate"]])
def test_wrong_usage_is_exit_code_2(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: python -m evaluator")


def test_help_names_every_command(run: Run) -> None:
    done = run("--help")

    assert done.returncode == 0
    for command in ("validate", "score", "issue-token", "revoke-tokens", "work"):
        assert command in done.stdout
