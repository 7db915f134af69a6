"""The server a judge runs on: OpenAI's chat completions, in bounded time, failing in sentences."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evaluator.judge_prompt import JudgeError
from evaluator.settings import JudgeSettings
from evaluator.texts import _

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletionMessageParam

REPLY_TOKENS = 8192
SEED = 20250301
CONNECT_SECONDS = 5.0
# An outage must not keep the queue waiting through a time-out an item.
FAILURES_IN_A_ROW = 8

# Tried in this order while the server refuses a request as such: not every server has a JSON mode
# (nor every model that thinks), and OpenAI's reasoning models know no temperature or max_tokens.
_FIXED: Mapping[str, object] = {"temperature": 0, "seed": SEED, "max_tokens": REPLY_TOKENS}
_JSON_MODE: Mapping[str, object] = {"response_format": {"type": "json_object"}}
REQUESTS: tuple[tuple[str, Mapping[str, object]], ...] = (
    ("json", {**_FIXED, **_JSON_MODE}),
    ("plain", _FIXED),
    ("reasoning", {"max_completion_tokens": REPLY_TOKENS, **_JSON_MODE}),
)
UNSUPPORTED = (400, 405, 422)
# What a single item can cause; other statuses concern every item.
UNFIT = (400, 413, 422)
FILTERED = ("content_filter", "data_inspection_failed")

TIMED_OUT = _("The judge gave no answer within {seconds} s.")
UNREACHABLE = _("The judge cannot be reached.")
BAD_STATUS = _("The judge answered with HTTP status {status}.")
BAD_FORMAT = _("The judge's answer is not in the chat-completions format.")
REFUSED = _("The judge, or a filter before it, refused to grade this answer.")
CUT_OFF = _("The judge's verdict was cut off at {tokens} tokens.")
RESTING = _("The judge was not asked: it had just failed {times} times in a row.")

log = logging.getLogger(__name__)


class Outage(JudgeError):
    """The judge failed, whatever the item: the next one is likely to fail too."""


class Reply(NamedTuple):
    """What the judge wrote, the model it says it is, and by which of REQUESTS it was asked."""

    text: str
    model: str
    request: str


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True)
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    model_config = ConfigDict(frozen=True)
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    model_config = ConfigDict(frozen=True)
    choices: tuple[_Choice, ...] = Field(min_length=1)
    model: str = ""


class JudgeServer:
    """Sends requests; keeps which form the server takes, and leaves it alone after an outage."""

    def __init__(self, settings: JudgeSettings) -> None:
        self._settings = settings
        self._form = 0
        self._failures = 0
        self._rest_until = 0.0

    def client(self) -> AsyncOpenAI:
        """Return a new client, which belongs to one event loop and is to be closed."""
        from openai import AsyncOpenAI, Timeout

        client = AsyncOpenAI(
            base_url=self._settings.base_url,
            # A server of one's own may want no key; the client insists on one.
            api_key=self._settings.api_key or "none",
            max_retries=self._settings.retries,
            timeout=Timeout(None, connect=CONNECT_SECONDS),
        )
        # Taken from OPENAI_… variables, which are not meant for this server.
        client.organization = client.project = None
        return client

    async def ask(
        self, client: AsyncOpenAI, messages: Sequence[ChatCompletionMessageParam]
    ) -> Reply:
        """Return the judge's reply within the time for one item, retries and pauses included.

        Raises:
            JudgeError: there is none; an Outage where that is no matter of this request.
        """
        if time.monotonic() < self._rest_until:
            raise JudgeError(RESTING, times=FAILURES_IN_A_ROW)
        try:
            reply = await self._ask(client, messages)
        except JudgeError as error:
            self._count(error)
            raise
        self._failures = 0
        return reply

    def _count(self, error: JudgeError) -> None:
        self._failures = self._failures + 1 if isinstance(error, Outage) else 0
        if self._failures < FAILURES_IN_A_ROW:
            return
        log.warning("the judge failed %d times in a row: %s", self._failures, error)
        self._failures = 0
        self._rest_until = time.monotonic() + self._settings.rest_seconds

    async def _ask(
        self, client: AsyncOpenAI, messages: Sequence[ChatCompletionMessageParam]
    ) -> Reply:
        # Errors go without their causes: a server's words may quote the request or the key.
        from openai import APIConnectionError, APIStatusError

        try:
            # Not the client's own time-out: some servers send blank lines while a request waits.
            async with asyncio.timeout(self._settings.timeout_seconds):
                return await self._send(client, messages)
        except TimeoutError:
            raise Outage(TIMED_OUT, seconds=self._settings.timeout_seconds) from None
        except APIConnectionError:
            raise Outage(UNREACHABLE) from None
        except APIStatusError as error:
            if error.code in FILTERED:
                raise JudgeError(REFUSED) from None
            kind = JudgeError if error.status_code in UNFIT else Outage
            raise kind(BAD_STATUS, status=error.status_code) from None

    async def _send(
        self, client: AsyncOpenAI, messages: Sequence[ChatCompletionMessageParam]
    ) -> Reply:
        """Send the request in the first form the server takes, and keep to it from then on."""
        from openai import APIStatusError

        chat = client.chat.completions.with_raw_response
        for form, (name, options) in enumerate(REQUESTS[self._form :], start=self._form):
            try:
                answer = await chat.create(
                    model=self._settings.model, messages=messages, extra_body=options
                )
            except APIStatusError as error:
                refused = error.status_code in UNSUPPORTED and error.code not in FILTERED
                if not refused or form == len(REQUESTS) - 1:
                    raise
                continue
            if form > self._form:
                log.warning("the judge refuses requests of another form than “%s”", name)
                self._form = form
            return _read(answer.content, name)
        raise AssertionError("there is always a last form")


def _read(body: bytes, request: str) -> Reply:
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError:
        raise Outage(BAD_FORMAT) from None
    choice = completion.choices[0]
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise JudgeError(REFUSED)
    if choice.finish_reason == "length":
        raise JudgeError(CUT_OFF, tokens=REPLY_TOKENS)
    return Reply(choice.message.content or "", completion.model, request)
