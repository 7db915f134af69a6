"""Entries that ship with a challenge: what their declaration says of a model is kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluator.challenge import load_challenge
from evaluator.durable import Queue
from evaluator.entry import Entry
from evaluator.recorded import submit_recorded
from evaluator.schema import open_database
from evaluator.settings import Limits
from evaluator.store import Store
from tests.folders import mini_answers, mini_challenge, write_lines

ENTRY = """\
track: mini
phase: dev
model: Recorded
organisation: Hospital
access: open
predictions: answers.jsonl
"""


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    """A queue on the database of the test."""
    opened = Queue(open_database(address(tmp_path)))
    yield opened
    opened.close()


def address(folder: Path) -> str:
    """Return where the database of a test lies."""
    return f"sqlite:///{folder / 's.sqlite'}"


def submitted(folder: Path, queue: Queue, line: str) -> list[Entry]:
    """Submit a recorded entry with one more line in its declaration; return what is kept."""
    challenge = mini_challenge(folder / "challenge")
    write_lines(challenge / "entries" / "answers.jsonl", mini_answers())
    (challenge / "entries" / "recorded.yaml").write_text(ENTRY + line, "utf-8")
    store = Store(open_database(address(folder)))
    keys = submit_recorded(load_challenge(challenge), store, queue, Limits())
    entries = [store.record(key).submission.entry for key in keys]
    assert all(entry.pseudonym == "" for entry in entries)
    return entries


@pytest.mark.parametrize(
    ("line", "released"),
    [
        ("", ""),
        # YAML reads this one as a date.
        ("released: 2024-05-13", "2024-05-13"),
        ("released: '2024-05-13'", "2024-05-13"),
        ("released: 2024-05", "2024-05"),
    ],
)
def test_when_a_model_came_out_is_declared(
    tmp_path: Path, queue: Queue, line: str, released: str
) -> None:
    [entry] = submitted(tmp_path, queue, line)
    assert entry.released == released


@pytest.mark.parametrize(
    ("line", "repository"),
    [
        ("", ""),
        ("repository: lab/My-model", "lab/My-model"),
        ("repository: https://huggingface.co/lab/My-model", "lab/My-model"),
    ],
)
def test_the_repository_of_a_model_is_declared(
    tmp_path: Path, queue: Queue, line: str, repository: str
) -> None:
    [entry] = submitted(tmp_path, queue, line)
    assert entry.repository == repository


@pytest.mark.parametrize(
    "line",
    [
        *("released: 2024", "released: May 2024", "released: 2999-01-01", "released: [2024]"),
        *("repository: My-model", "repository: [lab]"),
    ],
)
def test_what_cannot_be_entered_is_logged(
    tmp_path: Path, queue: Queue, caplog: pytest.LogCaptureFixture, line: str
) -> None:
    with caplog.at_level(logging.ERROR):
        assert submitted(tmp_path, queue, line) == []
    assert "recorded.yaml was not submitted" in caplog.text
