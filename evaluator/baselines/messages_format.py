"""Messages as Anthropic's interface takes and gives them, whole and as a stream's events."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from evaluator.baselines.connection import BAD_FORMAT, BROKEN_OFF
from evaluator.baselines.reply import Outcome, Picture, Reply, Temporary, Turn, Usage

OUTCOMES: dict[str, Outcome] = {
    "max_tokens": "cut_off",
    "model_context_window_exceeded": "cut_off",
    "refusal": "refused",
}
# Stands in the thinking where the provider gives it encrypted only.
REDACTED = "[redacted]"


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)
    type: str
    text: str | None = None
    thinking: str | None = None

    @property
    def thought(self) -> str:
        """Return what of it is thinking."""
        return REDACTED if self.type == "redacted_thinking" else self.thinking or ""


class _Usage(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None

    def updated(self, later: _Usage) -> _Usage:
        """Return it with what an event told later: totals, not additions."""
        return self.model_copy(update=later.model_dump(exclude_none=True))

    @property
    def tokens(self) -> Usage:
        """Return all that was read, from the cache or into it as well, and all written."""
        cached = (self.cache_creation_input_tokens or 0) + (self.cache_read_input_tokens or 0)
        return Usage((self.input_tokens or 0) + cached, self.output_tokens or 0)


class Message(BaseModel):
    """A whole answer; in the event that begins a stream it has neither content nor stop_reason."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
    content: tuple[_Block, ...]
    stop_reason: str | None = None
    id: str = ""
    model: str = ""
    usage: _Usage = _Usage()

    def reply(self, request: str) -> Reply:
        """Return it as a reply; `request` is the number of the response's header, if any.

        Raises:
            Temporary: it has no end.
        """
        if not self.stop_reason:
            raise Temporary(BROKEN_OFF)
        return Reply(
            "".join(block.text or "" for block in self.content),
            "".join(block.thought for block in self.content),
            OUTCOMES.get(self.stop_reason, "answered"),
            self.model,
            self.usage.tokens,
            request=request or self.id,
            finish=self.stop_reason,
        )


class _Delta(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)
    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    stop_reason: str | None = None


class Event(BaseModel):
    """One event of a stream, of any kind."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
    type: str
    message: Message | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None


def gathered(events: Iterable[Event]) -> Message:
    """Return the message that the events of a stream make up.

    Raises:
        Temporary: they do not begin with a message.
    """
    begun: Message | None = None
    blocks: list[_Block] = []
    for event in events:
        begun = begun or event.message
        if not begun:
            raise Temporary(BAD_FORMAT)
        if event.content_block:
            blocks.append(event.content_block)
        if event.delta and event.delta.type:
            blocks.append(_Block.model_validate(event.delta))
        if event.delta and event.delta.stop_reason:
            begun = begun.model_copy(update={"stop_reason": event.delta.stop_reason})
        if event.usage:
            begun = begun.model_copy(update={"usage": begun.usage.updated(event.usage)})
    if not begun:
        raise Temporary(BROKEN_OFF)
    return begun.model_copy(update={"content": tuple(blocks)})


def messages(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """Return the turns as the interface takes them; the system's stands apart."""
    return [
        {"role": turn.role, "content": _content(turn)} for turn in turns if turn.role != "system"
    ]


def system_of(turns: Sequence[Turn]) -> dict[str, str]:
    """Return the parameter that holds the system's turn, if there is one."""
    system = "\n\n".join(turn.text for turn in turns if turn.role == "system")
    return {"system": system} if system else {}


def _content(turn: Turn) -> str | list[dict[str, Any]]:
    if not turn.pictures:
        return turn.text
    pictures = [{"type": "image", "source": _source(picture)} for picture in turn.pictures]
    return [*pictures, {"type": "text", "text": turn.text}]


def _source(picture: Picture) -> dict[str, str]:
    data = base64.b64encode(picture.content).decode()
    return {"type": "base64", "media_type": picture.media_type, "data": data}
