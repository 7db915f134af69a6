"""Copies of choice items with shuffled options, at random with a seed."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from evaluator.answers import read_letters
from evaluator.answers.text import unified
from evaluator.errors import EvaluatorError
from evaluator.items import Question, Reference, load_items, load_references
from evaluator.texts import _

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TRIES = 10_000
_LETTERED = re.compile(r"(\s*[(（]?([A-Za-zＡ-Ｚ])\s*[.．、:：)）]\s*)(.*)", re.DOTALL)

Order = tuple[int, ...]


def shuffle_dataset(folder: Path, copies: int, seed: int) -> int:
    """Write so many copies of each choice item into both files of a dataset; return the lines.

    The first copy is the item as it stands. The others are drawn so that no two are equal and that
    neither the place of the right option nor what moves tells the key (`is_fair`). Items without
    options stay as they are.

    Raises:
        DeclarationError: the files cannot be read, or do not fit each other.
        EvaluatorError: an item has copies already, or too few options for so many.
    """
    items = load_items(folder)
    load_references(folder, items)
    questions, references = (_objects(folder / kind.FILE) for kind in (Question, Reference))
    by_item = {str(line["other"]["id"]): line for line in references}
    if len(by_item) < len(references):
        raise EvaluatorError(
            _("{folder} holds shuffled copies already; start from a file with one line an item."),
            folder=folder,
        )
    source = random.Random(seed)
    asked: list[dict[str, Any]] = []
    expected: list[dict[str, Any]] = []
    for question in questions:
        reference = by_item[str(question["other"]["id"])]
        if not question.get("options"):
            asked.append(question)
            expected.append(reference)
            continue
        for order in _orders(question, reference, copies, source):
            moved = _moved(question["options"], order)
            asked.append({**question, "options": moved})
            expected.append({**reference, "answer": _answer(reference, order), "options": moved})
    for kind, lines in ((Question, asked), (Reference, expected)):
        draft = folder / f"{kind.FILE}.draft"
        draft.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        draft.replace(folder / kind.FILE)
    return len(asked)


def is_fair(orders: Sequence[Order], right: frozenset[int]) -> bool:
    """Whether copies tell nothing of the key: `right` are the right options in the first order.

    An order names, place by place, the option of the first copy that stands there.

    >>> is_fair([(0, 1, 2), (1, 2, 0)], frozenset({0}))
    False
    >>> is_fair([(0, 1, 2, 3), (3, 0, 1, 2), (1, 3, 2, 0)], frozenset({1}))
    True
    """
    return spread(orders, right) and not only_movers(orders)


def spread(orders: Sequence[Order], right: frozenset[int]) -> bool:
    """Whether the right options stand at one place in at most half of the copies."""
    places = Counter(frozenset(order.index(one) for one in right) for order in orders)
    return max(places.values()) <= max(1, len(orders) // 2)


def only_movers(orders: Sequence[Order]) -> set[int]:
    """Return each option without which all copies would be the same: it moves alone.

    Of two options either can be said to move, so that nothing is told.
    """
    options = set(orders[0])
    if len(options) < 3 or len(orders) < 2:
        return set()
    return {
        one
        for one in options
        if len({tuple(other for other in order if other != one) for order in orders}) == 1
    }


def order_of(first: Sequence[str], other: Sequence[str]) -> Order | None:
    """Return the order of a copy's options by those of the first; None where they differ."""
    texts, moved = ([text for _letter, text in parted(options)] for options in (first, other))
    if sorted(texts) != sorted(moved) or len(set(texts)) < len(texts):
        return None
    return tuple(texts.index(text) for text in moved)


def parted(options: Sequence[str]) -> list[tuple[str, str]]:
    """Return of each option its letter and its text; the whole is text without A, B, C … in order.

    >>> parted(["A. 青霉素", "B. 红霉素"])
    [('A. ', '青霉素'), ('B. ', '红霉素')]
    >>> parted(["E. coli", "S. aureus"])
    [('', 'E. coli'), ('', 'S. aureus')]
    """
    found = [one for one in map(_LETTERED.fullmatch, options) if one]
    letters = "".join(unified(one[2]).upper() for one in found)
    if len(found) < len(options) or letters != LETTERS[: len(options)]:
        return [("", option) for option in options]
    return [(one[1], one[3]) for one in found]


def _orders(
    question: dict[str, Any], reference: dict[str, Any], copies: int, source: random.Random
) -> list[Order]:
    size = len(question["options"])
    letters = read_letters(reference["answer"]) or frozenset()
    right = frozenset(LETTERS.index(letter) for letter in letters)
    first = tuple(range(size))
    if right and max(right) < size and copies <= math.factorial(size):
        for _try in range(TRIES):
            orders = [first, *(tuple(source.sample(first, size)) for _copy in range(copies - 1))]
            if len(set(orders)) == copies and is_fair(orders, right):
                return orders
    raise EvaluatorError(
        _(
            "Item {id} of {dataset}: {size} options with the answer “{answer}” cannot be shuffled "
            "into {copies} copies; check its answer, or make fewer copies."
        ),
        id=question["other"]["id"],
        dataset=question["other"]["source"],
        size=size,
        answer=reference["answer"],
        copies=copies,
    )


def _moved(options: Sequence[str], order: Order) -> list[str]:
    """Return the options in another order, with the letters where they were."""
    pieces = parted(options)
    return [pieces[number][0] + pieces[place][1] for number, place in enumerate(order)]


def _answer(reference: dict[str, Any], order: Order) -> str:
    letters = read_letters(reference["answer"]) or frozenset()
    now = sorted(LETTERS[order.index(LETTERS.index(letter))] for letter in letters)
    return f"<{', '.join(now)}>"


def _objects(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
