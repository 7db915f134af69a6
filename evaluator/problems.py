"""What is wrong with an upload: every problem, grouped, as sentences."""

from __future__ import annotations

import dataclasses
import reprlib
from dataclasses import dataclass
from typing import NamedTuple

from evaluator.errors import EvaluatorError
from evaluator.texts import Language, Sentence, _

EXAMPLES = 5
FOUND_CHARACTERS = 60
# The built-in repr fails on deeply nested values and writes large ones in full.
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 2 * FOUND_CHARACTERS


class Place(NamedTuple):
    """Where in the upload: a file, a line (from 1) and a field, as far as they are known."""

    file: str
    line: int | None = None
    field: str | None = None


class Example(NamedTuple):
    """One occurrence of a problem: its line, and what was found there."""

    line: int | None
    found: str


@dataclass
class Group:
    """The same problem at several places of one file; the first few are kept as examples."""

    file: str
    field: str | None
    sentence: Sentence
    count: int = 0
    examples: list[Example] = dataclasses.field(default_factory=list)

    def record(self, language: Language) -> dict[str, object]:
        """Return the group as JSON values, with its sentence in that language."""
        return {
            "file": self.file,
            "field": self.field,
            "count": self.count,
            "lines": [example.line for example in self.examples if example.line is not None],
            "found": [example.found for example in self.examples if example.found],
            "message": self.sentence.text(language),
        }

    def text(self, language: Language) -> str:
        """Return the group as one line of plain text."""
        return f"{self._where(language)}: {self.sentence.text(language)}{self._what(language)}"

    def _where(self, language: Language) -> str:
        lines = [str(example.line) for example in self.examples if example.line is not None]
        parts = [self.file]
        if lines:
            more = self.count - len(lines)
            listed = ", ".join(lines) + (f" … (+{more})" if more > 0 else "")
            parts.append(Sentence(_("line {lines}"), {"lines": listed}).text(language))
        if self.field:
            parts.append(self.field)
        return ", ".join(parts)

    def _what(self, language: Language) -> str:
        found = list(dict.fromkeys(example.found for example in self.examples if example.found))
        if not found:
            return ""
        shown = ", ".join(f"“{text}”" for text in found)
        return " " + Sentence(_("Found: {found}."), {"found": shown}).text(language)


class Findings:
    """Collects problems (they refuse the file) and notices (they do not)."""

    def __init__(self) -> None:
        self._problems: dict[tuple[object, ...], Group] = {}
        self._notices: dict[tuple[object, ...], Group] = {}

    @property
    def problems(self) -> list[Group]:
        """Return the groups of problems in the order they were met."""
        return list(self._problems.values())

    @property
    def notices(self) -> list[Group]:
        """Return the groups of notices in the order they were met."""
        return list(self._notices.values())

    def problem(
        self, place: Place, template: str, /, *, found: object = "", **values: object
    ) -> None:
        """Note something that refuses the file."""
        _add(self._problems, place, Sentence(template, values), found)

    def notice(
        self, place: Place, template: str, /, *, found: object = "", **values: object
    ) -> None:
        """Note something that was put right without asking, and is worth knowing."""
        _add(self._notices, place, Sentence(template, values), found)

    def raise_if_any(self) -> None:
        """Refuse the upload if there is any problem.

        Raises:
            SubmissionRefused: with every group.
        """
        if self._problems:
            raise SubmissionRefused(self.problems)


class SubmissionRefused(EvaluatorError):
    """An upload that cannot be scored; `groups` says everything that is wrong with it."""

    def __init__(self, groups: list[Group]) -> None:
        self.groups = groups
        count = sum(group.count for group in groups)
        super().__init__(
            _("The file was refused: {count} problem(s) of {kinds} kind(s)."),
            count=count,
            kinds=len(groups),
        )

    def report(self, language: Language) -> str:
        """Return the whole report as plain text, a line for each kind of problem."""
        lines = [self.text(language), *(f"- {group.text(language)}" for group in self.groups)]
        return "\n".join(lines)


def clip(found: object) -> str:
    """Return what was found, on one line, shortened to FOUND_CHARACTERS, harmless to print."""
    text = found if isinstance(found, str) else _SHORT.repr(found)
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:200])
    return shown if len(shown) <= FOUND_CHARACTERS else shown[:FOUND_CHARACTERS] + "…"


def _add(
    groups: dict[tuple[object, ...], Group], place: Place, sentence: Sentence, found: object
) -> None:
    key = (place.file, place.field, sentence.template, tuple(sentence.values.items()))
    group = groups.setdefault(key, Group(place.file, place.field, sentence))
    group.count += 1
    if len(group.examples) < EXAMPLES:
        group.examples.append(Example(place.line, clip(found)))
