"""Which provider a declaration names, opened with the key that its environment variable holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from evaluator.baselines.declaration import Model, ProviderName
from evaluator.baselines.reply import Denied, Provider
from evaluator.texts import _

if TYPE_CHECKING:
    from httpx2 import AsyncBaseTransport

    Open = Callable[[Model, str, AsyncBaseTransport | None], Provider]

KEY_NOT_SET = _("{name} is not set; it must hold the key for {model}.")
BAD_KEY = _("{name} holds a blank, a line break or a sign no key has; copy it again.")
BAD_ADDRESS = _("The base_url of {model} is no address such as https://host/v1.")
ON_THIS_MACHINE = _("{model} would run on this machine; only a server can be asked for a team.")


def _openai(model: Model, key: str, transport: AsyncBaseTransport | None) -> Provider:
    from evaluator.baselines.openai_chat import OpenAIChat

    return OpenAIChat(model, key, transport)


def _anthropic(model: Model, key: str, transport: AsyncBaseTransport | None) -> Provider:
    from evaluator.baselines.anthropic_messages import AnthropicMessages

    return AnthropicMessages(model, key, transport)


def _huggingface(model: Model, key: str, transport: AsyncBaseTransport | None) -> Provider:
    from evaluator.baselines.hub_chat import HubChat

    return HubChat(model, key, transport)


def _transformers(model: Model, key: str, transport: AsyncBaseTransport | None) -> Provider:
    from evaluator.baselines.local_chat import LocalChat

    if transport:
        raise Denied(ON_THIS_MACHINE, model=model.name)
    return LocalChat(model)


PROVIDERS: Mapping[ProviderName, Open] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "huggingface": _huggingface,
    "transformers": _transformers,
}


def open_provider(model: Model, environ: Mapping[str, str]) -> Provider:
    """Return the provider that a declaration names; a team's is kept to the public internet.

    Raises:
        Denied: its key or its address is missing or cannot be one.
    """
    key = _key(model, environ)
    _check_address(model)
    return PROVIDERS[model.provider](model, key, _guarded(model) if model.team else None)


def _key(model: Model, environ: Mapping[str, str]) -> str:
    if not model.key:
        return ""
    key = environ.get(model.key, "")
    if not key:
        raise Denied(KEY_NOT_SET, name=model.key, model=model.name)
    # Checked here because a client's error about a bad header quotes the header.
    if not all("!" <= sign <= "~" for sign in key):
        raise Denied(BAD_KEY, name=model.key)
    return key


def _check_address(model: Model) -> None:
    from httpx2 import URL, InvalidURL

    try:
        host = URL(model.base_url or "https://host").host
    except InvalidURL:
        host = ""
    if not host:
        raise Denied(BAD_ADDRESS, model=model.name)


def _guarded(model: Model) -> AsyncBaseTransport:
    from evaluator.baselines.address import ANSWER_BYTES, GuardedTransport

    # A chunk of a stream takes some 300 bytes for a token.
    limit = ANSWER_BYTES + 1_000 * model.decoding.max_tokens
    return GuardedTransport(http=(model.base_url or "").startswith("http://"), limit=limit)
