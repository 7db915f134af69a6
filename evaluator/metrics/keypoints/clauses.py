"""Sentences and clauses of a text, as places in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

# A full stop after a digit numbers a list; before a capital a blank was lost.
_SENTENCE = re.compile(r".+?(?:[。！？；!?;\n]+|(?<!\d)\.(?=\s|\Z|[A-Z])|\Z)", re.DOTALL)
_CLAUSE = re.compile(r".+?(?:，|,(?!\d)|\Z)", re.DOTALL)


class Span(NamedTuple):
    """A part of a text, from its first character to one past the last."""

    start: int
    stop: int


def sentences(text: str) -> list[Span]:
    """Return the sentences of a text, blank ones left out.

    >>> text = "1. 血压 120.5。复查。\\nIt helps.But rest."
    >>> [text[start:stop] for start, stop in sentences(text)]
    ['1. 血压 120.5。', '复查。\\n', 'It helps.', 'But rest.']
    """
    return _parts(_SENTENCE, text, Span(0, len(text)))


def clauses(text: str, within: Span) -> list[Span]:
    """Return the clauses of one sentence: what stands between its commas.

    >>> text = "不建议手术，建议口服1,000 mg,复查。"
    >>> [text[start:stop] for start, stop in clauses(text, Span(0, len(text)))]
    ['不建议手术，', '建议口服1,000 mg,', '复查。']
    """
    return _parts(_CLAUSE, text, within)


def runs(parts: Sequence[Span], longest: int) -> list[Span]:
    """Return every run of neighbouring parts up to a number of them."""
    return [
        Span(part.start, last.stop)
        for number, part in enumerate(parts)
        for last in parts[number : number + longest]
    ]


def _parts(pattern: re.Pattern[str], text: str, within: Span) -> list[Span]:
    found = pattern.finditer(text, *within)
    return [Span(*part.span()) for part in found if part.group().strip()]
