"""Prediction lines matched with the items they answer, one answer for each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from evaluator.answers import LONGEST_TEXT, open_text
from evaluator.archive import Line
from evaluator.items import Item, Question
from evaluator.problems import Findings, Place
from evaluator.texts import _

_SOURCE = re.compile(r'"source"\s*:\s*"([^"]*)"')
_ID = re.compile(r'"id"\s*:\s*"?([^"\s,}]*)')


class _Slot(NamedTuple):
    """One answer wanted: a copy of an item of a dataset."""

    dataset: str
    item: str
    copy: int


class _Filled(NamedTuple):
    """One answer given, and where."""

    answer: str | None
    place: Place


class Reader:
    """Takes prediction lines one by one and fills the slots of a track."""

    def __init__(
        self,
        items: Mapping[str, Mapping[str, Item]],
        findings: Findings,
        open_sets: Collection[str] = (),
    ) -> None:
        self._items = items
        # Datasets answered in free text.
        self._open_sets = open_sets
        self._findings = findings
        self._filled: dict[_Slot, _Filled] = {}
        # Items that a line names which is wrong otherwise: they are not missing as well.
        self._named: Counter[tuple[str, str]] = Counter()
        self.lines_read = 0

    def read(self, line: Line) -> None:
        self.lines_read += line.readable
        written = self._parsed(line) if line.readable else None
        if written is None:
            dataset, item_id = _names(line.text)
            if item_id in self._items.get(dataset, ()):
                self._named[dataset, item_id] += 1
            return
        item = self._item(written.get("other"), line)
        self._check_answer(written, line)
        if item is None:
            return
        slot = self._slot(item, written, line)
        if slot is None:
            self._named[item.copies[0].other.source, item.id] += 1
            return
        before = self._filled.get(slot)
        if before is not None:
            self._findings.problem(
                Place(line.file, line.number, "other.id"),
                _("The item was answered before; keep one line for it."),
                found=f"{slot.dataset} {slot.item} ({before.place.file}: {before.place.line})",
            )
            return
        answer = written.get("answer")
        self._filled[slot] = _Filled(answer, Place(line.file, line.number))
        if slot.dataset in self._open_sets and isinstance(answer, str):
            self._check_length(answer, line)

    def report_missing(self, name: str) -> None:
        """Note every item without an answer, grouped by dataset."""
        for dataset, items in self._items.items():
            wanted = sum(len(item.copies) for item in items.values())
            missing = [
                item.id
                for item in items.values()
                for _copy in range(self._unanswered(dataset, item))
            ]
            if len(missing) == wanted:
                self._findings.problem(
                    Place(name),
                    _("All {count} lines of dataset {dataset} are missing; add them."),
                    count=wanted,
                    dataset=dataset,
                )
                continue
            for item_id in missing:
                self._findings.problem(
                    Place(name, None, "other.id"),
                    _(
                        "Items of dataset {dataset} are missing; answer them, or write "
                        "“answer”: null, “skipped”: true."
                    ),
                    found=item_id,
                    dataset=dataset,
                )

    def _unanswered(self, dataset: str, item: Item) -> int:
        """Return how many copies of an item no line is about, not even a faulty one."""
        slots = [_Slot(dataset, item.id, copy) for copy in range(len(item.copies))]
        empty = sum(slot not in self._filled for slot in slots)
        return max(0, empty - self._named[dataset, item.id])

    def answers(self) -> dict[str, dict[str, tuple[str | None, ...]]]:
        """Return every answer in the order of the questions; every slot must be filled."""
        return {
            dataset: {
                item.id: tuple(
                    self._filled[_Slot(dataset, item.id, copy)].answer
                    for copy in range(len(item.copies))
                )
                for item in items.values()
            }
            for dataset, items in self._items.items()
        }

    def _parsed(self, line: Line) -> dict[str, Any] | None:
        place = Place(line.file, line.number)
        try:
            written = orjson.loads(line.text)
        except orjson.JSONDecodeError as error:
            self._findings.problem(
                place,
                _("The line is not valid JSON; write one object a line, with escaped quotes."),
                found=f"{error.msg}, {line.text[max(error.pos - 10, 0) : error.pos + 10]}",
            )
            return None
        if not isinstance(written, dict):
            self._findings.problem(
                place, _("The line is not a JSON object; write {{…}}."), found=line.text
            )
            return None
        return written

    def _item(self, other: object, line: Line) -> Item | None:
        place = Place(line.file, line.number, "other")
        if not isinstance(other, dict):
            self._findings.problem(
                place,
                _("The field must be an object with “id” and “source”, as in the question."),
                found=other,
            )
            return None
        source, item_id = other.get("source"), other.get("id")
        if not isinstance(source, str) or source not in self._items:
            self._findings.problem(
                place._replace(field="other.source"),
                _("This track has no such dataset; it has: {known}."),
                found=source,
                known=", ".join(self._items),
            )
            return None
        if isinstance(item_id, bool) or not isinstance(item_id, str | int):
            self._findings.problem(
                place._replace(field="other.id"),
                _("The id must be a number or a text, as in the question."),
                found=item_id,
            )
            return None
        item = self._items[source].get(str(item_id))
        if item is None:
            self._findings.problem(
                place._replace(field="other.id"),
                _("Dataset {dataset} has no item of this id; use the ids of the question pack."),
                found=item_id,
                dataset=source,
            )
        return item

    def _check_answer(self, written: dict[str, Any], line: Line) -> None:
        place = Place(line.file, line.number, "answer")
        answer, skipped = written.get("answer"), written.get("skipped", False)
        if not isinstance(skipped, bool):
            self._findings.problem(
                place._replace(field="skipped"),
                _("The field must be true or false."),
                found=skipped,
            )
        elif skipped and answer is not None:
            self._findings.problem(
                place,
                _("The item is marked skipped but has an answer; keep one of the two."),
                found=answer,
            )
        elif answer is None and not skipped:
            self._findings.problem(
                place,
                _("There is no answer; write one, or add “skipped”: true if it was not attempted."),
            )
        elif not (answer is None or isinstance(answer, str)):
            self._findings.problem(place, _("The answer must be a text in quotes."), found=answer)

    def _check_length(self, answer: str, line: Line) -> None:
        if len(answer) > LONGEST_TEXT and not open_text(answer):
            self._findings.notice(
                Place(line.file, line.number, "answer"),
                _(
                    "The answer is longer than {limit} characters; in an open question it counts "
                    "as unreadable and scores 0. Shorten it if that is not what you want."
                ),
                limit=LONGEST_TEXT,
            )

    def _slot(self, item: Item, written: dict[str, Any], line: Line) -> _Slot | None:
        dataset = item.copies[0].other.source
        if len(item.copies) == 1:
            return _Slot(dataset, item.id, 0)
        place = Place(line.file, line.number, "options")
        options = written.get("options")
        if options is not None and not _is_list_of_texts(options):
            self._findings.problem(
                place, _("The field must be a list of texts, as in the question."), found=options
            )
            return None
        matching = list(_matching(item.copies, options, written.get("question")))
        if not matching:
            self._findings.problem(
                place,
                _("The options are those of no copy of this item; keep them as in the question."),
                found=f"{dataset} {item.id}",
            )
            return None
        if len(matching) == 1:
            return _Slot(dataset, item.id, matching[0])
        self._findings.notice(
            Place(line.file, None, "options"),
            _("Copies of an item without options were taken in the order of the question pack."),
        )
        free = (copy for copy in matching if _Slot(dataset, item.id, copy) not in self._filled)
        return _Slot(dataset, item.id, next(free, matching[-1]))


def _names(text: str) -> tuple[str, str]:
    """Return the dataset and item that an unreadable line seems to be about."""
    sources, ids = _SOURCE.findall(text), _ID.findall(text)
    return (sources[-1], ids[-1]) if sources and ids else ("", "")


def _matching(
    copies: tuple[Question, ...], options: list[str] | None, question: object
) -> Iterator[int]:
    """Yield the copies a line can mean: by its options, else by its question, else all."""
    texts = [copy.question for copy in copies]
    for number, copy in enumerate(copies):
        if options is not None:
            if list(copy.options or ()) == options:
                yield number
        elif not isinstance(question, str) or question not in texts or copy.question == question:
            yield number


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)
