"""A model that the maintainers run, as `baselines/<name>.yaml` declares it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import orjson
from pydantic import AfterValidator, Field, field_validator, model_validator

from evaluator.declaration import Declaration, Name
from evaluator.entry import Access, Entry, read_entry
from evaluator.records import MAINTAINERS
from evaluator.texts import Bilingual
from evaluator.variables import is_address

ProviderName = Literal["openai", "anthropic", "huggingface", "transformers"]
KeyName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{2,63}$")]
HASH_DIGITS = 12
TEAM_KEY = "TEAM_"


def _address(written: str) -> str:
    if not is_address(written):
        # Without what was written: it may hold a password.
        raise ValueError(
            "base_url is no http(s) address such as https://host/v1, without user, password, "
            "query and blanks; the key belongs into the environment"
        )
    return written


class Decoding(Declaration):
    """How tokens are drawn; None leaves a parameter out, for models that refuse it.

    `extra` goes into the request as it is, such as the effort of a model that thinks. Of
    `max_completion_tokens`, which some models want in the place of `max_tokens`, it holds the same
    number: what an answer may cost is reckoned by it.
    """

    temperature: Annotated[float, Field(ge=0, le=2)] | None = 0.0
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: int | None = 20250301
    max_tokens: Annotated[int, Field(ge=1)] = 4096
    extra: Mapping[str, Any] = {}

    @model_validator(mode="after")
    def _extra_adds_no_tokens(self) -> Decoding:
        twice = sorted(self.extra.keys() & {*type(self).model_fields, "n", "best_of"})
        if twice:
            raise ValueError(f"extra may not hold {', '.join(twice)}")
        if self.extra.get("max_completion_tokens", self.max_tokens) != self.max_tokens:
            raise ValueError("max_completion_tokens and max_tokens must be the same number")
        return self


class Shot(Declaration):
    """An example shown before every question."""

    question: Annotated[str, Field(min_length=1)]
    answer: Annotated[str, Field(min_length=1)]


class Prompt(Declaration):
    """What stands around a dataset's own prompt, which `{prompt}` is replaced by."""

    system: str = ""
    template: str = "{prompt}"
    shots: tuple[Shot, ...] = ()

    @field_validator("template")
    @classmethod
    def _prompt_has_a_place(cls, template: str) -> str:
        if "{prompt}" not in template:
            raise ValueError("a template holds {prompt}, where the question goes")
        return template


class Pace(Declaration):
    """How fast is asked: requests at once and a minute, seconds and tries an item."""

    parallel: Annotated[int, Field(ge=1, le=512)] = 8
    per_minute: Annotated[int, Field(ge=1)] | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = 300.0
    tries: Annotated[int, Field(ge=1, le=20)] = 6


class Price(Declaration):
    """US dollars for a million tokens, and where that was read on which day."""

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]
    source: Annotated[str, Field(min_length=1)]
    date: date

    def of(self, input_tokens: float, output_tokens: float) -> float:
        """Return what so many tokens cost.

        >>> Price(input=2, output=8, source="list", date="2026-01-01").of(500_000, 250_000)
        3.0
        """
        return (self.input * input_tokens + self.output * output_tokens) / 1e6


class Model(Declaration):
    """A model, how it is reached and asked, and what the board says of it.

    `model` is the id that the provider is asked for, `snapshot` what it must say it is, where that
    is known: another one ends the run. `key` names the environment's variable that holds the key.
    `images` says that it takes images; items with images are skipped by a model that does not.
    With `team` the address is that team's own: it may lead into the public internet only, and the
    entry is the team's.
    """

    name: Name
    provider: ProviderName
    model: Annotated[str, Field(min_length=1)]
    snapshot: str = ""
    base_url: Annotated[str, AfterValidator(_address)] | None = None
    team: str = ""
    key: KeyName | None = None
    images: bool = False
    stream: bool = True
    decoding: Decoding = Decoding()
    prompt: Prompt = Prompt()
    pace: Pace = Pace()
    price: Price | None = None
    title: Annotated[str, Field(min_length=1)]
    organisation: Annotated[str, Field(min_length=1)]
    access: Access
    parameters: str = ""
    # YAML reads a day without quotes as a date, but a month as text.
    released: date | str = ""
    # On a Hub, as OWNER/NAME.
    repository: str = ""
    licence: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    note: Bilingual | None = None

    @model_validator(mode="after")
    def _key_fits_provider(self) -> Model:
        if self.provider == "transformers" and (self.key or self.base_url):
            raise ValueError("a model on this machine has neither key nor base_url")
        return self

    @model_validator(mode="after")
    def _everything_declared_is_sent(self) -> Model:
        decoding = self.decoding
        if self.provider == "transformers" and self.images:
            raise ValueError("a model on this machine is asked with text only: images: false")
        if self.provider == "transformers" and decoding.top_p and not decoding.temperature:
            raise ValueError("without a temperature nothing is drawn: leave top_p out")
        if self.provider == "anthropic" and decoding.seed is not None:
            raise ValueError("the interface has no seed; write decoding: {seed: null}")
        thinks = self.provider == "anthropic" and "thinking" in decoding.extra
        if thinks and decoding.temperature is not None:
            raise ValueError("who thinks takes no temperature; write temperature: null")
        return self

    @model_validator(mode="after")
    def _a_teams_address_is_its_own(self) -> Model:
        if not self.team:
            return self
        if not self.team.strip() or self.team == MAINTAINERS:
            raise ValueError("team is the name of a team")
        if not self.base_url:
            raise ValueError("a team's own address is its base_url")
        if self.key and not self.key.startswith(TEAM_KEY):
            # The declaration may come from the team, and keys of others would go to its server.
            raise ValueError(f"the name of a team's key begins with {TEAM_KEY}")
        return self

    @property
    def interface(self) -> str:
        """Return what answers: the provider's interface, and whose server, unless a team's."""
        if not self.base_url or self.team:
            return self.provider
        return f"{self.provider}: {urlsplit(self.base_url).hostname}"

    @property
    def entry(self) -> Entry:
        """Return what the board says of it.

        Raises:
            EntryRefused: the board would not take it.
        """
        return read_entry(
            self.title,
            self.organisation,
            self.access,
            self.parameters,
            self.note,
            str(self.released),
            repository=self.repository,
        )

    @property
    def asked_hash(self) -> str:
        """Return 12 hex digits that change with anything that may change an answer."""
        who = {"provider", "model", "snapshot", "base_url", "team"}
        how = {"images", "decoding", "prompt"}
        return digest(self.model_dump(mode="json", include=who | how))


def digest(value: object) -> str:
    """Return 12 hex digits of a value's JSON, whose keys are sorted."""
    written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(written).hexdigest()[:HASH_DIGITS]
