"""A text as a reader sees it: nothing invisible, one width, no letters in disguise."""

from __future__ import annotations

import re

# Unicode's default ignorable characters below the supplementary planes, and tags above them.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]+"
)
_WIDE = {ord("\u3000"): " ", **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}}
# Cyrillic and Greek letters that look like Latin ones. Not α, β, γ, μ: TNFα and μg are words.
_DISGUISED = str.maketrans(
    "АВЕЅІЈКМНОРСТХУаеѕіјорсухԁһΑΒΕΖΗΙΚΜΝΟΡΤΥΧονι",
    "ABESIJKMHOPCTXYaesijopcyxdhABEZHIKMNOPTYXovi",
)
_MIXED = re.compile(r"[A-Za-z\u0370-\u052f]+")


def legible(text: str) -> str:
    """Return the text without invisible characters, in half width, Latin words in Latin letters.

    A word of Cyrillic or Greek letters alone stays what it is.

    >>> legible("ＣＴ\u200b：аспирин а\u0441id 5μg")
    'CT:аспирин acid 5μg'
    """
    visible = _INVISIBLE.sub("", text).translate(_WIDE)
    return visible if visible.isascii() else _MIXED.sub(_unmasked, visible)


def _unmasked(word: re.Match[str]) -> str:
    letters = word.group()
    mixed = any(c.isascii() for c in letters)
    return letters.translate(_DISGUISED) if mixed else letters
