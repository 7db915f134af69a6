"""A server on loopback that speaks OpenAI's chat completions and behaves as a test asks it to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import serving

Data = dict[str, Any]
MODEL = "judge-model-2026-01-01"


@dataclass(frozen=True)
class Act:
    """One response; the body is sent after `seconds`, meanwhile a blank line each `blanks`."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    blanks: float = 0.0
    content_type: str = "application/json"


Script = Callable[[Data, int], Act]


def say(content: str | None, finish_reason: str = "stop", refusal: str | None = None) -> Act:
    """Return a completion as the API documents it."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
    completion = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1760000000,
        "model": MODEL,
        "choices": [choice],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    return Act(body=json.dumps(completion).encode())


def fail(status: int, message: str = "no", code: str | None = None, **headers: str) -> Act:
    """Return an error as the API documents it."""
    error = {"message": message, "type": "error", "param": None, "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Act(status, json.dumps({"error": error}).encode(), named)


def data_of(request: Data) -> Data:
    """Return the quoted data of a judge's request, read as its frame says."""
    return json.loads(request["messages"][1]["content"].split("\n")[1])


def verdicts(*rows: tuple[int, bool, str]) -> str:
    """Return a verdict as the judge is asked to write it."""
    return json.dumps(
        {"verdicts": [{"point": n, "covered": covered, "quote": q} for n, covered, q in rows]},
        ensure_ascii=False,
    )


def honest(request: Data, number: int) -> Act:
    """Find each point literally in the answer and quote it."""
    data = data_of(request)
    found = [(p["point"], p["text"] in data["answer"], p["text"]) for p in data["points"]]
    return say(verdicts(*((n, yes, text if yes else "") for n, yes, text in found)))


class ChatServer:
    """What a running server was asked, and how many requests it had at once at most."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[Data] = []
        self.headers: list[dict[str, str]] = []
        self.most_at_once = 0
        self.url = ""
        self._now = 0
        self._lock = threading.Lock()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            yield
        finally:
            with self._lock:
                self._now -= 1

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        request = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        with self._lock:
            number = len(self.requests)
            self.requests.append({**request, "path": handler.path})
            self.headers.append({name.lower(): value for name, value in handler.headers.items()})
        with self._turn():
            act = self.script(request, number)
            if not act.blanks:
                time.sleep(act.seconds)
            handler.send_response(act.status)
            handler.send_header("Content-Type", act.content_type)
            for name, value in act.headers.items():
                handler.send_header(name, value)
            handler.end_headers()
            until = time.monotonic() + act.seconds
            while act.blanks and time.monotonic() < until:
                handler.wfile.write(b"\n")
                handler.wfile.flush()
                time.sleep(act.blanks)
        handler.wfile.write(act.body)


@contextmanager
def chat_server(script: Script) -> Iterator[ChatServer]:
    """Run a server; its `script` is given each request and its number, from 0."""
    chat = ChatServer(script)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                chat._answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    with serving(Handler) as address:
        chat.url = f"{address}/v1"
        yield chat
