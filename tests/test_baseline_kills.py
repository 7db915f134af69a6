"""A baseline killed again and again: nothing that was answered is asked again, nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from evaluator.baselines.journal import Answer, Key
from evaluator.baselines.library import find_model
from evaluator.baselines.run import Run, open_run
from evaluator.challenge import load_challenge
from evaluator.settings import ROOT, Limits
from evaluator.submission import read_submission
from tests.chat_server import Act, ChatServer, Data, chat_server
from tests.evaluator.baselines.running import write_reports
from tests.folders import mini_challenge, question
from tests.provider_server import completion

REPORTS = 72
# Together with two choices of two copies each.
QUESTIONS = REPORTS + 4
KILLS = 10
SLOTS = 3
ANSWER_SECONDS = 0.05
STARTS_WITHIN = 30.0
DECLARED = {
    "name": "tested",
    "provider": "openai",
    "model": "asked-model",
    "pace": {"parallel": SLOTS},
    "stream": False,
    "title": "Tested",
    "organisation": "Nobody",
    "access": "open",
    "licence": "MIT",
    "source": "none",
}


def echo(request: Data, number: int) -> Act:
    """Answer with the question and the number of the request, so that no two answers are alike."""
    act = completion(f"{request['messages'][-1]['content']} {number}")
    return Act(body=act.body, seconds=ANSWER_SECONDS)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A server that takes a while to answer."""
    with chat_server(echo) as running:
        yield running


def prepared(folder: Path, server: ChatServer) -> Run:
    """Write a challenge and a declaration; return the run that the command will make of them."""
    challenge = mini_challenge(folder / "challenge")
    write_reports(challenge, [question(n, "Report") for n in range(1, REPORTS + 1)])
    declaration = challenge / "baselines" / "tested.yaml"
    declaration.parent.mkdir()
    declaration.write_text(yaml.safe_dump({**DECLARED, "base_url": server.url}), "utf-8")
    loaded = load_challenge(challenge)
    track = loaded.track("mini")
    model = find_model("tested", challenge)
    return open_run(loaded, track, track.phase("dev"), model, folder / "data")


def start(folder: Path) -> subprocess.Popen[str]:
    """Start the command."""
    places = {"DATA_DIR": str(folder / "data"), "CHALLENGE_DIR": str(folder / "challenge")}
    arguments = ["baseline", "run", "--model", "tested", "--track", "mini", "--no-submit"]
    return subprocess.Popen(
        [sys.executable, "-m", "evaluator", *arguments],
        cwd=ROOT,
        env={**os.environ, **places, "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def wait_for(server: ChatServer, requests: int, running: subprocess.Popen[str]) -> None:
    """Wait until a server was asked so often."""
    until = time.monotonic() + STARTS_WITHIN
    while len(server.requests) < requests:
        assert running.poll() is None, running.communicate()[1]
        assert time.monotonic() < until, "it asks no more"
        time.sleep(0.002)


def final(run: Run) -> dict[Key, Answer]:
    """Return every answer whose line is whole, each of which must be the only one."""
    written = run.journal.read_bytes() if run.journal.exists() else b""
    lines = [line for line in written.splitlines(True) if line.endswith(b"\n")]
    answers = [Answer.model_validate_json(line) for line in lines]
    assert {one.state for one in answers} <= {"answered"}
    found = {one.key: one for one in answers}
    assert len(found) == len(answers)
    return found


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_ends_whole(
    tmp_path: Path, server: ChatServer
) -> None:
    run = prepared(tmp_path, server)
    asking = {one.text(): one.key for one in run.questions()}
    assert len(asking) == QUESTIONS
    kept: dict[Key, Answer] = {}
    asked_again: list[Key] = []
    progress: list[int] = []

    for kill in range(KILLS + 1):
        before = len(server.requests)
        running = start(tmp_path)
        if kill < KILLS:
            # At moments spread over the time that an answer takes.
            wait_for(server, before + 5 + kill % 3, running)
            time.sleep(kill / KILLS * ANSWER_SECONDS)
            running.send_signal(signal.SIGKILL)
        out, err = running.communicate(timeout=60)
        requests = server.requests[before:]
        asked_again += [
            key for one in requests if (key := asking[one["messages"][-1]["content"]]) in kept
        ]
        # What was on disk stays as it was.
        now = final(run)
        assert now | kept == now
        kept = now
        progress.append(len(kept))
        assert running.returncode == (-signal.SIGKILL if kill < KILLS else 0), err

    assert asked_again == []
    assert kept.keys() == set(asking.values())
    # Every kill came in the midst of work, and after each the work went on.
    assert progress == sorted(progress)
    assert len(set(progress)) == KILLS + 1
    assert progress[-2] < QUESTIONS

    # At a kill each slot may have an answer that is not on disk yet, and be asking for another.
    assert QUESTIONS <= len(server.requests) <= QUESTIONS + KILLS * 2 * SLOTS
    path = Path(out.strip())
    reading = read_submission(path, path.name, run.challenge, run.track, run.phase, Limits())
    given = {
        (dataset, item, number): said
        for dataset, items in reading.predictions.answers.items()
        for item, copies in items.items()
        for number, said in enumerate(copies)
    }
    assert given == {key: one.answer for key, one in kept.items()}
    assert Counter(key.dataset for key in kept) == {"Choice": 4, "Report": REPORTS}
    assert f"answered {QUESTIONS}; " in err
