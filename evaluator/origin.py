"""Where a baseline's answers came from: kept with the submission and shown to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from evaluator.declaration import Declaration


def _written(value: object) -> object:
    # YAML reads a day without quotes as a date.
    return value.isoformat() if isinstance(value, date) else value


def _real(value: str) -> str:
    date.fromisoformat(f"{value}-01-01"[:10])
    return value


# YYYY-MM-DD, or YYYY-MM or YYYY where no more is known.
Day = Annotated[
    str,
    BeforeValidator(_written),
    Field(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"),
    AfterValidator(_real),
]


class Origin(Declaration):
    """How the answers of a baseline were made; what nobody recorded is empty.

    `provider` is the interface, with the server where it is not the provider's own; `asked` is the
    model id that was asked for, `snapshots` what the provider said it used with how often, `first`
    and `last` the days of the first and the last answer, `states` how many questions ended how,
    `outputs_hash` a SHA-256 over every answer as it came, `cost` the most it may have cost in US
    dollars. `source` is where outputs that were recorded elsewhere come from, or where the model
    does.
    """

    provider: str = ""
    asked: str = ""
    snapshots: Mapping[str, int] = {}
    fingerprints: tuple[str, ...] = ()
    first: Day
    last: Day
    prompt_hash: str = ""
    shots: Annotated[int, Field(ge=0)] | None = None
    decoding: Mapping[str, Any] = {}
    outputs_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    harness: str = ""
    states: Mapping[str, int] = {}
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    licence: str = ""
    source: Annotated[str, Field(min_length=1)]
