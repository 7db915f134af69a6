"""An entry: what a team says about the model behind a submission."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, cast, get_args

from evaluator.errors import EvaluatorError
from evaluator.settings import HUB_PAGES
from evaluator.texts import Bilingual, _
from evaluator.variables import is_repository

Access = Literal["open", "closed"]
# recorded: outputs that somebody recorded elsewhere; self-run: made by the maintainers' harness.
Provenance = Literal["participant", "recorded", "self-run"]
NAME_CHARACTERS = 100
PARAMETER_CHARACTERS = 20
PSEUDONYM_BYTES = 3
POSES = re.compile(r"(anonymous|匿名)\s+[0-9a-f]+$", re.IGNORECASE)
RELEASED = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?")


class EntryRefused(EvaluatorError):
    """Something a team said about its model cannot be taken."""


@dataclass(frozen=True)
class Entry:
    """A model's name, its organisation, whether its weights are open, its size, when it came out.

    `released` is YYYY-MM-DD or YYYY-MM, or empty. `pseudonym` is the code under which the public
    sees the model, empty where it stands under its name. `repository` is the model's own on a Hub
    as OWNER/NAME, or empty.
    """

    model: str
    organisation: str
    access: Access
    parameters: str = ""
    note: Bilingual | None = None
    released: str = ""
    pseudonym: str = ""
    repository: str = ""


def read_entry(
    model: str | None,
    organisation: str | None,
    access: str | None,
    parameters: str | None = "",
    note: Bilingual | None = None,
    released: str | None = "",
    anonymous: bool | None = False,
    repository: str | None = "",
) -> Entry:
    """Return an entry with its texts tidied; an anonymous one gets a pseudonym.

    Raises:
        EntryRefused: a name is missing or too long, access is neither open nor closed, the day of
            release is none, or a repository is not named as OWNER/NAME.
    """
    if POSES.match(" ".join((model or "").split())):
        raise EntryRefused(
            _("“Anonymous …” is how entries under a pseudonym are called; choose another name.")
        )
    if access not in get_args(Access):
        raise EntryRefused(_("Say whether the model is open or closed."))
    return Entry(
        model=_text(model, NAME_CHARACTERS, _("Name the model, in at most {limit} characters.")),
        organisation=_text(
            organisation,
            NAME_CHARACTERS,
            _("Name the organisation, in at most {limit} characters."),
        ),
        access=cast(Access, access),
        parameters=_text(
            parameters,
            PARAMETER_CHARACTERS,
            _("Write the number of parameters in at most {limit} characters, such as 7B."),
            required=False,
        ),
        note=note,
        released=_day((released or "").strip()),
        pseudonym=draw_pseudonym() if anonymous else "",
        repository=_repository((repository or "").strip()),
    )


def draw_pseudonym() -> str:
    """Return a random code, such as 4f2a1c."""
    return secrets.token_hex(PSEUDONYM_BYTES)


def _repository(written: str) -> str:
    """Return a name as OWNER/NAME; an address of the Hub is shortened to it."""
    name = written.removeprefix(HUB_PAGES).strip("/")
    if name and not is_repository(name):
        raise EntryRefused(
            _(
                "Write the model's repository on the Hub as OWNER/NAME, such as my-lab/my-model. "
                "It may stay empty."
            )
        )
    return name


def _day(written: str) -> str:
    """Return a day or month that has come; where the sender lives it may be tomorrow already."""
    if not written:
        return ""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    try:
        if RELEASED.fullmatch(written) and date.fromisoformat(f"{written}-01"[:10]) <= tomorrow:
            return written
    except ValueError:
        # A day that no calendar has.
        pass
    raise EntryRefused(
        _(
            "Write the day on which the model came out as YYYY-MM-DD, or its month as YYYY-MM; it "
            "must not lie in the future. It may stay empty."
        )
    )


def _text(written: str | None, limit: int, sentence: str, *, required: bool = True) -> str:
    """Return one line without control and direction-changing characters."""
    spaced = " ".join((written or "").split())
    text = "".join(c for c in spaced if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    if len(text) > limit or (required and not text):
        raise EntryRefused(sentence, limit=limit)
    return text
