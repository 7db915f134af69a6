"""What is the Hub's own: its router, its tokens, and text-generation-inference behind it."""

from __future__ import annotations

import asyncio
import json

import pytest
from huggingface_hub.inference._providers import CONVERSATIONAL_AUTO_ROUTER

from evaluator.baselines.hub_chat import HubChat
from evaluator.baselines.providers import open_provider
from evaluator.baselines.reply import Denied, ProviderError, Temporary, Unfit
from tests.evaluator.baselines.asked import ENVIRON, ask, declared, failure
from tests.provider_server import ProviderServer, Stream, chunks


@pytest.fixture
def router(server: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> ProviderServer:
    """The server, in the place of the Hub's router."""
    monkeypatch.setattr(CONVERSATIONAL_AUTO_ROUTER, "base_url", server.url)
    monkeypatch.setitem(ENVIRON, "TEST_KEY", "hf_abc")
    return server


@pytest.mark.parametrize(
    ("extra", "name"),
    [
        ({}, "org/model"),
        ({"provider": "auto"}, "org/model"),
        ({"provider": "groq"}, "org/model:groq"),
    ],
)
def test_the_router_is_told_which_provider(
    router: ProviderServer, extra: dict[str, str], name: str
) -> None:
    decoding = {"temperature": None, "seed": None, "max_tokens": 5, "extra": extra}
    model = declared(router, "huggingface", base_url=None, model="org/model", decoding=decoding)

    assert ask(model).text == "Hello!"
    assert router.request.path == "/v1/chat/completions"
    assert router.request.headers["authorization"] == "Bearer hf_abc"
    sent = {name: router.request.data[name] for name in ("model", "max_tokens")}
    assert sent == {"model": name, "max_tokens": 5}
    assert "provider" not in router.request.data


def test_an_endpoint_of_ones_own_is_told_no_provider(server: ProviderServer) -> None:
    decoding = {"extra": {"provider": "groq"}}
    ask(declared(server, "huggingface", decoding=decoding))

    assert server.request.data["model"] == "asked-model"
    assert "provider" not in server.request.data


def test_the_router_takes_tokens_of_the_hub_only(server: ProviderServer) -> None:
    with pytest.raises(Denied, match="begin with hf_"):
        open_provider(declared(server, "huggingface", base_url=None), ENVIRON)


def test_a_token_of_this_machine_is_not_sent(
    server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of-this-machine")
    ask(declared(server, "huggingface", key=None))

    assert "hf_of-this-machine" not in json.dumps(server.request.headers)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("overloaded", Temporary),
        ("generation", Temporary),
        ("incomplete_generation", Temporary),
        ("validation", Unfit),
    ],
)
def test_errors_of_text_generation_inference_amid_a_stream(
    server: ProviderServer, kind: str, error: type[ProviderError]
) -> None:
    said = json.dumps({"error": "server's words", "error_type": kind}).encode()
    server.act = Stream(parts=(*chunks({"content": "A"}).parts[:2], b"data:" + said + b"\n\n"))

    assert type(failure(declared(server, "huggingface", stream=True))) is error


def test_no_response_stays_open_until_the_end(server: ProviderServer) -> None:
    # It pauses when all is said: who waits for the end of a stream waits here.
    server.act = chunks({"content": "A"}, pause=0.2)

    async def open_connections() -> list[str]:
        provider = open_provider(declared(server, "huggingface", stream=True), ENVIRON)
        assert isinstance(provider, HubChat)
        for _ in range(3):
            await provider.ask(())
        pool = provider._http._transport._pool  # type: ignore[attr-defined]
        found = [connection.info() for connection in pool.connections]
        await provider.close()
        return found

    assert not [state for state in asyncio.run(open_connections()) if "ACTIVE" in state]
