"""Chat completions as OpenAI defines them and many others speak them, with what those add."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from evaluator.baselines.connection import BAD_FORMAT, BROKEN_OFF
from evaluator.baselines.declaration import Decoding
from evaluator.baselines.reply import Outcome, Picture, Reply, Temporary, Turn, Usage
from evaluator.texts import _

# How an answer ends, besides "stop": in OpenAI's word first, then Mistral's or Zhipu's.
OUTCOMES: dict[str, Outcome] = {
    "length": "cut_off",
    "model_length": "cut_off",
    "content_filter": "filtered",
    "sensitive": "filtered",
}
# The server failed amid the answer: DeepSeek's word, Mistral's and Zhipu's.
FAILURES = ("insufficient_system_resource", "error", "network_error")

FAILED_AMID = _("The provider failed amid its answer.")


class _Said(BaseModel):
    """A message, or a piece of one; DeepSeek and Qwen name thinking otherwise than OpenRouter."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)
    index: int | None = None
    message: _Said | None = None
    delta: _Said | None = None
    finish_reason: str | None = None


class _Usage(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Chunk(BaseModel):
    """A whole completion, or one chunk of a streamed one."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
    choices: tuple[_Choice, ...] | None = None
    id: str | None = None
    model: str | None = None
    system_fingerprint: str | None = None
    usage: _Usage | None = None


def messages(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """Return the turns as the interface takes them."""
    return [{"role": turn.role, "content": _content(turn)} for turn in turns]


def parameters(decoding: Decoding) -> dict[str, Any]:
    """Return what a request holds besides model and messages."""
    named = decoding.model_dump(include={"temperature", "top_p", "seed", "max_tokens"})
    if "max_completion_tokens" in decoding.extra:
        del named["max_tokens"]
    return {
        **{name: value for name, value in named.items() if value is not None},
        **decoding.extra,
    }


def reply_to(chunks: Sequence[Chunk], *, streamed: bool, request: str = "") -> Reply:
    """Return the reply that one completion is, or all chunks of a stream together.

    Raises:
        Temporary: there is no message, or no end.
    """
    choices = list(_first_choices(chunks))
    finish = next((found.finish_reason for found in choices if found.finish_reason), "")
    if streamed and not finish:
        raise Temporary(BROKEN_OFF, begun=True)
    if finish in FAILURES:
        raise Temporary(FAILED_AMID, begun=True)
    said = [part for choice in choices if (part := choice.message or choice.delta)]
    # Where a filter kept the message back, there may be none at all.
    if not said and OUTCOMES.get(finish) != "filtered":
        raise Temporary(BAD_FORMAT, begun=True)
    text, outcome = _read(said, finish)
    return Reply(
        text,
        "".join(part.reasoning_content or part.reasoning or "" for part in said),
        outcome,
        next((chunk.model for chunk in chunks if chunk.model), ""),
        _usage(chunks),
        next((chunk.system_fingerprint for chunk in chunks if chunk.system_fingerprint), ""),
        request or next((chunk.id for chunk in chunks if chunk.id), ""),
        finish,
    )


def _content(turn: Turn) -> str | list[dict[str, Any]]:
    if not turn.pictures:
        return turn.text
    pictures = [
        {"type": "image_url", "image_url": {"url": _data_url(picture)}} for picture in turn.pictures
    ]
    return [*pictures, {"type": "text", "text": turn.text}]


def _data_url(picture: Picture) -> str:
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.content).decode()}"


def _first_choices(chunks: Sequence[Chunk]) -> Iterator[_Choice]:
    """Yield the pieces of the first answer; the chunk that tells the usage has none."""
    for chunk in chunks:
        yield from (choice for choice in chunk.choices or () if not choice.index)


def _read(said: Sequence[_Said], finish: str) -> tuple[str, Outcome]:
    refusal = "".join(part.refusal or "" for part in said)
    if refusal:
        return refusal, "refused"
    return "".join(part.content or "" for part in said), OUTCOMES.get(finish, "answered")


def _usage(chunks: Sequence[Chunk]) -> Usage:
    """Return the last usage told; servers that tell it in every chunk count up."""
    usage = next((chunk.usage for chunk in reversed(chunks) if chunk.usage), _Usage())
    return Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0)
