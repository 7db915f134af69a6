"""Questions of a small challenge, put to a server of a test by the harness as commands do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evaluator.baselines.asking import Sheet, ask
from evaluator.baselines.declaration import Model
from evaluator.baselines.journal import Answer, Journal
from evaluator.baselines.prompt import Asking
from evaluator.baselines.run import Run, open_run
from evaluator.challenge import load_challenge
from tests.chat_server import ChatServer
from tests.evaluator.baselines.asked import declared
from tests.folders import mini_challenge, question, reference, write_lines

AT = "2026-02-03T04:05:06Z"
# A dollar for ten tokens of answer, nothing for the question.
PRICE = {"input": 0, "output": 100_000, "source": "list", "date": "2026-01-01"}


def model_at(server: ChatServer | None = None, **changes: Any) -> Model:
    """Return a model behind a server of OpenAI's format that wants no key."""
    url = server.url.removesuffix("/v1") if server else "http://127.0.0.1:9"
    pace = {"timeout_seconds": 20, "tries": 2, **changes.pop("pace", {})}
    return declared(url, key=None, pace=pace, **changes)


def mini_run(folder: Path, model: Model, phase: str = "dev") -> Run:
    """Return the run of a model over the mini challenge of a folder, made where it is missing."""
    if not (folder / "challenge").exists():
        mini_challenge(folder / "challenge")
    challenge = load_challenge(folder / "challenge")
    track = challenge.track("mini")
    return open_run(challenge, track, track.phase(phase), model, folder / "data")


def write_reports(challenge: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Let the open questions of the mini challenge be these."""
    write_lines(challenge / "mini" / "Report" / "questions.jsonl", lines)
    numbers = [line["other"]["id"] for line in lines]
    references = [reference(number, "Report", "患者发热三天") for number in numbers]
    write_lines(challenge / "mini" / "Report" / "references.jsonl", references)


def answer(item: str = "1", said: str | None = "A", **changes: Any) -> Answer:
    """Return an answer to an open question."""
    given = {"dataset": "Report", "item": item, "number": 0, "state": "answered", "at": AT}
    return Answer.model_validate({**given, "answer": said, **changes})


def append_all(file: Path, answers: Iterable[Answer]) -> None:
    """Append answers to a journal, one after the other."""

    async def appending(journal: Journal) -> None:
        for one in answers:
            await journal.append(one)

    with Journal(file) as journal:
        asyncio.run(appending(journal))


def on_disk(file: Path) -> list[Answer]:
    """Return what a journal's lines say, read without it."""
    return [Answer.model_validate_json(line) for line in file.read_text("utf-8").splitlines()]


class Desk(NamedTuple):
    """A run, and those of its questions that are asked."""

    run: Run
    questions: Sequence[Asking]

    def ask(self, max_cost: float | None = None) -> None:
        """Have the questions answered."""
        with Journal(self.run.journal) as journal:
            ask(self.run.model, [Sheet(journal, lambda: self.questions)], max_cost=max_cost)

    @property
    def answers(self) -> list[Answer]:
        """Return every line of the journal."""
        return on_disk(self.run.journal)

    @property
    def by_item(self) -> dict[str, Answer]:
        """Return the answers by item, each of which has one."""
        found = {one.item: one for one in self.answers}
        assert len(found) == len(self.answers)
        return found


def desk(folder: Path, model: Model, count: int) -> Desk:
    """Return a desk with so many open questions: 问题1, 问题2, …"""
    mini_challenge(folder / "challenge")
    write_reports(folder / "challenge", [question(n, "Report") for n in range(1, count + 1)])
    run = mini_run(folder, model)
    return Desk(run, [one for one in run.questions() if one.key.dataset == "Report"])


def item_of(request: dict[str, Any]) -> str:
    """Return which open question a request asks."""
    return str(request["messages"][-1]["content"]).removeprefix("问题")
