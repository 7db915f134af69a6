"""The check of one dataset: its lines, its references, its options, its images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evaluator.answers import READERS, read_letters
from evaluator.check.finding import Finding, at, error_of
from evaluator.check.own import check_own_answers
from evaluator.check.twins import check_images, check_twins
from evaluator.dataset import Dataset
from evaluator.errors import DeclarationError
from evaluator.items import (
    Item,
    Question,
    Reference,
    by_id,
    read_items,
    read_references,
    sorted_out,
)
from evaluator.lines import Located, read_lines
from evaluator.shuffle import LETTERS, only_movers, order_of, spread
from evaluator.texts import _

References = Mapping[str, Sequence[Located[Reference]]]


def check_dataset(folder: Path, dataset: Dataset) -> Iterator[Finding]:
    """Yield what is wrong or doubtful; what needs right items is asked only of those."""
    try:
        items, errors = read_items(folder)
        yield from map(error_of, errors)
        _found, more = read_references(folder, items)
    except DeclarationError as error:
        yield error_of(error)
        return
    yield from map(error_of, more)
    located, _errors = sorted_out(read_lines(folder, Reference))
    references = by_id(located)
    paired = [item for item in items if len(references.get(item.id, ())) == len(item.copies)]
    unreadable = list(_unreadable(folder, paired, references, dataset))
    yield from (finding for _id, finding in unreadable)
    yield from _check_options(folder, paired, references)
    yield from check_twins(folder, items)
    yield from check_images(folder, items)
    if not errors and not more:
        unread = {key for key, _finding in unreadable}
        right = [item for item in paired if item.id not in unread]
        yield from check_own_answers(folder, right, references, dataset)


def _unreadable(
    folder: Path, items: Sequence[Item], references: References, dataset: Dataset
) -> Iterator[tuple[str, Finding]]:
    """Yield items with a reference that can never be read, or that no answer could match."""
    read = READERS.get(dataset.convention)
    file = folder / Reference.FILE
    for item in items:
        for copy, located in zip(item.copies, references[item.id], strict=True):
            answer = located.value.answer
            found = read(answer, dataset.labels) if read else answer.strip() or None
            if found is None:
                sentence = _("the reference of id {id} cannot be read as “{convention}”.")
                values = {"id": item.id, "convention": dataset.convention}
                yield item.id, at("error", file, located.number, sentence, **values)
            elif copy.options and dataset.convention == "letter":
                size = len(copy.options)
                chosen = read_letters(answer, LETTERS[:size])
                if chosen is None:
                    sentence = _("id {id} has {size} options, but its reference is “{answer}”.")
                    values = {"id": item.id, "size": str(size), "answer": answer}
                    yield item.id, at("error", file, located.number, sentence, **values)


def _check_options(
    folder: Path, items: Sequence[Item], references: References
) -> Iterator[Finding]:
    """Yield groups of copies whose options differ, stand twice, or tell the key."""
    for item in items:
        if item.copies[0].options and len(item.copies) > 1:
            keys = [one.value for one in references[item.id]]
            told = _what_is_wrong(item, keys)
            if told:
                values = {"id": item.id, "copies": len(item.copies)}
                yield at("error", folder / Question.FILE, item.lines[0], told, **values)


def _what_is_wrong(item: Item, keys: Sequence[Reference]) -> str | None:
    """Return the first thing that is wrong with the copies of an item, None where nothing is."""
    first = item.copies[0].options or ()
    found = [order_of(first, copy.options or ()) for copy in item.copies]
    orders = [order for order in found if order is not None]
    if len(orders) < len(found):
        return _("the copies of id {id} have other options.")
    if len(set(orders)) < len(orders):
        return _("two copies of id {id} are the same.")
    letters = [read_letters(key.answer, LETTERS[: len(first)]) or () for key in keys]
    right = [
        frozenset(order[LETTERS.index(letter)] for letter in chosen)
        for order, chosen in zip(orders, letters, strict=True)
    ]
    if not all(right):
        # Said already of the reference that names no option.
        return None
    if len(set(right)) > 1:
        return _("the copies of id {id} have different right options; correct their references.")
    if not spread(orders, right[0]):
        return _(
            "in more than half of the {copies} copies of id {id} the right option stands at one "
            "place; shuffle them again."
        )
    if only_movers(orders):
        return _(
            "between the copies of id {id} only one option moves, which tells it from the others; "
            "shuffle them again."
        )
    return None
