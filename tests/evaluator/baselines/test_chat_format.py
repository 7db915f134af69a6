"""Chat completions over real HTTP, through both clients that speak them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from evaluator.baselines.reply import Reply, Temporary, Unfit, Usage
from tests.chat_server import Act, fail
from tests.evaluator.baselines.asked import KEY, PIXEL, SEEN, ask, declared, failure
from tests.provider_server import MODEL, USAGE, ProviderServer, chunks, completion, data_stream

PROVIDERS = pytest.mark.parametrize("provider", ["openai", "huggingface"])
HELLO = Reply(
    text="Hello!",
    thinking="",
    outcome="answered",
    model=MODEL,
    usage=Usage(19, 10),
    fingerprint="fp_44709d6fcb",
    request="chatcmpl-B9MBs8",
    finish="stop",
)


@PROVIDERS
def test_a_whole_answer(server: ProviderServer, provider: str) -> None:
    assert ask(declared(server, provider)) == HELLO


@PROVIDERS
def test_a_streamed_answer_is_the_same(server: ProviderServer, provider: str) -> None:
    server.act = chunks({"content": "Hel"}, {"content": "lo"}, {"content": "!"})

    assert ask(declared(server, provider, stream=True)) == HELLO


@PROVIDERS
@pytest.mark.parametrize("stream", [False, True])
def test_the_request_is_what_the_interface_documents(
    server: ProviderServer, provider: str, stream: bool
) -> None:
    server.act = chunks({"content": "a"}) if stream else completion()
    ask(declared(server, provider, stream=stream))

    asked = server.request.data
    assert server.request.path == "/v1/chat/completions"
    assert server.request.headers["authorization"] == f"Bearer {KEY}"
    # One client says so, the other leaves it out.
    assert asked.pop("stream", False) is stream
    assert asked.pop("stream_options", None) == ({"include_usage": True} if stream else None)
    assert asked == {
        "model": "asked-model",
        "messages": [
            {"role": "system", "content": "Answer briefly."},
            {"role": "user", "content": "Hi?"},
        ],
        "temperature": 0.0,
        "seed": 20250301,
        "max_tokens": 4096,
    }


@PROVIDERS
@pytest.mark.parametrize(
    ("decoding", "sent"),
    [
        ({"temperature": None, "seed": None}, {"max_tokens": 4096}),
        (
            {"temperature": 0.5, "top_p": 0.9, "seed": 1, "max_tokens": 7},
            {"temperature": 0.5, "top_p": 0.9, "seed": 1, "max_tokens": 7},
        ),
        (
            {
                "temperature": None,
                "seed": None,
                "max_tokens": 99,
                "extra": {"max_completion_tokens": 99, "reasoning_effort": "low"},
            },
            {"max_completion_tokens": 99, "reasoning_effort": "low"},
        ),
        (
            {"seed": None, "extra": {"chat_template_kwargs": {"enable_thinking": False}}},
            {
                "temperature": 0.0,
                "max_tokens": 4096,
                "chat_template_kwargs": {"enable_thinking": False},
            },
        ),
    ],
)
def test_a_parameter_that_is_none_is_left_out(
    server: ProviderServer, provider: str, decoding: dict[str, Any], sent: dict[str, Any]
) -> None:
    ask(declared(server, provider, decoding=decoding))

    named = {"model", "messages", "stream"}
    asked = server.request.data
    assert {name: asked[name] for name in asked if name not in named} == sent


@PROVIDERS
def test_pictures_arrive_byte_for_byte(server: ProviderServer, provider: str) -> None:
    ask(declared(server, provider), SEEN)

    (turn,) = server.request.data["messages"]
    png, jpeg, text = turn["content"]
    head, _, data = png["image_url"]["url"].partition(",")
    assert (turn["role"], head) == ("user", "data:image/png;base64")
    assert base64.b64decode(data) == PIXEL.content == bytes(range(256))
    assert jpeg == {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,/9gA"}}
    assert text == {"type": "text", "text": "What is this?"}


@PROVIDERS
@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
@pytest.mark.parametrize("stream", [False, True])
def test_thinking_comes_apart(
    server: ProviderServer, provider: str, field: str, stream: bool
) -> None:
    whole = completion("<b>42</b>", **{field: "6 × 7"})
    # As DeepSeek streams it: one of the two is null in every piece.
    parts = ({field: "6 ×", "content": None}, {field: " 7"}, {field: None, "content": "<b>42</b>"})
    server.act = chunks(*parts) if stream else whole
    reply = ask(declared(server, provider, stream=stream))

    assert (reply.text, reply.thinking, reply.outcome) == ("<b>42</b>", "6 × 7", "answered")


@PROVIDERS
@pytest.mark.parametrize(
    ("whole", "streamed", "read"),
    [
        (
            completion("An ans", "length"),
            chunks({"content": "An ans"}, finish="length"),
            ("An ans", "cut_off", "length"),
        ),
        (
            completion(None, refusal="I'm sorry."),
            chunks({"refusal": "I'm "}, {"refusal": "sorry."}),
            ("I'm sorry.", "refused", "stop"),
        ),
        # What came through before the filter struck is passed on, to be kept and not scored.
        (
            completion("An ans", "content_filter"),
            chunks({"content": "An ans"}, finish="content_filter"),
            ("An ans", "filtered", "content_filter"),
        ),
        (
            completion("", "sensitive"),
            chunks(finish="sensitive"),
            ("", "filtered", "sensitive"),
        ),
        (
            completion("", "stop"),
            chunks(),
            ("", "answered", "stop"),
        ),
        (
            completion("A", "eos_token"),
            chunks({"content": "A"}, finish="eos_token"),
            ("A", "answered", "eos_token"),
        ),
    ],
)
def test_how_an_answer_ended(
    server: ProviderServer, provider: str, whole: Act, streamed: Act, read: tuple[str, str, str]
) -> None:
    for act, stream in ((whole, False), (streamed, True)):
        server.act = act
        reply = ask(declared(server, provider, stream=stream))
        assert (reply.text, reply.outcome, reply.finish) == read
        assert reply.usage == (19, 10)


@PROVIDERS
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("named", ["code", "type"])
@pytest.mark.parametrize("word", ["content_filter", "data_inspection_failed"])
def test_a_filter_that_answers_with_an_error_is_no_failure(
    server: ProviderServer, provider: str, stream: bool, named: str, word: str
) -> None:
    error = {"message": "server's words", "type": "invalid", named: word}
    headers = {"x-request-id": "req-7"}
    server.act = Act(400, json.dumps({"error": error}).encode(), headers)

    filtered = Reply("", "", "filtered", "", request="req-7", finish=word)
    assert ask(declared(server, provider, stream=stream)) == filtered


@PROVIDERS
def test_a_filter_may_answer_amid_a_stream(server: ProviderServer, provider: str) -> None:
    piece = {"choices": [{"index": 0, "delta": {"content": "An ans"}}], "model": MODEL}
    server.act = data_stream(piece, {"error": {"code": "content_filter", "message": "no"}})

    assert ask(declared(server, provider, stream=True)).outcome == "filtered"


@PROVIDERS
def test_a_filter_may_leave_no_message(server: ProviderServer, provider: str) -> None:
    whole = {"choices": [{"index": 0, "finish_reason": "content_filter"}]}
    server.act = Act(body=json.dumps(whole).encode())

    assert ask(declared(server, provider)).outcome == "filtered"


@PROVIDERS
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        # As vLLM says it: the code is the status.
        ({"message": "server's words", "type": "BadRequestError", "code": 400}, Unfit),
        ({"message": "server's words", "type": "server_error", "code": None}, Temporary),
        ({"message": "server's words", "code": 502}, Temporary),
        ("server's words", Temporary),
    ],
)
def test_an_error_amid_a_stream(
    server: ProviderServer, provider: str, error: Any, kind: type[Exception]
) -> None:
    piece = {"choices": [{"index": 0, "delta": {"content": "An ans"}}], "model": MODEL}
    server.act = data_stream(piece, {"error": error})

    assert type(failure(declared(server, provider, stream=True))) is kind


@PROVIDERS
@pytest.mark.parametrize("finish", ["insufficient_system_resource", "error", "network_error"])
def test_a_server_that_failed_amid_its_answer(
    server: ProviderServer, provider: str, finish: str
) -> None:
    server.act = completion("An ans", finish)
    error = failure(declared(server, provider))

    assert type(error) is Temporary
    assert str(error) == "The provider failed amid its answer."


@PROVIDERS
def test_an_account_without_credit_is_not_asked_again(
    server: ProviderServer, provider: str
) -> None:
    server.act = fail(429, "server's words", "insufficient_quota", retry_after="1")

    assert "no credit left" in str(failure(declared(server, provider)))


@PROVIDERS
def test_a_usage_told_again_and_again_counts_up(server: ProviderServer, provider: str) -> None:
    pieces = [
        {
            "choices": [{"index": 0, "delta": {"content": said}, "finish_reason": finish}],
            "usage": {"prompt_tokens": 19, "completion_tokens": written},
        }
        for said, finish, written in (("A", None, 1), ("B", None, 2), ("C", "stop", 3))
    ]
    server.act = data_stream(*pieces)

    assert ask(declared(server, provider, stream=True)).usage == (19, 3)


@PROVIDERS
def test_only_the_first_answer_counts(server: ProviderServer, provider: str) -> None:
    pieces = [
        {"choices": [{"index": n, "delta": {"content": said}, "finish_reason": "stop"}]}
        for n, said in ((0, "first"), (1, "second"))
    ]
    server.act = data_stream(*pieces, {"choices": [], "usage": USAGE})

    assert ask(declared(server, provider, stream=True)).text == "first"
