"""Anthropic's messages interface, asked through Anthropic's own client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from anthropic import APIConnectionError, APIStatusError, AsyncAnthropic

from evaluator.baselines.connection import NO_KEY, UNREACHABLE, OverHTTP
from evaluator.baselines.messages_format import Event, Message, gathered, messages, system_of
from evaluator.baselines.reply import ProviderError, Reply, Temporary, Turn
from evaluator.baselines.statuses import FAILED, reply_or_raise

if TYPE_CHECKING:
    from httpx2 import AsyncBaseTransport

    from evaluator.baselines.declaration import Decoding, Model

BASE_URL = "https://api.anthropic.com"
# Later versions refuse each of these parameters, even with the value it has when left out; the
# client names the latest. https://platform.claude.com/docs/en/api/migration-2026-10-21
SAMPLING = ("temperature", "top_p", "top_k")
SAMPLING_VERSION = {"anthropic-version": "2023-06-01"}
# The status that an error has before an answer; amid a stream it comes with its type alone.
STATUSES: Mapping[str, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class AnthropicMessages(OverHTTP):
    """Asks one model, several requests at once."""

    def __init__(self, model: Model, key: str, transport: AsyncBaseTransport | None = None) -> None:
        super().__init__(model, transport)
        client = AsyncAnthropic(
            base_url=model.base_url or BASE_URL,
            api_key=key or NO_KEY,
            max_retries=0,
            http_client=self._http,
        )
        # Taken from ANTHROPIC_CUSTOM_HEADERS, which is not meant for this server.
        client._custom_headers = {}
        self._create = client.messages.with_raw_response.create

    async def _ask(self, turns: tuple[Turn, ...]) -> Reply:
        try:
            return await self._send(turns)
        except APIStatusError as error:
            status = error.status_code
            if status < 300:
                status = STATUSES.get(str(error.type), FAILED)
            headers, body = error.response.headers, error.body
        except APIConnectionError as error:
            # The client wraps whatever a transport raises, a guarded one's refusal as well.
            if isinstance(error.__cause__, ProviderError):
                raise error.__cause__ from None
            raise Temporary(UNREACHABLE) from None
        return reply_or_raise(status, headers, body)

    async def _send(self, turns: tuple[Turn, ...]) -> Reply:
        extra = parameters(self._model.decoding)
        asked: dict[str, Any] = {
            "model": self._model.model,
            "max_tokens": self._model.decoding.max_tokens,
            "messages": messages(turns),
            "extra_body": extra,
            "extra_headers": SAMPLING_VERSION if any(name in extra for name in SAMPLING) else {},
            **system_of(turns),
        }
        if not self._model.stream:
            answer: Any = await self._create(**asked)
            message = Message.model_validate_json(await answer.read())
            return message.reply(answer.request_id or "")
        answer = await self._create(**asked, stream=True)
        async with await answer.parse() as stream:
            events = [Event.model_validate(event) async for event in stream]
        return gathered(events).reply(answer.request_id or "")


def parameters(decoding: Decoding) -> dict[str, Any]:
    """Return what goes into the body as it is."""
    named = {"temperature": decoding.temperature, "top_p": decoding.top_p}
    return {
        **{name: value for name, value in named.items() if value is not None},
        **decoding.extra,
    }
