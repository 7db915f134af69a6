"""Processes killed at their worst moments: what was accepted is scored, once, and goes on."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from dbos import DBOSClient
from filelock import FileLock, Timeout

from evaluator.challenge import load_challenge
from evaluator.runs import ATTEMPTS, INTERNAL
from evaluator.schema import open_database
from evaluator.scoring import CHUNK, Scorer
from evaluator.settings import Limits
from evaluator.submission import read_submission
from evaluator.texts import Sentence
from evaluator.worker import LOCK_NAME
from tests.folders import mini_answers, mini_challenge, question, reference, write_lines
from tests.site import ROOT, Site

# Long enough to be interrupted in the middle, without an encoder.
REPORTS = 4000
SENTENCE = "患者三天前受凉后发热，体温最高三十九度，伴咳嗽咳痰，无胸痛咯血。"
ENTRY = ("Model", "Hospital", "open", "7B", "", "en")
ENDS_WITHIN = 5.0
SOURCE = ("app.py", "challenge", "evaluator", "leaderboard", ".streamlit")
LOGGED = '        log.info("changed source: %s", submission_id)\n'
FIRST_LINE = "    def _run(self, submission_id: str, number: int) -> None:\n"

Start = Callable[..., Site]


class Prepared(NamedTuple):
    """A challenge: phase `dev` takes seconds to score, phase `test` no time."""

    challenge: Path
    long: Path
    short: Path
    result: Any


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The challenge, a file for each phase, and the result of the long one, undisturbed."""
    folder = tmp_path_factory.mktemp("durable")
    reports = folder / "challenge" / "mini" / "Report"
    challenge = mini_challenge(folder / "challenge")
    numbers = range(REPORTS)
    write_lines(reports / "questions.jsonl", (question(n, "Report") for n in numbers))
    write_lines(reports / "references.jsonl", (reference(n, "Report", SENTENCE) for n in numbers))
    choices = mini_answers()[:4]
    answered = [{**question(n, "Report"), "answer": SENTENCE[n % 30 :]} for n in numbers]
    long = write_lines(folder / "long.jsonl", [*choices, *answered])
    short = write_lines(folder / "short.jsonl", mini_answers())
    loaded = load_challenge(challenge)
    track, phase = loaded.track("mini"), loaded.track("mini").phase("dev")
    reading = read_submission(long, long.name, loaded, track, phase, Limits())
    result = Scorer(loaded, track, phase).score(reading.predictions).result
    return Prepared(challenge, long, short, result.model_dump(mode="json"))


@pytest.fixture
def start(tmp_path: Path, prepared: Prepared) -> Iterator[Start]:
    """A function that starts a server; all of a test's servers share one data folder."""
    sites: list[Site] = []

    def started(root: Path = ROOT, wait: bool = True) -> Site:
        site = Site(tmp_path / "data", root, CHALLENGE_DIR=str(prepared.challenge))
        site.log = tmp_path / f"{len(sites)}.log"
        sites.append(site)
        return site.start(wait)

    yield started
    for site in sites:
        site.stop()
        site.kill_workers()


