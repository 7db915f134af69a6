"""What the environment says of a Hub: which repositories are a challenge's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from evaluator.errors import EvaluatorError
from evaluator.texts import _
from evaluator.variables import key, positive, repository, word

# What divides an hour; any other number would leave gaps that differ.
MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)


@dataclass(frozen=True)
class HubSettings:
    """The repositories of a challenge on a Hub, by their names; of none that is not named.

    `token` may write them; only the worker is given it. `licence` is what public cards say.
    `benchmark` names the file of results that is offered to models' repositories, none where it is
    empty. What changed is pushed every so many minutes, which divide an hour.
    """

    token: str = field(default="", repr=False)
    questions: str | None = None
    gold: str | None = None
    results: str | None = None
    requests: str | None = None
    predictions: str | None = None
    licence: str = "cc-by-4.0"
    benchmark: str = ""
    every_minutes: int = 10


def read_hub(environ: Mapping[str, str]) -> HubSettings:
    """Read them.

    Raises:
        EvaluatorError: a variable holds something that is not of its kind.
    """
    default = HubSettings()
    return HubSettings(
        token=key("HUB_TOKEN", environ),
        questions=repository("HUB_QUESTIONS", environ),
        gold=repository("HUB_GOLD", environ),
        results=repository("HUB_RESULTS", environ),
        requests=repository("HUB_REQUESTS", environ),
        predictions=repository("HUB_PREDICTIONS", environ),
        licence=environ.get("HUB_LICENCE") or default.licence,
        benchmark=word("HUB_BENCHMARK", environ),
        every_minutes=_minutes("HUB_EVERY_MINUTES", environ, default.every_minutes),
    )


def _minutes(name: str, environ: Mapping[str, str], default: int) -> int:
    found = positive(name, environ, default)
    if found not in MINUTES:
        raise EvaluatorError(
            _("{name} is {found}; it must be one of {known}."),
            name=name,
            found=found,
            known=", ".join(map(str, MINUTES)),
        )
    return found
