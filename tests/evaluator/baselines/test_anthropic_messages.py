"""Anthropic's messages over real HTTP, through Anthropic's client."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from evaluator.baselines.reply import Denied, Outcome, Reply, Temporary, Turn, Unfit, Usage
from tests.chat_server import Act
from tests.evaluator.baselines.asked import KEY, PIXEL, SEEN, ask, declared, failure
from tests.provider_server import (
    MODEL,
    Data,
    ProviderServer,
    Stream,
    message,
    message_stream,
    named_stream,
)

HELLO = Reply(
    text="Hello!",
    thinking="",
    outcome="answered",
    model=MODEL,
    usage=Usage(25, 15),
    request="req_018EeWyX",
    finish="end_turn",
)
STREAM = pytest.mark.parametrize("stream", [False, True])


@pytest.fixture
def server(server: ProviderServer) -> ProviderServer:
    """A server that says hello as Anthropic does."""
    server.act = message(text("Hello!"))
    return server


def text(said: str) -> Data:
    """Return a block of text."""
    return {"type": "text", "text": said}


def texts(*said: str) -> tuple[Data, tuple[Data, ...]]:
    """Return a block of text with its deltas."""
    return text(""), tuple({"type": "text_delta", "text": part} for part in said)


def thoughts(*said: str) -> tuple[Data, tuple[Data, ...]]:
    """Return a block of thinking with its deltas, of which the last is its signature."""
    deltas = tuple({"type": "thinking_delta", "thinking": part} for part in said)
    signature = {"type": "signature_delta", "signature": "EqQBCgIYAhIM1gbcDa9GJwZA2b3h"}
    return {"type": "thinking", "thinking": "", "signature": ""}, (*deltas, signature)


def test_a_whole_answer(server: ProviderServer) -> None:
    assert ask(declared(server, "anthropic")) == HELLO


def test_a_streamed_answer_is_the_same(server: ProviderServer) -> None:
    server.act = message_stream(texts("Hel", "lo", "!"))

    assert ask(declared(server, "anthropic", stream=True)) == HELLO


@STREAM
def test_the_request_is_what_the_interface_documents(server: ProviderServer, stream: bool) -> None:
    server.act = message_stream(texts("A")) if stream else message(text("A"))
    turns = (
        Turn("system", "Answer briefly."),
        Turn("user", "1+1"),
        Turn("assistant", "2"),
        Turn("user", "1+2"),
    )
    ask(declared(server, "anthropic", stream=stream), turns)

    asked = server.request.data
    assert server.request.path == "/v1/messages"
    assert server.request.headers["anthropic-version"] == "2023-06-01"
    assert KEY in server.request.headers["authorization"]
    assert asked.pop("stream", False) is stream
    # There is no seed.
    assert asked == {
        "model": "asked-model",
        "max_tokens": 4096,
        "temperature": 0.0,
        "system": "Answer briefly.",
        "messages": [
            {"role": "user", "content": "1+1"},
            {"role": "assistant", "content": "2"},
            {"role": "user", "content": "1+2"},
        ],
    }


def test_without_a_system_turn_there_is_no_system(server: ProviderServer) -> None:
    ask(declared(server, "anthropic"), (Turn("system", ""), Turn("user", "Hi?")))

    assert "system" not in server.request.data


@pytest.mark.parametrize(
    ("decoding", "sent"),
    [
        ({"temperature": None}, {}),
        ({"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5, "top_p": 0.9}),
        (
            {
                "temperature": None,
                "extra": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
            },
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        ),
        (
            {"temperature": None, "extra": {"thinking": {"type": "adaptive"}}},
            {"thinking": {"type": "adaptive"}},
        ),
        ({"extra": {"top_k": 5}}, {"temperature": 0.0, "top_k": 5}),
    ],
)
def test_a_parameter_that_is_none_is_left_out(
    server: ProviderServer, decoding: dict[str, Any], sent: dict[str, Any]
) -> None:
    # So many without a stream the client would refuse, were its time-out its own.
    ask(declared(server, "anthropic", decoding={"max_tokens": 64_000, **decoding}))

    asked = server.request.data
    assert asked.pop("max_tokens") == 64_000
    named = {"model", "messages", "system", "stream"}
    assert {name: asked[name] for name in asked if name not in named} == sent


@pytest.mark.parametrize(
    ("decoding", "version"),
    [
        ({"temperature": None}, "2026-10-21"),
        ({"temperature": None, "extra": {"output_config": {"effort": "low"}}}, "2026-10-21"),
        ({"temperature": None, "extra": {"thinking": {"type": "adaptive"}}}, "2026-10-21"),
        # Refused by later versions, whatever their value.
        ({"temperature": 1.0}, "2023-06-01"),
        ({"temperature": None, "top_p": 0.9}, "2023-06-01"),
        ({"temperature": None, "extra": {"top_k": 5}}, "2023-06-01"),
    ],
)
def test_a_version_that_takes_the_parameters_is_asked_for(
    server: ProviderServer, decoding: dict[str, Any], version: str
) -> None:
    ask(declared(server, "anthropic", decoding=decoding))

    assert server.request.headers["anthropic-version"] == version


def test_pictures_arrive_byte_for_byte(server: ProviderServer) -> None:
    ask(declared(server, "anthropic"), SEEN)

    (turn,) = server.request.data["messages"]
    png, jpeg, question = turn["content"]
    assert (png["type"], png["source"]["type"], png["source"]["media_type"]) == (
        *("image", "base64", "image/png"),
    )
    assert base64.b64decode(png["source"]["data"]) == PIXEL.content == bytes(range(256))
    source = {"type": "base64", "media_type": "image/jpeg", "data": "/9gA"}
    assert jpeg == {"type": "image", "source": source}
    assert question == {"type": "text", "text": "What is this?"}


@STREAM
def test_thinking_comes_apart_and_encrypted_thinking_is_noted(
    server: ProviderServer, stream: bool
) -> None:
    hidden = {"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix"}
    thought = {"type": "thinking", "thinking": "6 × 7", "signature": "EqQB"}
    whole = message(thought, hidden, text("4"), text("2"))
    streamed = message_stream(thoughts("6 ×", " 7"), (hidden, ()), texts("4"), texts("2"))
    server.act = streamed if stream else whole
    reply = ask(declared(server, "anthropic", stream=stream))

    assert (reply.text, reply.thinking) == ("42", "6 × 7[redacted]")


@STREAM
@pytest.mark.parametrize(
    ("stop", "outcome"),
    [
        ("end_turn", "answered"),
        ("stop_sequence", "answered"),
        ("max_tokens", "cut_off"),
        ("model_context_window_exceeded", "cut_off"),
        ("refusal", "refused"),
    ],
)
def test_how_an_answer_ended(
    server: ProviderServer, stream: bool, stop: str, outcome: Outcome
) -> None:
    whole, streamed = message(text("An ans"), stop=stop), message_stream(texts("An ans"), stop=stop)
    server.act = streamed if stream else whole
    reply = ask(declared(server, "anthropic", stream=stream))

    assert (reply.text, reply.outcome, reply.finish) == ("An ans", outcome, stop)


def test_what_the_cache_holds_was_read_too(server: ProviderServer) -> None:
    cached = {"cache_creation_input_tokens": 100, "cache_read_input_tokens": 1000}
    server.act = message(text("A"), **cached)
    assert ask(declared(server, "anthropic")).usage == Usage(1125, 15)

    # The end of a stream tells totals: 30 were read, not 25 and 30.
    server.act = message_stream(
        texts("A"), usage={**cached, "input_tokens": 30, "output_tokens": 7}
    )
    assert ask(declared(server, "anthropic", stream=True)).usage == Usage(1130, 7)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("overloaded_error", Temporary),
        ("api_error", Temporary),
        ("rate_limit_error", Temporary),
        ("invalid_request_error", Unfit),
        ("request_too_large", Unfit),
        ("authentication_error", Denied),
        ("billing_error", Denied),
        # One that is made up later.
        ("unheard_of_error", Temporary),
    ],
)
def test_an_error_amid_a_stream(server: ProviderServer, name: str, kind: type[Exception]) -> None:
    error = {"type": "error", "error": {"type": name, "message": "server's words"}}
    begun = message_stream(texts("An ans"), stop=None).parts
    server.act = Stream(parts=(*begun, *named_stream(error).parts))

    assert type(failure(declared(server, "anthropic", stream=True))) is kind


@pytest.mark.parametrize("data", [b"{", b"7", b"[]", b'{"type": "error", "error": {"type": [7]}}'])
def test_an_error_amid_a_stream_of_any_shape(server: ProviderServer, data: bytes) -> None:
    server.act = Stream(parts=(b"event: error\ndata: " + data + b"\n\n",))

    assert type(failure(declared(server, "anthropic", stream=True))) is Temporary


def test_a_stream_without_its_beginning(server: ProviderServer) -> None:
    whole = message_stream(texts("An ans")).parts
    server.act = Stream(parts=whole[1:])

    assert "not in the format" in str(failure(declared(server, "anthropic", stream=True)))


def test_a_filter_before_the_model_is_no_failure(server: ProviderServer) -> None:
    # Not Anthropic's own; gateways in front of it answer so.
    server.act = Act(400, json.dumps({"error": {"code": "content_filter"}}).encode())

    assert ask(declared(server, "anthropic")).outcome == "filtered"


def test_nothing_of_the_environment_is_sent(
    server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, "of-another-server")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Own: of-another-server")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    ask(declared(server, "anthropic", key=None))

    assert "of-another-server" not in json.dumps(server.request.headers)
    assert server.request.headers["authorization"] == "Bearer none"
