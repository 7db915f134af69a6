"""The named endpoints, called by gradio_client as a participant's program would call them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file

from tests.folders import mini_answers, write_lines
from tests.site import ROOT, SAMPLES, SCORE_SECONDS, Site
from tests.small_sample import small_sample

SAMPLE = SAMPLES / "sample-a.zip"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENTRY = {"model": "M", "organisation": "H", "access": "open", "parameters": "", "token": ""}


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[Client]:
    """One connection for the whole module."""
    connected = Client(site.url, verbose=False)
    yield connected
    connected.close()


@pytest.fixture(scope="module")
def finished(site: Site) -> Any:
    """The sample, submitted and scored by the server."""
    return site.finished(site.submit(SAMPLE, model="Sent by a program")["id"])


@pytest.fixture(scope="module")
def scored(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same file scored by the command line."""
    # After the server, so that the two do not share the processors.
    done = subprocess.run(
        [sys.executable, "-m", "evaluator", "score", "main", str(SAMPLE), "--json"],
        cwd=ROOT,
        env={**os.environ, "CHALLENGE_DIR": str(small_sample())},
        capture_output=True,
        check=True,
        timeout=SCORE_SECONDS,
    )
    return json.loads(done.stdout)


@pytest.fixture
def idle(tmp_path: Path, mini: Path) -> Iterator[Site]:
    """A server of the small challenge, whose worker is dead for some seconds."""
    site = Site(tmp_path / "data", CHALLENGE_DIR=str(mini)).start()
    site.wait_for(lambda: "worker ready" in site.log.read_text(), 60, "the worker is not ready")
    site.kill_workers()
    yield site
    site.stop()


def test_the_server_finds_what_the_command_line_finds(finished: Any, scored: Any) -> None:
    # Every field, to the last digit.
    assert finished["result"] == scored
    assert finished["status"] == "finished"
    assert finished["message"] is None
    assert finished["items"] == finished["total"] == scored["overall"]["items"] > 0
    assert 0 < scored["overall"]["value"] < 1


def test_a_good_file_is_said_to_be_good(client: Client, finished: Any) -> None:
    answer = client.predict(
        file=handle_file(str(SAMPLE)),
        track="main",
        phase="dev",
        language="en",
        api_name="/validate",
    )
    assert answer == {"valid": True, "items": finished["total"], "skipped": 0, "notices": []}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("endpoint", ["/validate", "/submit"])
