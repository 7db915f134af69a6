"""Which provider opens for a declaration, and with which key."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from typing import get_args

import pytest

from evaluator.baselines.anthropic_messages import AnthropicMessages
from evaluator.baselines.declaration import Model, ProviderName
from evaluator.baselines.hub_chat import HubChat
from evaluator.baselines.local_chat import LocalChat
from evaluator.baselines.openai_chat import OpenAIChat
from evaluator.baselines.providers import PROVIDERS, open_provider
from evaluator.baselines.reply import Denied
from tests.evaluator.baselines.asked import ENVIRON, KEY, WIRE, declared
from tests.provider_server import ProviderServer

HERE = "http://127.0.0.1:9"


def local() -> Model:
    """Return a model on this machine."""
    return declared(HERE, "transformers", base_url=None, key=None)


def test_there_is_one_for_every_name() -> None:
    assert set(PROVIDERS) == set(get_args(ProviderName))


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        (declared(HERE, "openai"), OpenAIChat),
        (declared(HERE, "anthropic"), AnthropicMessages),
        (declared(HERE, "huggingface"), HubChat),
        (local(), LocalChat),
    ],
)
def test_a_name_opens_its_provider(model: Model, kind: type) -> None:
    provider = open_provider(model, ENVIRON)
    asyncio.run(provider.close())

    assert type(provider) is kind


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({}, "TEST_KEY is not set; it must hold the key for tested."),
        ({"TEST_KEY": ""}, "TEST_KEY is not set; it must hold the key for tested."),
        ({"TEST_KEY": f"{KEY}\n"}, "TEST_KEY holds a blank,"),
        ({"TEST_KEY": f"{KEY} "}, "TEST_KEY holds a blank,"),
        ({"TEST_KEY": f"{KEY}é"}, "TEST_KEY holds a blank,"),
    ],
)
@pytest.mark.parametrize("provider", WIRE)
def test_a_key_must_be_one(provider: str, environ: Mapping[str, str], sentence: str) -> None:
    with pytest.raises(Denied) as caught:
        open_provider(declared(HERE, provider), environ)

    assert str(caught.value).startswith(sentence)
    assert KEY not in str(caught.value) + caught.value.text("zh")


@pytest.mark.parametrize("provider", WIRE)
@pytest.mark.parametrize("stream", [False, True])
def test_a_team_cannot_have_this_machine_asked(
    server: ProviderServer, provider: str, stream: bool
) -> None:
    async def asking() -> None:
        model = declared(server, provider, stream=stream, team="A hospital", key="TEAM_KEY")
        guarded = open_provider(model, {"TEAM_KEY": KEY})
        try:
            await guarded.ask(())
        finally:
            await guarded.close()

    with pytest.raises(Denied, match=r"127\.0\.0\.1, which is no address of the public internet"):
        asyncio.run(asking())
    assert server.requests == []


def test_clients_and_models_are_loaded_where_they_are_needed() -> None:
    heavy = {"torch", "transformers", "openai", "anthropic", "huggingface_hub", "httpx2"}
    script = f"import sys, evaluator.baselines.providers; print(set(sys.modules) & {heavy!r})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "set()\n"

    script = f"import sys, evaluator.baselines.local_chat; print(set(sys.modules) & {heavy!r})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "{'httpx2'}\n"
