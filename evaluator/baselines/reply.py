"""What a provider answers to one request, and the ways in which it does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from evaluator.errors import EvaluatorError

# answered: as asked. cut_off: the limit of tokens came first. refused: the model declines.
# filtered: a filter before or behind the model kept the answer back.
Outcome = Literal["answered", "cut_off", "refused", "filtered"]


@dataclass(frozen=True)
class Picture:
    """An image of a question, read from disk when a request is made."""

    media_type: str
    content: bytes


@dataclass(frozen=True)
class Turn:
    """One turn of the talk before the answer; only the reader's may hold pictures."""

    role: Literal["system", "user", "assistant"]
    text: str
    pictures: tuple[Picture, ...] = ()


class Usage(NamedTuple):
    """How many tokens a request took, thinking included; 0 where the provider does not say."""

    input_tokens: int = 0
    output_tokens: int = 0

    def plus(self, other: Usage) -> Usage:
        """Return the tokens of both."""
        return Usage(
            self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens
        )


class Reply(NamedTuple):
    """One answer as it came: `text` with whatever stands in it, `thinking` where it came apart.

    Of a filtered one the text is what came before the filter. `model` is the snapshot that the
    provider says it used, `fingerprint` its own mark of the system behind it, `request` the number
    under which it knows the request, `finish` its own word for why the answer ended.
    """

    text: str
    thinking: str
    outcome: Outcome
    model: str
    usage: Usage = Usage()
    fingerprint: str = ""
    request: str = ""
    finish: str = ""


class ProviderError(EvaluatorError):
    """A request that got no answer; never with a server's own words, which may quote the key."""


class Temporary(ProviderError):
    """Worth another try, not before `retry_after` seconds where the server says so.

    `begun` says that the provider may have answered, and may bill it.
    """

    def __init__(
        self,
        template: str,
        *,
        retry_after: float | None = None,
        begun: bool = False,
        **values: object,
    ) -> None:
        super().__init__(template, **values)
        self.retry_after = retry_after
        self.begun = begun


class Unfit(ProviderError):
    """The provider does not take this very request: too long, or a parameter it does not know."""


class Denied(ProviderError):
    """No request will be taken: a wrong key, no right to the model, no such model."""


class Provider(Protocol):
    """Answers requests; several at once."""

    async def ask(self, turns: tuple[Turn, ...]) -> Reply:
        """Return the answer.

        Raises:
            Temporary, Unfit, Denied: there is none.
        """

    async def close(self) -> None:
        """Release connections or memory."""
