"""An entry: what a team says about the model behind a submission."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal, cast, get_args

from evaluator.errors import EvaluatorError
from evaluator.texts import Bilingual, _

Access = Literal["open", "closed"]
Provenance = Literal["participant", "recorded"]
NAME_CHARACTERS = 100
PARAMETER_CHARACTERS = 20


class EntryRefused(EvaluatorError):
    """Something a team said about its model cannot be taken."""


@dataclass(frozen=True)
class Entry:
    """A model's name, its organisation, whether its weights are open, and its size."""

    model: str
    organisation: str
    access: Access
    parameters: str = ""
    note: Bilingual | None = None


def read_entry(
    model: str | None,
    organisation: str | None,
    access: str | None,
    parameters: str | None = "",
    note: Bilingual | None = None,
) -> Entry:
    """Return an entry with its texts tidied.

    Raises:
        EntryRefused: a name is missing or too long, or access is neither open nor closed.
    """
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
    )


def _text(written: str | None, limit: int, sentence: str, *, required: bool = True) -> str:
    """Return one line without control and direction-changing characters."""
    spaced = " ".join((written or "").split())
    text = "".join(c for c in spaced if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    if len(text) > limit or (required and not text):
        raise EntryRefused(sentence, limit=limit)
    return text
