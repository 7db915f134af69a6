"""What an answer says: each sentence once, and no bare catalogue of names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from evaluator.answers import normalised, open_text
from evaluator.metrics.keypoints.clauses import Span, sentences
from evaluator.metrics.legible import legible

# A shorter sentence may be a heading or a list mark.
REPEATABLE_LETTERS = 8
# No real text has a sentence more than twice; what stands more often than this is no answer.
MOST_TIMES = 3
# Of 1,433 real answers and references none lists more than 22 (docs/metrics.md).
MOST_NAMES = 24
NAME_LETTERS = 8
# Between two Chinese words a blank separates names as a mark does.
_BETWEEN = re.compile(r"[、,|/]+|(?<=[\u3400-\u9fff])[ \t]+(?=[\u3400-\u9fff])")
_LIST_MARK = re.compile(r"^[\s\-*•·#]*(?:[(（]?\d{1,3}[)）.、]\s*)?")


def answer_text(answer: str | None) -> str:
    """Return what an open answer says, as every metric with an encoder compares it."""
    return said(legible(open_text(answer)))


def said(text: str) -> str:
    """Return a legible text without repetitions and without catalogues.

    A repeated sentence counts once; one that stands more than three times is a loop and does not
    count. A catalogue is a sentence, or a row of sentences that are nothing but names of at most
    eight letters, that lists more than 24: who names everything commits to nothing.

    >>> said("考虑急性阑尾炎。尽快手术。考虑急性阑尾炎。")
    '考虑急性阑尾炎。尽快手术。'
    >>> said("诊断:" + "、".join(["肺炎", "哮喘"] * 15) + "。请多喝水，注意休息和保暖。")
    '请多喝水，注意休息和保暖。'
    """
    parts = [text[start:stop] for start, stop in sentences(text)]
    kept = list(_uncatalogued(list(_once(parts))))
    return text if len(kept) == len(parts) else "".join(kept)


def _once(parts: Sequence[str]) -> Iterator[str]:
    wordings = [normalised(part) for part in parts]
    times = Counter(wordings)
    seen: set[str] = set()
    for part, wording in zip(parts, wordings, strict=True):
        repeated = wording in seen or times[wording] > MOST_TIMES
        if len(wording) < REPEATABLE_LETTERS or not repeated:
            yield part
        seen.add(wording)


def _uncatalogued(parts: Sequence[str]) -> Iterator[str]:
    for row in _rows(parts):
        if sum(len(_names(parts[number])) for number in range(*row)) <= MOST_NAMES:
            yield from parts[row.start : row.stop]


def _rows(parts: Sequence[str]) -> Iterator[Span]:
    """Yield the runs of sentences that are nothing but names, and every other sentence alone."""
    start = 0
    for number, part in enumerate(parts):
        if all(len(name) <= NAME_LETTERS for name in _names(part)):
            continue
        if start < number:
            yield Span(start, number)
        yield Span(number, number + 1)
        start = number + 1
    if start < len(parts):
        yield Span(start, len(parts))


def _names(part: str) -> list[str]:
    found = (name.strip(" \t\n。;!?；！？.") for name in _BETWEEN.split(_LIST_MARK.sub("", part)))
    return [name for name in found if name]
