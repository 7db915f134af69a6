"""A track that asks for a judge: its grades stand apart, and its absence is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluator.challenge import Challenge, load_challenge
from evaluator.judge import Judge
from evaluator.predictions import Predictions
from evaluator.results import Result
from evaluator.scoring import Scorer
from evaluator.settings import JudgeSettings
from tests.chat_server import ChatServer, chat_server, fail, honest
from tests.folders import mini_challenge, question, reference, write_lines

OPEN = """\
  - id: knowledge
    title: {zh: 知识, en: Knowledge}
    datasets:
      - id: Open
        title: {zh: 问答, en: Open questions}
        metric: {name: macro_recall}
        card: {zh: 回答。, en: Answer.}
judge: true
"""
ANSWERS = Predictions(
    {
        "Choice": {"1": ("<A>", "<B>"), "2": ("<A>", "<B>")},
        "Report": {"1": ("患者发热三天",), "2": (None,)},
        "Open": {"1": ("注意补液。",), "2": ("",)},
    }
)


@pytest.fixture
def challenge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Challenge:
    """The mini challenge with two open questions, judged."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    folder = mini_challenge(tmp_path / "challenge")
    with (folder / "tracks" / "mini.yaml").open("a", encoding="utf-8") as file:
        file.write(OPEN)
    references = [
        {**reference(n, "Open", "补液，退热。"), "point": ["补液", "退热"]} for n in (1, 2)
    ]
    write_lines(folder / "mini" / "Open" / "questions.jsonl", [question(n, "Open") for n in (1, 2)])
    write_lines(folder / "mini" / "Open" / "references.jsonl", references)
    return load_challenge(folder)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A judge that grades honestly."""
    with chat_server(honest) as running:
        yield running


def scored(challenge: Challenge, judge: Judge | None) -> tuple[Result, list[tuple[int, int]]]:
    """Score the answers; return the result and the progress that was told."""
    told: list[tuple[int, int]] = []
    track = challenge.track("mini")
    scorer = Scorer(challenge, track, track.phase("dev"), judge)
    found = scorer.score(ANSWERS, lambda done, total: told.append((done, total)))
    return found.result, told


def test_grades_stand_apart(challenge: Challenge, server: ChatServer) -> None:
    judge = Judge(JudgeSettings(server.url, "asked-model", retries=0))

    found, told = scored(challenge, judge)
    alone, _ = scored(challenge, None)

    # One of two points covered, one item unanswered: (1/2 + 0) / 2, and the empty one was not sent.
    judged = found.judge["Open"]
    assert (judged.state, judged.value, judged.share, judged.items) == ("judged", 0.25, 1.0, 2)
    assert judged.signature == judge.signature
    assert len(server.requests) == 1
    assert set(found.judge) == {"Open"}
    assert found.overall == alone.overall
    assert told[-1] == (6, 6)


def test_a_judge_that_fails_gives_no_zero(challenge: Challenge, server: ChatServer) -> None:
    server.script = lambda request, number: fail(500)

    judged = scored(challenge, Judge(JudgeSettings(server.url, "m", retries=0)))[0].judge["Open"]

    # The empty answer is a certain 0; the other has no grade.
    assert (judged.state, judged.share, judged.value) == ("partly_judged", 0.5, 0.0)
    assert judged.at_least == 0.0


def test_no_judge_is_said(challenge: Challenge) -> None:
    judged = scored(challenge, None)[0].judge["Open"]

    assert (judged.state, judged.value, judged.at_least) == ("not_configured", None, None)


def test_a_track_that_does_not_ask_is_not_judged(challenge: Challenge, server: ChatServer) -> None:
    track = challenge.track("mini").model_copy(update={"judge": False})
    judge = Judge(JudgeSettings(server.url, "m"))

    found = Scorer(challenge, track, track.phase("dev"), judge).score(ANSWERS).result

    assert found.judge == {}
    assert server.requests == []


def test_another_model_is_another_opinion(challenge: Challenge, server: ChatServer) -> None:
    track = challenge.track("mini")
    first, second = (
        Scorer(challenge, track, track.phase("dev"), Judge(JudgeSettings(server.url, model)))
        for model in ("one", "two")
    )

    assert first.rows_signature("Open/judge") != second.rows_signature("Open/judge")
    assert first.rows_signature("Open") == second.rows_signature("Open")
    assert [chunk.part for chunk in first.plan()] == ["Choice", "Report", "Open", "Open/judge"]
