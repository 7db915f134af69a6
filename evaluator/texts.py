"""Sentences in two languages: English in the code, the others in gettext catalogues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from babel.messages.pofile import read_po
from pydantic import BaseModel, ConfigDict

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
CATALOGUES = Path(__file__).parent / "locale"


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Return the translations of one language by English sentence; English has none."""
    if language == "en":
        return {}
    path = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        messages = read_po(file)
    return {str(m.id): str(m.string or m.id) for m in messages if m.id}


def translate(template: str, language: Language) -> str:
    """Return the template in that language, or as written where nobody has translated it."""
    return catalogue(language).get(template, template)


def _(template: str) -> str:
    """Mark a text for the catalogue; it is translated where it is shown."""
    return template


@dataclass(frozen=True)
class Sentence:
    """One English template with {placeholders}, and what to put in them."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: Language) -> str:
        """Return the sentence in the reader's language."""
        shown = {name: _shown(value, language) for name, value in self.values.items()}
        return translate(self.template, language).format_map(shown)


class Bilingual(BaseModel):
    """A text that a declaration gives in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: str
    en: str

    def text(self, language: Language) -> str:
        """Return the text in the reader's language."""
        return cast(str, getattr(self, language))


def moment_text(moment: datetime) -> str:
    """Return a time to the minute, with its own distance from UTC.

    >>> moment_text(datetime.fromisoformat("2026-12-01T08:00:00+08:00"))
    '2026-12-01 08:00 (UTC+8)'
    """
    seconds = (moment.utcoffset() or timedelta()).total_seconds()
    hours, minutes = divmod(round(abs(seconds) / 60), 60)
    sign = "-" if seconds < 0 else "+"
    offset = f"{sign}{hours}" + (f":{minutes:02}" if minutes else "") if seconds else ""
    return f"{moment:%Y-%m-%d %H:%M} (UTC{offset})"


def _shown(value: object, language: Language) -> object:
    if isinstance(value, Sentence | Bilingual):
        return value.text(language)
    return moment_text(value) if isinstance(value, datetime) else value


def language_of(asked: str | None, accepted: str | None) -> Language:
    """Choose a language: the one asked for by ?lang=, else by Accept-Language, else English."""
    for wish in [asked or "", *(accepted or "").split(",")]:
        tag = wish.split(";")[0].strip().lower().partition("-")[0]
        if tag in LANGUAGES:
            return tag
    return "en"