@pytest.mark.parametrize(
    ("victims", "changed"),
    [
        ("worker", False),
        pytest.param("worker", True, marks=pytest.mark.slow),
        pytest.param("portal", False, marks=pytest.mark.slow),
        pytest.param("portal", True, marks=pytest.mark.slow),
        pytest.param("both", False, marks=pytest.mark.slow),
        pytest.param("both", True, marks=pytest.mark.slow),
    ],
)
def test_an_interrupted_run_goes_on_where_it_was(
    start: Start, prepared: Prepared, tmp_path: Path, victims: str, changed: bool
) -> None:
    site = start()
    key = accepted(site, prepared.long, "dev")
    site.wait_for(lambda: in_the_middle(site, key), 60, "it was not caught in the middle")
    if victims != "worker":
        site.kill()
    if victims != "portal":
        site.kill_workers()
    if victims != "worker" or changed:
        site.stop()
        # An orphaned worker notices by itself.
        site.wait_for(lambda: not site.workers(), ENDS_WITHIN, "the worker outlives its portal")
    done, kept = steps(site, key), chunks(site, key)
    assert site.rows("SELECT * FROM runs WHERE submission = ?", key) == []

    if victims != "worker" or changed:
        site = start(changed_copy(tmp_path) if changed else ROOT)
    finished = wait_for_end(site, key)

    assert finished["status"] == "finished"
    assert finished["result"] == prepared.result
    assert len(site.rows("SELECT * FROM runs WHERE submission = ?", key)) == 1
    # A step or chunk done again would have another time or row number.
    assert done < steps(site, key)
    assert kept < chunks(site, key)
    names = [name for _number, name, _completed in steps(site, key)]
    assert names.count("score") == -(-REPORTS // CHUNK) + 1
    assert len(names) == names.count("score") + len(["begin", "plan", "plan", "finish"])
    assert len(site.workers()) == 1
    assert is_locked(site)
    if changed:
        assert "changed source" in site.log.read_text()


@pytest.mark.slow
def test_a_second_worker_waits_until_the_first_has_ended(start: Start, prepared: Prepared) -> None:
    first = start()
    key = accepted(first, prepared.long, "dev")
    first.wait_for(lambda: in_the_middle(first, key), 60, "it was not caught in the middle")
    (frozen,) = first.workers()
    freeze(first, frozen)
    try:
        first.kill()
        second = start()
        scored = chunks(second, key)
        second.wait_for(lambda: waits(second), 30, "the second worker does not wait")
        assert len(second.workers()) == 2
        assert not ready(second)
        assert chunks(second, key) == scored
    finally:
        os.kill(frozen, signal.SIGCONT)
    assert wait_for_end(second, key)["result"] == prepared.result
    assert frozen not in second.workers()
    assert len(second.workers()) == 1


@pytest.mark.slow
def test_two_portals_on_one_folder_give_one_result(start: Start, prepared: Prepared) -> None:
    # At the same moment, on a folder that is still empty.
    sites = [start(wait=False), start(wait=False)]
    for site in sites:
        site.wait_for(site.answers, 90, "it does not start")
    site.wait_for(lambda: any(ready(site) for site in sites), 30, "no worker is ready")
    working, waiting = sorted(sites, key=ready, reverse=True)
    waiting.wait_for(lambda: waits(waiting), 30, "the second worker does not wait")
    assert not ready(waiting)

    keys = [accepted(site, prepared.short, "test") for site in (working, waiting)]
    keys.append(accepted(waiting, prepared.long, "dev"))
    waiting.wait_for(lambda: in_the_middle(waiting, keys[-1]), 60, "it was not caught")
    working.kill()

    for key in keys:
        assert wait_for_end(waiting, key)["status"] == "finished"
    assert wait_for_end(waiting, keys[-1])["result"] == prepared.result
    assert results(waiting) == sorted(keys)
    assert len(waiting.workers()) == 1


def test_what_was_answered_is_stored_and_each_of_ten_is_scored_once(
    start: Start, prepared: Prepared
) -> None:
    site = start()
    # So that all ten wait when the portal dies; its next worker needs seconds.
    site.wait_for(lambda: ready(site), 30, "the worker is not ready")
    site.kill_workers()
    keys = [accepted(site, prepared.short, "test") for _number in range(10)]
    site.kill()
    assert sorted(key for (key,) in site.rows("SELECT id FROM submissions")) == sorted(keys)
    assert len(site.rows("SELECT * FROM workflow_status WHERE status = 'ENQUEUED'")) == 10

    again = start()
    assert {wait_for_end(again, key)["status"] for key in keys} == {"finished"}
    assert results(again) == sorted(keys)
    assert len(again.workers()) == 1


@pytest.mark.slow
def test_a_run_that_the_queue_gave_up_is_failed_with_a_sentence(
    start: Start, prepared: Prepared
) -> None:
    site = start()
    lost = accepted(site, prepared.long, "dev")
    following = accepted(site, prepared.short, "test")
    site.wait_for(lambda: in_the_middle(site, lost), 60, "it was not caught in the middle")
    engine = open_database(f"sqlite:///{site.data_dir / 'submissions.sqlite'}")
    client = DBOSClient(system_database_engine=engine)
    client.cancel_workflow(lost)
    client.destroy()

    failed = wait_for_end(site, lost)
    assert (failed["status"], failed["message"]) == ("failed", Sentence(INTERNAL).text("en"))
    assert wait_for_end(site, following)["status"] == "finished"
    assert results(site) == [following]


@pytest.mark.slow
def test_a_submission_that_kills_every_worker_is_failed_and_the_next_scored(
    start: Start, prepared: Prepared
) -> None:
    site = start()
    # Nothing runs before both are queued.
    site.kill_workers()
    deadly = accepted(site, prepared.long, "dev")
    following = accepted(site, prepared.short, "test")
    site.stop()
    # Workers without a portal, whose supervisor would wait longer after each death.
    for death in range(1, ATTEMPTS + 2):
        process = subprocess.Popen(
            [sys.executable, "-m", "evaluator", "work"],
            cwd=ROOT,
            env=site.environment,
            stderr=subprocess.DEVNULL,
        )
        try:
            site.wait_for(lambda n=death: attempts(site, deadly) == n, 60, "it is not tried")
        finally:
            process.kill()
            process.wait(10)
        assert state(site, deadly) in ("queued", "scoring")

    again = start()
    failed = wait_for_end(again, deadly)
    assert (failed["status"], failed["message"]) == ("failed", Sentence(INTERNAL).text("en"))
    assert wait_for_end(again, following)["status"] == "finished"
    assert results(again) == [following]


def accepted(site: Site, path: Path, phase: str) -> str:
    """Submit a file and return the submission's id."""
    answer = site.post_file("/submit", path, "mini", phase, *ENTRY)
    assert answer["accepted"], answer
    return str(answer["id"])


def wait_for_end(site: Site, key: str) -> Any:
    """Wait until a submission is scored or failed, and return where it stands."""
    site.wait_for(lambda: state(site, key) in ("finished", "failed"), 120, f"{key} does not end")
    return site.post("/status", key, "en")


def state(site: Site, key: str) -> str:
    """Return a submission's status."""
    ((status,),) = site.rows("SELECT status FROM submissions WHERE id = ?", key)
    return str(status)


def in_the_middle(site: Site, key: str) -> bool:
    """Whether some of a submission's items are scored, and not all."""
    return site.rows(
        "SELECT 1 FROM submissions WHERE id = ? AND status = 'scoring' "
        "AND items > 0 AND items < total",
        key,
    ) == [(1,)]


def steps(site: Site, key: str) -> set[tuple[Any, ...]]:
    """Return number, name and time of every step of a run that is done."""
    return set(
        site.rows(
            "SELECT function_id, function_name, completed_at_epoch_ms FROM operation_outputs "
            "WHERE workflow_uuid = ?",
            key,
        )
    )


def chunks(site: Site, key: str) -> set[tuple[Any, ...]]:
    """Return the rows of a submission's statistics; one that is written again has a new number."""
    return set(
        site.rows("SELECT rowid, part, start FROM item_statistics WHERE submission = ?", key)
    )


def results(site: Site) -> list[str]:
    """Return the id of every result there is."""
    return sorted(key for (key,) in site.rows("SELECT submission FROM runs"))


def attempts(site: Site, key: str) -> int:
    """Return how often the queue has given a run to a worker."""
    ((count,),) = site.rows(
        "SELECT recovery_attempts FROM workflow_status WHERE workflow_uuid = ?", key
    )
    return int(count)


def ready(site: Site) -> bool:
    """Whether this portal's worker has the data folder to itself."""
    return "worker ready" in site.log.read_text()


def waits(site: Site) -> bool:
    """Whether this portal's worker has seen that another one works."""
    return "another worker is still running" in site.log.read_text()


def is_locked(site: Site) -> bool:
    """Whether a worker holds the lock of the data folder."""
    try:
        with FileLock(site.data_dir / LOCK_NAME, timeout=0):
            return False
    except Timeout:
        return True


def freeze(site: Site, pid: int) -> None:
    """Stop a process at a moment when it does not keep others from writing."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        # The signal reaches a thread that is running only a moment later.
        site.wait_for(lambda: is_stopped(pid), 10, "the process does not stop")
        with (
            suppress(sqlite3.OperationalError),
            closing(sqlite3.connect(site.data_dir / "submissions.sqlite", timeout=0)) as database,
        ):
            database.execute("BEGIN IMMEDIATE")
            return
        os.kill(pid, signal.SIGCONT)


def is_stopped(pid: int) -> bool:
    """Whether every thread of a process is stopped."""
    states = [
        task.read_text().rpartition(")")[2].split()[0]
        for task in Path(f"/proc/{pid}/task").glob("*/stat")
    ]
    return set(states) == {"T"}


def changed_copy(folder: Path) -> Path:
    """Return a copy of the source tree whose workflow reads differently."""
    root = folder / "source"
    for name in SOURCE:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            root.mkdir(exist_ok=True)
            shutil.copy(path, root)
    runs = root / "evaluator" / "runs.py"
    text = runs.read_text("utf-8")
    assert FIRST_LINE in text
    runs.write_text(text.replace(FIRST_LINE, FIRST_LINE + LOGGED), "utf-8")
    return root
