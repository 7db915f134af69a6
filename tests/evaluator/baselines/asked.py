"""A declared model, and one request to it through the real client of its provider."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import pytest

from evaluator.baselines.declaration import Model
from evaluator.baselines.providers import open_provider
from evaluator.baselines.reply import Picture, ProviderError, Reply, Turn
from tests.provider_server import ProviderServer

# With signs that regular expressions and templates would read.
KEY = "sk-test.7f3a(9c[51*e0+?^$|{x}\\d%s"
ENVIRON = {"TEST_KEY": KEY}
PIXEL = Picture("image/png", bytes(range(256)))
TURNS = (Turn("system", "Answer briefly."), Turn("user", "Hi?"))
SEEN = (Turn("user", "What is this?", (PIXEL, Picture("image/jpeg", b"\xff\xd8\x00"))),)
WIRE = ("openai", "anthropic", "huggingface")


def declared(server: ProviderServer | str, provider: str = "openai", **changes: Any) -> Model:
    """Return a model behind a server; only Anthropic's client adds the version to its address."""
    url = server if isinstance(server, str) else server.url
    given = {
        "name": "tested",
        "provider": provider,
        "model": "asked-model",
        "base_url": url if provider == "anthropic" else f"{url}/v1",
        "key": "TEST_KEY",
        "stream": False,
        "pace": {"timeout_seconds": 20},
        "title": "Tested",
        "organisation": "Nobody",
        "access": "open",
        "licence": "MIT",
        "source": "none",
    }
    said = {**given, **changes}
    if provider == "anthropic":
        # Its interface has none.
        said["decoding"] = {"seed": None, **said.get("decoding", {})}
    return Model.model_validate(said)


def ask(model: Model, turns: tuple[Turn, ...] = TURNS) -> Reply:
    """Return the reply to one request, made in an event loop of its own."""

    async def asking() -> Reply:
        provider = open_provider(model, ENVIRON)
        try:
            return await provider.ask(turns)
        finally:
            await provider.close()

    return asyncio.run(asking())


def failure(model: Model, turns: tuple[Turn, ...] = TURNS) -> ProviderError:
    """Return the error of a request that must fail, whose traceback tells nothing of the server."""
    with pytest.raises(ProviderError) as caught:
        ask(model, turns)
    shown = "".join(traceback.format_exception(caught.value)) + caught.value.text("zh")
    assert KEY not in shown
    assert "server's words" not in shown
    assert caught.value.__suppress_context__ or not caught.value.__context__
    return caught.value
