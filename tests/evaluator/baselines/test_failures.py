"""What goes wrong over real HTTP, with every provider, whole and streamed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest

from evaluator.baselines.declaration import ProviderName
from evaluator.baselines.providers import PROVIDERS
from evaluator.baselines.reply import Denied, ProviderError, Temporary, Unfit
from tests.chat_server import Act, fail
from tests.evaluator.baselines.asked import KEY, WIRE, declared, failure
from tests.provider_server import (
    ProviderServer,
    Stream,
    chunks,
    message_stream,
    provider_server,
)

EACH = pytest.mark.parametrize("provider", WIRE)
STREAM = pytest.mark.parametrize("stream", [False, True])
WORDS = f"server's words: {KEY}"


def broken(provider: str, **how: float | bool) -> Stream:
    """Return a stream in the provider's format that stops amid its text."""
    text = {"type": "text", "text": ""}, ({"type": "text_delta", "text": "Hello!"},)
    hello = chunks({"content": "Hel"}, {"content": "lo!"}, {"content": "?"})
    whole = message_stream(text) if provider == "anthropic" else hello
    return replace(whole, parts=whole.parts[:4], **how)


@EACH
@STREAM
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Unfit),
        (401, Denied),
        (402, Denied),
        (403, Denied),
        (404, Denied),
        (408, Temporary),
        (409, Temporary),
        (413, Unfit),
        (422, Unfit),
        (424, Temporary),
        (429, Temporary),
        (500, Temporary),
        (503, Temporary),
        (529, Temporary),
    ],
)
def test_statuses(
    server: ProviderServer, provider: str, stream: bool, status: int, kind: type[ProviderError]
) -> None:
    server.act = fail(status, WORDS, location=f"{server.url}/other")
    error = failure(declared(server, provider, stream=stream))

    assert type(error) is kind
    assert f"HTTP status {status}" in str(error)
    # Trying again is the harness's.
    assert len(server.requests) == 1


@EACH
@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_is_not_followed(server: ProviderServer, provider: str, status: int) -> None:
    """It would be to ask somewhere else."""
    server.act = fail(status, WORDS, location=f"{server.url}/other")
    error = failure(declared(server, provider))

    assert type(error) is Denied
    assert "redirects to another address" in str(error)
    assert len(server.requests) == 1


@EACH
@pytest.mark.parametrize(
    "body", [b"", b"<html>\xff", b"[]", b"[1]", b"7", b"null", b'"error"', b'{"errors": [1]}']
)
def test_an_error_of_any_shape_is_told_by_its_status(
    server: ProviderServer, provider: str, body: bytes
) -> None:
    server.act = Act(400, body)

    assert type(failure(declared(server, provider))) is Unfit


@EACH
@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_says_when_to_come_back(
    server: ProviderServer, provider: str, status: int
) -> None:
    server.act = fail(status, retry_after="7")
    error = failure(declared(server, provider))
    assert isinstance(error, Temporary)
    assert error.retry_after == 7.0

    in_a_minute = datetime.now(UTC) + timedelta(seconds=60)
    server.act = fail(status, retry_after=format_datetime(in_a_minute, usegmt=True))
    error = failure(declared(server, provider))
    assert isinstance(error, Temporary)
    assert error.retry_after is not None
    assert 50 < error.retry_after <= 60


@EACH
@STREAM
def test_a_slow_server_is_not_waited_for(
    server: ProviderServer, provider: str, stream: bool
) -> None:
    server.act = Act(seconds=20)
    started = time.monotonic()
    error = failure(declared(server, provider, stream=stream, pace={"timeout_seconds": 0.5}))

    assert time.monotonic() - started < 5
    assert type(error) is Temporary
    assert str(error) == "The provider gave no whole answer within 0.5 s."