def test_a_refused_file_is_told_where_and_why_and_is_not_stored(
    client: Client, site: Site, tmp_path: Path, endpoint: str, language: str
) -> None:
    member = "MedBench/CMeEE_test.jsonl"
    file = tmp_path / "refused.zip"
    with zipfile.ZipFile(SAMPLE) as good, zipfile.ZipFile(file, "w") as bad:
        for name in good.namelist():
            lines = good.read(name).decode().splitlines()
            if name == member:
                lines[2] = json.dumps({**json.loads(lines[2]), "answer": 7})
            bad.writestr(name, "\n".join(lines))
    before = site.rows("SELECT count(*) FROM submissions")
    answer = client.predict(
        api_name=endpoint,
        file=handle_file(str(file)),
        track="main",
        phase="dev",
        language=language,
        **(ENTRY if endpoint == "/submit" else {}),
    )

    assert answer["accepted" if endpoint == "/submit" else "valid"] is False
    (problem,) = answer["problems"]
    sentence = problem.pop("message")
    assert problem == {"file": member, "field": "answer", "count": 1, "lines": [3], "found": ["7"]}
    assert ("must be a text in quotes" in sentence) == (language == "en")
    for told in (sentence, answer["message"]):
        assert bool(CHINESE.search(told)) == (language == "zh")
    assert site.rows("SELECT count(*) FROM submissions") == before


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("endpoint", "given", "named"),
    [
        ("/validate", {"track": "nowhere", "phase": "dev"}, ["nowhere", "main"]),
        ("/validate", {"track": "main", "phase": "never"}, ["never", "dev"]),
        ("/submit", {"track": "nowhere", "phase": "dev", **ENTRY}, ["nowhere", "main"]),
        ("/submit", {"track": "main", "phase": "never", **ENTRY}, ["never", "dev"]),
        ("/submit", {"track": "main", "phase": "dev", **ENTRY, "model": " "}, ["100"]),
        ("/submit", {"track": "main", "phase": "dev", **ENTRY, "access": "both"}, []),
        ("/status", {"submission_id": "0123456789abcdef"}, ["0123456789abcdef"]),
        ("/status", {"submission_id": ""}, []),
        # A program may send null.
        ("/status", {"submission_id": None}, []),
        ("/items", {"submission_id": None, "token": None}, []),
        ("/reveal", {"submission_id": None, "token": None}, []),
        ("/reveal", {"submission_id": "0123456789abcdef", "token": ""}, ["0123456789abcdef"]),
        ("/submit", {"track": "main", "phase": "dev", **ENTRY, "model": None}, ["100"]),
        ("/leaderboard", {"track": None, "phase": None}, ["main"]),
        ("/items", {"submission_id": "' OR 1=1 --", "token": ""}, ["' OR 1=1 --"]),
        ("/leaderboard", {"track": "nowhere", "phase": "dev"}, ["nowhere", "main"]),
        ("/leaderboard", {"track": "main", "phase": "../dev"}, ["../dev", "dev"]),
    ],
)
def test_what_does_not_exist_is_answered_with_a_sentence(
    client: Client,
    site: Site,
    endpoint: str,
    given: dict[str, str],
    named: list[str],
    language: str,
) -> None:
    before = site.rows("SELECT count(*) FROM submissions")
    file = {"file": handle_file(str(SAMPLE))} if endpoint in ("/validate", "/submit") else {}
    answer = client.predict(**file, **given, language=language, api_name=endpoint)
    for name in named:
        assert name in answer["message"]
    assert bool(CHINESE.search(answer["message"])) == (language == "zh")
    assert answer["problems"] == []
    assert "entries" not in answer
    assert "result" not in answer
    assert site.rows("SELECT count(*) FROM submissions") == before


def test_single_items_of_an_open_phase_add_up(client: Client, finished: Any) -> None:
    asked = {"submission_id": finished["id"], "token": "", "language": "en"}
    answer = client.predict(**asked, api_name="/items")
    datasets = finished["result"]["datasets"]
    assert {name: len(rows) for name, rows in answer["items"].items()} == {
        name: score["items"] for name, score in datasets.items()
    }
    reports = [row["values"]["rouge_l"] for row in answer["items"]["IMCS-V2-MRG"]]
    assert sum(reports) / len(reports) == pytest.approx(datasets["IMCS-V2-MRG"]["value"], abs=1e-12)
    choices = answer["items"]["MedSafety"]
    # Four copies of each choice item, with the letter that was read from each.
    assert all(row["extracted"] for row in choices)


def test_the_board_shows_what_is_finished(client: Client, finished: Any) -> None:
    answer = client.predict(track="main", phase="dev", language="en", api_name="/leaderboard")
    assert (answer["about"]["track"]["id"], answer["about"]["phase"]["id"]) == ("main", "dev")
    (entry,) = [row for row in answer["entries"] if row["submission"] == finished["id"]]
    result = finished["result"]
    assert entry["model"] == "Sent by a program"
    assert entry["organisation"] == "Test hospital"
    assert entry["provenance"] == "participant"
    assert entry["overall"] == result["overall"]["value"]
    assert [entry["overall/low"], entry["overall/high"]] == list(result["overall"]["interval"])
    for kind in ("dimension", "dataset"):
        for name, score in result[f"{kind}s"].items():
            assert entry[f"{kind}/{name}"] == score["value"]
    # The same file as a recorded entry of the repository: the same score, but it takes no rank.
    (recorded,) = [row for row in answer["entries"] if row["model"].startswith("Sample A")]
    assert (recorded["overall"], recorded["rank"]) == (entry["overall"], None)
    ranks = [row["rank"] for row in answer["entries"] if row["rank"] is not None]
    assert ranks == sorted(ranks)
    assert ranks[0] == 1


@pytest.mark.parametrize("written", ["2024", "yesterday", "2999-01-01"])
def test_a_day_of_release_that_is_none_is_refused(client: Client, written: str) -> None:
    given = {"track": "main", "phase": "dev", **ENTRY, "released": written, "language": "en"}
    answer = client.predict(file=handle_file(str(SAMPLE)), **given, api_name="/submit")

    assert answer["accepted"] is False
    assert "YYYY-MM-DD" in answer["message"]


