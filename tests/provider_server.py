"""A server on loopback that answers as providers of models document it, whole or as a stream."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple

from tests.chat_server import Act
from tests.loopback import serving

Data = dict[str, Any]
MODEL = "asked-model-2026-01-01"
USAGE = {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29}


@dataclass(frozen=True)
class Stream(Act):
    """A body sent in parts; it pauses before the last, or leaves the last out and hangs up."""

    parts: tuple[bytes, ...] = ()
    pause: float = 0.0
    cut: bool = False
    content_type: str = "text/event-stream"


class Request(NamedTuple):
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Data:
        """Return the body, read as JSON."""
        return json.loads(self.body)


def completion(
    content: str | None = "Hello!", finish: str | None = "stop", **message: str | None
) -> Act:
    """Return a completion as OpenAI documents it."""
    said = {"role": "assistant", "content": content, "refusal": None, **message}
    choice = {"index": 0, "message": said, "logprobs": None, "finish_reason": finish}
    whole = {**_head("chat.completion"), "choices": [choice], "usage": USAGE}
    return Act(body=json.dumps(whole).encode())


def chunks(*deltas: Data, finish: str | None = "stop", **how: Any) -> Stream:
    """Return a completion in chunks as OpenAI documents it, with the usage asked for."""
    head = _head("chat.completion.chunk")
    rows = [({"role": "assistant", "content": ""}, None), *((delta, None) for delta in deltas)]
    if finish:
        rows.append(({}, finish))
    choices = [
        {"index": 0, "delta": delta, "logprobs": None, "finish_reason": end} for delta, end in rows
    ]
    events = [{**head, "choices": [choice], "usage": None} for choice in choices]
    return data_stream(*events, {**head, "choices": [], "usage": USAGE}, **how)


def data_stream(*events: Data, **how: Any) -> Stream:
    """Return events of one kind, then the word that ends them."""
    lines = [f"data: {json.dumps(event)}\n\n".encode() for event in events]
    return Stream(parts=(*lines, b"data: [DONE]\n\n"), **how)


def _head(kind: str) -> Data:
    return {
        "id": "chatcmpl-B9MBs8",
        "object": kind,
        "created": 1741569952,
        "model": MODEL,
        "system_fingerprint": "fp_44709d6fcb",
    }


def message(*blocks: Data, stop: str | None = "end_turn", **usage: int) -> Act:
    """Return a message as Anthropic documents it."""
    whole = {
        **_message_head(),
        "content": list(blocks),
        "stop_reason": stop,
        "usage": {"input_tokens": 25, "output_tokens": 15, **usage},
    }
    return Act(body=json.dumps(whole).encode(), headers={"request-id": "req_018EeWyX"})


def message_stream(*blocks: tuple[Data, tuple[Data, ...]], **how: Any) -> Stream:
    """Return a message's events as Anthropic documents them; each block with its deltas.

    `stop` is the reason why it ends, None leaves the end out; `usage` is what the end tells.
    """
    stop, usage = how.pop("stop", "end_turn"), how.pop("usage", {"output_tokens": 15})
    events: list[Data] = [{"type": "message_start", "message": _message_head()}]
    for index, (block, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        # Documented as coming at any time.
        events.append({"type": "ping"})
        events += [
            {"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas
        ]
        events.append({"type": "content_block_stop", "index": index})
    if stop:
        end = {"stop_reason": stop, "stop_sequence": None}
        events.append({"type": "message_delta", "delta": end, "usage": usage})
        events.append({"type": "message_stop"})
    return named_stream(*events, **how)


def named_stream(*events: Data, **how: Any) -> Stream:
    """Return events that begin with their name."""
    lines = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]
    return Stream(parts=tuple(lines), headers={"request-id": "req_018EeWyX"}, **how)


def _message_head() -> Data:
    return {
        "id": "msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": MODEL,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 25, "output_tokens": 1},
    }


class ProviderServer:
    """What a running server was asked; it answers every request with `act`."""

    def __init__(self, act: Act) -> None:
        self.act = act
        self.requests: list[Request] = []
        self.url = ""
        self.stopped = threading.Event()

    @property
    def request(self) -> Request:
        """Return the only request."""
        (request,) = self.requests
        return request

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        headers = {name.lower(): value for name, value in handler.headers.items()}
        body = handler.rfile.read(int(headers.get("content-length", 0)))
        self.requests.append(Request(handler.path, headers, body))
        act = self.act
        self.stopped.wait(act.seconds)
        handler.send_response(act.status)
        handler.send_header("Content-Type", act.content_type)
        for name, value in act.headers.items():
            handler.send_header(name, value)
        if isinstance(act, Stream):
            self._stream(handler, act)
            return
        if "Content-Length" not in act.headers:
            handler.send_header("Content-Length", str(len(act.body)))
        handler.end_headers()
        handler.wfile.write(act.body)
        handler.close_connection = "Content-Length" in act.headers

    def _stream(self, handler: BaseHTTPRequestHandler, act: Stream) -> None:
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for part in act.parts[:-1]:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            handler.wfile.flush()
        handler.close_connection = act.cut
        if not act.cut:
            self.stopped.wait(act.pause)
            part = act.parts[-1]
            handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(part), part))


@contextmanager
def provider_server(act: Act) -> Iterator[ProviderServer]:
    """Run a server that answers every request, to whichever path, in the same way."""
    provider = ProviderServer(act)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            # A client may go at any time, also between two requests.
            with suppress(BrokenPipeError, ConnectionResetError):
                super().handle()

        def do_POST(self) -> None:
            provider.answer(self)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *args: object) -> None:
            pass

    with serving(Handler) as address:
        provider.url = address
        yield provider
        provider.stopped.set()
