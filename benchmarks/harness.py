"""Time the baseline harness against a server that answers every request in 200 ms.

    python -m benchmarks.harness

32 requests at once, 1,000 and 4,000 questions, so at best questions / 32 x 0.2 s. The harness reads
each question, asks through the openai client, writes the answer and has it on disk before it counts
it. The peer is what one would write first: the same client, a semaphore of 32, gather, and every
answer in a list. Server and askers are processes of their own on loopback. `over_best` is the time
divided by the best possible; `grown_mb` is by how much memory grew from the first tenth of the
answers to the last. Prints JSON lines, for about a minute.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

QUESTIONS = (1_000, 4_000)
SLOTS = 32
ANSWER_SECONDS = 0.2
ALLOWED = 1.15
START_SECONDS = 30.0
TRACK = """\
id: made-up
title: {zh: 虚构, en: Made up}
summary: {zh: 虚构。, en: Made up.}
phases: [{id: dev, title: {zh: 开发, en: Development}, references: open}]
dimensions:
  - id: all
    title: {zh: 全部, en: All}
    datasets:
      - {id: Asked, title: {zh: 问, en: Asked}, metric: {name: rouge_l}, card: {zh: 问, en: Ask}}
"""


def serve(port: int) -> None:
    """Answer every request after 200 ms, until ended."""
    import uvicorn
    from fastapi import FastAPI

    app = FastAPI()
    choice = {"index": 0, "message": {"role": "assistant", "content": "肺炎。" * 20}}
    completion = {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "made-up",
        "choices": [{**choice, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 60, "total_tokens": 160},
    }

    @app.post("/v1/chat/completions")
    async def complete() -> dict[str, Any]:
        await asyncio.sleep(ANSWER_SECONDS)
        return completion

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")


def write_challenge(folder: Path, questions: int) -> None:
    """Write a challenge of so many questions."""
    items = folder / "made-up" / "Asked"
    items.mkdir(parents=True)
    (folder / "tracks").mkdir()
    (folder / "tracks" / "made-up.yaml").write_text(TRACK, "utf-8")
    for name, answer in (("questions", None), ("references", "肺炎")):
        lines = [
            {
                "question": f"第 {number} 例患者咳嗽、发热，可能是什么病？",
                "answer": answer,
                "other": {"id": number, "source": "Asked"},
            }
            for number in range(questions)
        ]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (items / f"{name}.jsonl").write_text(text, "utf-8")


def _model(port: int) -> Any:
    from evaluator.baselines.declaration import Model

    said = {"title": "M", "organisation": "O", "licence": "MIT", "source": "s", "access": "open"}
    return Model.model_validate(
        {
            **said,
            "name": "made-up",
            "provider": "openai",
            "model": "made-up",
            "base_url": f"http://127.0.0.1:{port}/v1",
            "stream": False,
            "pace": {"parallel": SLOTS},
        }
    )


class Meter:
    """Notes the memory of this process after every answer."""

    def __init__(self) -> None:
        self.megabytes: list[float] = []

    def __call__(self, *_: object) -> None:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        self.megabytes.append(pages * resource.getpagesize() / 1e6)

    def grown(self) -> float:
        """Return by how much it grew from the first tenth of the answers to the last."""
        return self.megabytes[-1] - self.megabytes[len(self.megabytes) // 10]


async def by_harness(folder: Path, port: int, meter: Meter) -> float:
    """Return the seconds that the harness takes."""
    from evaluator.baselines.budget import Budget
    from evaluator.baselines.harness import Harness
    from evaluator.baselines.journal import Journal
    from evaluator.baselines.providers import open_provider
    from evaluator.baselines.run import open_run
    from evaluator.challenge import load_challenge

    model, challenge = _model(port), load_challenge(folder)
    track = challenge.track("made-up")
    run = open_run(challenge, track, track.phase("dev"), model, folder / "data")
    provider = open_provider(model, os.environ)
    with Journal(run.journal) as journal:
        began = time.perf_counter()
        await Harness(model, provider, journal, Budget(model, None), meter).run(run.questions())
        seconds = time.perf_counter() - began
        assert journal.states["answered"] == len(meter.megabytes)
    await provider.close()
    return seconds


async def by_gather(folder: Path, port: int, meter: Meter) -> float:
    """Return the seconds that the client alone takes."""
    from openai import AsyncOpenAI

    lines = (folder / "made-up" / "Asked" / "questions.jsonl").read_text("utf-8").splitlines()
    turns = asyncio.Semaphore(SLOTS)
    url = f"http://127.0.0.1:{port}/v1"
    async with AsyncOpenAI(base_url=url, api_key="none") as client:

        async def ask(line: str) -> str:
            async with turns:
                question = json.loads(line)["question"]
                answer = await client.chat.completions.create(
                    model="made-up", messages=[{"role": "user", "content": question}]
                )
                meter()
                return answer.choices[0].message.content or ""

        began = time.perf_counter()
        found = await asyncio.gather(*map(ask, lines))
    assert len(found) == len(lines)
    return time.perf_counter() - began


def measure(who: str, folder: Path, port: int) -> None:
    """Print the line of one asker."""
    meter = Meter()
    asking = {"harness": by_harness, "openai client and gather": by_gather}[who]
    seconds = asyncio.run(asking(folder, port, meter))
    questions = len(meter.megabytes)
    best = questions / SLOTS * ANSWER_SECONDS
    line = {
        "who": who,
        "questions": questions,
        "seconds": round(seconds, 2),
        "over_best": round(seconds / best, 3),
        "grown_mb": round(meter.grown(), 1),
    }
    if who == "harness":
        line["met"] = seconds <= ALLOWED * best
    print(json.dumps(line), flush=True)


def main() -> None:
    """Start the server, and an asker after the other."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port = tried.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.harness"]
    server = subprocess.Popen([*command, "serve", str(port)])
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.1)
        for questions in QUESTIONS:
            for who in ("openai client and gather", "harness"):
                with tempfile.TemporaryDirectory() as place:
                    write_challenge(Path(place), questions)
                    subprocess.run([*command, who, place, str(port)], check=True)
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        measure(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