def test_an_anonymous_model_is_named_by_its_team_only(tmp_path: Path, mini: Path) -> None:
    site = Site(tmp_path / "data", CHALLENGE_DIR=str(mini))
    file = write_lines(tmp_path / "answers.jsonl", mini_answers())
    ours, theirs = site.command("issue-token", "ours"), site.command("issue-token", "theirs")
    site.start()
    try:
        given = {"track": "mini", "organisation": "Secret clinic", "parameters": "13.5B"}
        sent = site.submit(
            file, "Secret model", token=ours, released="2024-05-13", anonymous=True, **given
        )
        key, code = sent["id"], sent["pseudonym"]
        assert re.fullmatch("[0-9a-f]{6}", code)
        again = site.submit(file, "Secret model", token=ours, anonymous=True, **given)
        assert again["pseudonym"] == code
        named = site.submit(file, "Secret model", token=ours, **given)
        assert "reveal it first" in named["message"]

        seen = [
            site.finished(key),
            site.call("/items", submission_id=key, token=theirs, language="en"),
            site.call("/leaderboard", track="mini", phase="dev", language="en"),
        ]
        assert seen[0]["status"] == "finished"
        assert seen[0]["pseudonym"] == code
        for secret in ("Secret", "13.5B", "2024-05", "ours"):
            assert secret not in json.dumps(seen)

        for token, sentence in (
            ("", "Enter the token"),
            (theirs, "Only the team that submitted it can reveal it."),
        ):
            answer = site.call("/reveal", submission_id=key, token=token, language="en")
            assert answer["revealed"] is False
            assert sentence in answer["message"]
        assert site.status(key)["pseudonym"] == code

        reveal = {"submission_id": key, "token": ours, "language": "en"}
        assert site.call("/reveal", **reveal) == {"revealed": True}
        assert site.status(key)["pseudonym"] == site.status(again["id"])["pseudonym"] == ""
        assert "under its name already" in site.call("/reveal", **reveal)["message"]
        kept = site.rows("SELECT DISTINCT model, released, pseudonym FROM submissions")
        assert kept == [("Secret model", "2024-05-13", ""), ("Secret model", "", "")]
    finally:
        site.stop()


def test_a_repository_and_sharing_are_kept_as_they_are_said(idle: Site, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "answers.jsonl", mini_answers())
    # As programs send it that know neither, and one that puts its no in quotes.
    older = ("M", "H", "open", "", "", "en")
    quoted = (*older, "", False, "", "false")
    sent = [
        idle.post_file("/submit", file, "mini", "dev", *older),
        idle.post_file("/submit", file, "mini", "dev", *quoted),
        idle.submit(file, track="mini", repository="lab/My-model", shared=True),
    ]
    assert [answer["shared"] for answer in sent] == [False, False, True]
    kept = idle.rows("SELECT id, repository, shared FROM submissions ORDER BY sequence")
    assert kept == [
        (answer["id"], repository, shared)
        for answer, repository, shared in zip(
            sent, ("", "", "lab/My-model"), (0, 0, 1), strict=True
        )
    ]
    assert idle.status(sent[2]["id"])["shared"] is True

    refused = idle.submit(file, track="mini", repository="My-model")
    assert refused["accepted"] is False
    assert "as OWNER/NAME" in refused["message"]
    assert len(idle.rows("SELECT id FROM submissions")) == 3


def test_the_position_counts_who_came_before(idle: Site, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "answers.jsonl", mini_answers())
    # As a program sends it that knows nothing of release and pseudonym.
    entry = ("M", "H", "open", "", "", "en")
    sent = [idle.post_file("/submit", file, "mini", "dev", *entry) for _number in range(3)]
    assert [(answer["status"], answer["position"]) for answer in sent] == [
        ("queued", 0),
        ("queued", 1),
        ("queued", 2),
    ]
    for answer in sent:
        ended = idle.finished(answer["id"])
        assert (ended["status"], ended["position"]) == ("finished", 0)
    times = idle.rows("SELECT submission FROM runs ORDER BY rowid")
    assert [key for (key,) in times] == [answer["id"] for answer in sent]