@EACH
def test_a_stream_that_stalls_is_not_waited_for(server: ProviderServer, provider: str) -> None:
    server.act = broken(provider, pause=20.0)
    started = time.monotonic()
    error = failure(declared(server, provider, stream=True, pace={"timeout_seconds": 1}))

    assert time.monotonic() - started < 5
    assert type(error) is Temporary
    assert str(error) == "The provider gave no whole answer within 1 s."


@EACH
def test_a_stream_that_is_cut_off_is_no_answer(server: ProviderServer, provider: str) -> None:
    server.act = broken(provider, cut=True)
    error = failure(declared(server, provider, stream=True))

    assert type(error) is Temporary
    assert str(error) == "The provider cannot be reached, or broke off the connection."


@EACH
def test_a_stream_that_ends_early_is_no_answer(server: ProviderServer, provider: str) -> None:
    server.act = broken(provider)
    error = failure(declared(server, provider, stream=True))

    assert type(error) is Temporary
    assert str(error) == "The provider's answer broke off before its end."


@EACH
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>server's words</html>",
        b"\xff\xfe{}",
        b"[]",
        b"[[]]",
        b"7",
        b"null",
        b'{"error": "server\'s words"}',
        b'{"choices": [], "content": null}',
        b'{"choices": [7], "content": [7]}',
        b'{"choices": {}, "content": {}}',
        b'{"choices": [{"index": 0, "message": {"content": 7}}], "content": "text"}',
    ],
)
def test_a_whole_answer_of_another_shape(
    server: ProviderServer, provider: str, body: bytes
) -> None:
    server.act = Act(body=body, headers={"Content-Length": str(len(body))})
    error = failure(declared(server, provider))

    assert type(error) is Temporary
    assert str(error) == "The provider's answer is not in the format of its interface."


@EACH
@pytest.mark.parametrize("data", ["{", "[]", "[7]", "7", '{"choices": 7, "message": 7}', "\xff"])
def test_a_stream_of_another_shape(server: ProviderServer, provider: str, data: str) -> None:
    event = f"event: message_start\ndata: {data}\n\n".encode("latin-1")
    server.act = Stream(parts=(event, b"data: [DONE]\n\n"))

    assert type(failure(declared(server, provider, stream=True))) is Temporary


@EACH
@STREAM
def test_a_body_shorter_than_announced(server: ProviderServer, provider: str, stream: bool) -> None:
    server.act = Act(body=b"{}", headers={"Content-Length": "100"})
    error = failure(declared(server, provider, stream=stream))

    assert str(error) == "The provider cannot be reached, or broke off the connection."


@pytest.fixture
def gone() -> Iterator[str]:
    """The address of a server that has stopped."""
    with provider_server(Act()) as server:
        url = server.url
    yield url


@EACH
def test_a_server_that_is_not_there(gone: str, provider: str) -> None:
    error = failure(declared(gone, provider))

    assert type(error) is Temporary
    assert str(error) == "The provider cannot be reached, or broke off the connection."


class Deaf(httpx2.AsyncBaseTransport):
    """A way to a server that takes no connection."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectTimeout("not in time")


@EACH
def test_a_server_that_takes_no_connection_is_not_one_that_is_slow(provider: ProviderName) -> None:
    opened = PROVIDERS[provider](declared("http://127.0.0.1:9", provider), KEY, Deaf())

    with pytest.raises(Temporary, match="cannot be reached"):
        asyncio.run(opened.ask(()))


@EACH
@STREAM
def test_the_key_is_written_nowhere(
    server: ProviderServer,
    provider: str,
    stream: bool,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name in (None, "openai", "anthropic", "httpx2", "huggingface_hub"):
        caplog.set_level("DEBUG", logger=name)
    error = {"type": "error", "error": {"message": WORDS, "type": "authentication_error"}}
    headers = {"X-Error-Message": "server's words", "X-HF-Warning": "topic; server's words"}
    server.act = Act(401, json.dumps(error).encode(), headers)
    failure(declared(server, provider, stream=stream))

    assert KEY in server.request.headers["authorization"]
    assert KEY not in caplog.text + "".join(capfd.readouterr())
