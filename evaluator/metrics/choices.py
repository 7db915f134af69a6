"""Choice items as read: for each shuffled copy the letters chosen and whether they are right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from evaluator.answers import normalised, read_letters
from evaluator.dataset import Dataset
from evaluator.items import AnsweredItem
from evaluator.metrics.metric import Reading, reading

_LETTERED = re.compile(r"\s*[(（]?([A-Za-zＡ-Ｚ])[)）]?\s*[.、:：．)）]\s*(.*)", re.DOTALL)


class Choice(NamedTuple):
    """One item, copy by copy; letters are None where none can be read."""

    item: AnsweredItem
    letters: tuple[frozenset[str] | None, ...]
    right: tuple[bool, ...]

    @property
    def extracted(self) -> list[str | None]:
        """Return the letters of each copy as text."""
        return [None if found is None else "".join(sorted(found)) for found in self.letters]

    @property
    def reading(self) -> Reading:
        """Return how the copies could be read."""
        return reading(self.item.answers, self.letters)


def read_choices(items: Sequence[AnsweredItem], dataset: Dataset) -> list[Choice]:
    """Return the items read; a copy is right when exactly its reference's letters are chosen."""
    return [_choice(item, dataset.labels) for item in items]


def option_texts(options: Sequence[str] | None, letters: frozenset[str]) -> frozenset[str]:
    """Return what the letters stand for in one copy; a letter without option stands for itself.

    >>> sorted(option_texts(["A. 甲基多巴", "B. 肼屈嗪"], frozenset("B")))
    ['肼屈嗪']
    """
    by_letter = _by_letter(options or ())
    return frozenset(by_letter.get(letter, letter) for letter in letters)


def _choice(item: AnsweredItem, labels: tuple[str, ...]) -> Choice:
    letters = tuple(read_letters(answer or "", labels) for answer in item.answers)
    right = tuple(
        found is not None and found == read_letters(reference.answer, labels)
        for found, reference in zip(letters, item.references, strict=True)
    )
    return Choice(item, letters, right)


def _by_letter(options: Sequence[str]) -> dict[str, str]:
    """Return option texts by the letters written before them, by position where they have none."""
    lettered = [_LETTERED.match(option) for option in options]
    if all(lettered):
        pairs = [found.groups() for found in lettered if found]
        return {normalised(letter).upper(): normalised(text) for letter, text in pairs}
    return {chr(ord("A") + place): normalised(text) for place, text in enumerate(options)}
