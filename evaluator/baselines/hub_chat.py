"""Models behind Hugging Face: its inference providers, or an endpoint of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from huggingface_hub import AsyncInferenceClient
from huggingface_hub.errors import (
    InferenceTimeoutError,
    OverloadedError,
    TextGenerationError,
    ValidationError,
)

from evaluator.baselines.chat_format import Chunk, messages, parameters, reply_to
from evaluator.baselines.connection import BAD_FORMAT, NO_KEY, UNREACHABLE, OverHTTP
from evaluator.baselines.reply import Denied, Reply, Temporary, Turn
from evaluator.baselines.statuses import reply_or_raise, status_within
from evaluator.texts import _

if TYPE_CHECKING:
    from httpx2 import AsyncBaseTransport, Response

    from evaluator.baselines.declaration import Model

TOKEN_PREFIX = "hf_"
# What text-generation-inference may say amid a stream, as the status it says before one.
STATUSES: Mapping[type[TextGenerationError], int] = {OverloadedError: 429, ValidationError: 422}

NO_HUB_TOKEN = _(
    "{model} is asked at the Hub, which takes only its own tokens: they begin with hf_. "
    "A server elsewhere needs a base_url."
)


class _Refused(Exception):
    """A response other than a success, before the client puts the server's words into an error."""

    def __init__(self, status: int, headers: Mapping[str, str], body: object) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers
        self.body = body


class HubChat(OverHTTP):
    """Asks one model, several requests at once.

    Which inference provider answers is the Hub's choice, or `provider` in `decoding.extra`.
    """

    def __init__(self, model: Model, key: str, transport: AsyncBaseTransport | None = None) -> None:
        if not model.base_url and not key.startswith(TOKEN_PREFIX):
            raise Denied(NO_HUB_TOKEN, model=model.name)
        super().__init__(model, transport, _refuse)
        self._key = key or NO_KEY
        self._parameters = parameters(model.decoding)
        provider = self._parameters.pop("provider", "auto")
        # The router reads the provider behind a colon; to name it to the client costs a request
        # that blocks the event loop.
        routed = provider != "auto" and not model.base_url
        self._name = f"{model.model}:{provider}" if routed else model.model

    async def _ask(self, turns: tuple[Turn, ...]) -> Reply:
        headers: Mapping[str, str] = {}
        try:
            # A client keeps every response of a stream until it is closed; hence one a request.
            async with self._client() as client:
                return await self._send(client, turns)
        except _Refused as refused:
            status, headers, body = refused.status, refused.headers, refused.body
        except TextGenerationError as error:
            body = {"error": error.args[0] if error.args else None}
            status = STATUSES.get(type(error)) or status_within(body)
        except InferenceTimeoutError:
            # Only connecting has a time of its own.
            raise Temporary(UNREACHABLE) from None
        except (AttributeError, TypeError):
            # The client takes every JSON for an object.
            raise Temporary(BAD_FORMAT) from None
        return reply_or_raise(status, headers, body)

    def _client(self) -> AsyncInferenceClient:
        client = AsyncInferenceClient(
            base_url=self._model.base_url, provider="auto", api_key=self._key
        )
        # There is no other way in for a transport that is not every client's of the process.
        client._async_client = self._http
        return client

    async def _send(self, client: AsyncInferenceClient, turns: tuple[Turn, ...]) -> Reply:
        asked: dict[str, Any] = {
            "messages": messages(turns),
            "model": self._name,
            "extra_body": self._parameters,
        }
        if not self._model.stream:
            completion = await client.chat_completion(**asked)
            return reply_to([_chunk(completion)], streamed=False)
        usage: Any = {"include_usage": True}
        stream = await client.chat_completion(**asked, stream=True, stream_options=usage)
        return reply_to([_chunk(chunk) async for chunk in stream], streamed=True)


def _chunk(said: object) -> Chunk:
    return Chunk.model_validate(_plain(said))


def _plain(said: object) -> object:
    """Return a client's object as plain JSON: as a dict, it lacks the fields it does not know."""
    if isinstance(said, dict):
        fields = {**said, **getattr(said, "__dict__", {})}
        return {name: _plain(value) for name, value in fields.items()}
    return [_plain(value) for value in said] if isinstance(said, list) else said


async def _refuse(response: Response) -> None:
    if response.status_code < 300:
        return
    await response.aread()
    try:
        body = response.json()
    except ValueError:
        body = None
    raise _Refused(response.status_code, response.headers, body)
