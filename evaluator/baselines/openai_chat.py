"""Any server that speaks OpenAI's chat completions, asked through OpenAI's own client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from openai import APIConnectionError, APIError, APIStatusError, AsyncOpenAI

from evaluator.baselines.chat_format import Chunk, messages, parameters, reply_to
from evaluator.baselines.connection import NO_KEY, UNREACHABLE, OverHTTP
from evaluator.baselines.reply import Reply, Temporary, Turn
from evaluator.baselines.statuses import reply_or_raise, status_within

if TYPE_CHECKING:
    from collections.abc import Iterable

    from httpx2 import AsyncBaseTransport
    from openai.types.chat import ChatCompletionMessageParam

    from evaluator.baselines.declaration import Model

BASE_URL = "https://api.openai.com/v1"


class OpenAIChat(OverHTTP):
    """Asks one model, several requests at once."""

    def __init__(self, model: Model, key: str, transport: AsyncBaseTransport | None = None) -> None:
        super().__init__(model, transport)
        client = AsyncOpenAI(
            base_url=model.base_url or BASE_URL,
            api_key=key or NO_KEY,
            max_retries=0,
            http_client=self._http,
        )
        # Taken from OPENAI_… variables, which are not meant for this server.
        client.organization = client.project = None
        client._custom_headers = {}
        # Looked up once: the client loads most of itself at that moment.
        self._create = client.chat.completions.with_raw_response.create

    async def _ask(self, turns: tuple[Turn, ...]) -> Reply:
        headers: Mapping[str, str] = {}
        try:
            return await (self._stream(turns) if self._model.stream else self._whole(turns))
        except APIStatusError as error:
            status, headers, body = error.status_code, error.response.headers, error.body
        except APIConnectionError:
            raise Temporary(UNREACHABLE) from None
        except APIError as error:
            status, body = status_within(error.body), error.body
        return reply_or_raise(status, headers, body)

    async def _whole(self, turns: tuple[Turn, ...]) -> Reply:
        answer = await self._create(
            model=self._model.model,
            messages=_typed(turns),
            extra_body=parameters(self._model.decoding),
        )
        completion = Chunk.model_validate_json(answer.content)
        request = answer.headers.get("x-request-id", "")
        return reply_to([completion], streamed=False, request=request)

    async def _stream(self, turns: tuple[Turn, ...]) -> Reply:
        answer = await self._create(
            model=self._model.model,
            messages=_typed(turns),
            stream=True,
            stream_options={"include_usage": True},
            extra_body=parameters(self._model.decoding),
        )
        async with answer.parse() as stream:
            chunks = [Chunk.model_validate(chunk) async for chunk in stream]
        return reply_to(chunks, streamed=True, request=answer.headers.get("x-request-id", ""))


def _typed(turns: tuple[Turn, ...]) -> Iterable[ChatCompletionMessageParam]:
    return cast("Iterable[ChatCompletionMessageParam]", messages(turns))
