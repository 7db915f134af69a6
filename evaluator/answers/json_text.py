"""JSON as models write it: among prose, with other quotes, comments, or cut off at the end.

Repairing libraries were tried and not taken: they need minutes for some texts of a few thousand
characters. This reads any text in linear time and repairs only what is listed here: single and
curly quotes, quotes within a string, trailing and missing commas, comments, bare words, Python's
None, True and False, full-width punctuation, and brackets that are never closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import orjson

from evaluator.answers.text import unified

DEPTH = 32

_END = r"(?:\s++[\"'“]|\s*+(?:[,:}\]]|//|/\*|#|\Z))"
_TOKEN = re.compile(
    rf'"(?P<double>(?:[^"\\]|\\.|"(?!{_END}))*+)(?:"|\\?\Z)'
    rf"|'(?P<single>(?:[^'\\]|\\.|'(?!{_END}))*+)(?:'|\\?\Z)"
    rf"|“(?P<curly>(?:[^”\\]|\\.|”(?!{_END}))*+)(?:”|\\?\Z)"
    r"|(?P<comment>//[^\n]*+|#[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z))"
    r"|(?P<mark>[{}\[\],:])"
    r"|(?P<word>[^\s{}\[\],:\"'“/#]++)",
    re.DOTALL,
)
# What can follow an opening bracket of JSON; prose has brackets too.
_START = re.compile(r"[\[{](?=\s*+(?:[\[{}\]\"'“]|//|/\*|#|\w++\s*+:))")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "", "f": ""}
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?\Z")
_WORDS: dict[str, object] = {"null": None, "none": None, "true": True, "false": False}


class _Found(NamedTuple):
    """A value and where it ends."""

    value: object
    stop: int


def json_values(answer: str) -> list[object]:
    """Return the objects and lists that stand in an answer, outermost only, in order.

    Nothing that is nested more than 32 deep is read.

    >>> json_values("结果：[{'主体词': '咳嗽', '解剖部位': [],}]")
    [[{'主体词': '咳嗽', '解剖部位': []}]]
    """
    start, stop = _START.search(answer), max(answer.rfind("}"), answer.rfind("]"))
    if start:
        try:
            value = orjson.loads(answer[start.start() : stop + 1])
            return [value] if _is_shallow(value) else []
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            pass
    return list(_lenient_values(unified(answer)))


def dictionaries(answer: str) -> list[dict[str, object]] | None:
    """Return the objects of an answer, of its lists too; None where it has neither.

    >>> dictionaries('{"a": 1}\\n{"a": 2}'), dictionaries("[]"), dictionaries("无")
    ([{'a': 1}, {'a': 2}], [], None)
    """
    values = json_values(answer)
    if not values:
        return None
    members = [
        member for value in values for member in (value if isinstance(value, list) else [value])
    ]
    return [member for member in members if isinstance(member, dict)]


def _is_shallow(value: object) -> bool:
    level = [value]
    for _ in range(DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return not any(isinstance(inner, dict | list) for inner in level)


def _lenient_values(text: str) -> Iterator[object]:
    start = _START.search(text)
    while start:
        found = _lenient_value(text, start.start())
        if found is None:
            return
        yield found.value
        start = _START.search(text, found.stop)


def _lenient_value(text: str, start: int) -> _Found | None:
    """Return the value that opens at `start`, None where it is nested too deeply."""
    reader = _Builder()
    stop = len(text)
    for token in _TOKEN.finditer(text, start):
        reader.take(token)
        if len(reader.open) > DEPTH:
            return None
        if not reader.open:
            stop = token.end()
            break
    return _Found(reader.outermost, stop)


class _Builder:
    """Puts tokens together; a key waits for its value, and brackets may stay open."""

    def __init__(self) -> None:
        self.outermost: object = None
        self.open: list[list[object] | dict[str, object]] = []
        self._keys: list[str | None] = []
        self._word: object = None

    def take(self, token: re.Match[str]) -> None:
        kind, written = token.lastgroup, token.group()
        if kind == "comment":
            return
        if kind != "mark":
            self._add(_word(written) if kind == "word" else _unescaped(token.group(str(kind))))
        elif written in "{[":
            self._push({} if written == "{" else [])
        elif written in "}]":
            self.open.pop()
            self._keys.pop()
        elif written == ":" and isinstance(self.open[-1], dict) and self._word is not None:
            self._keys[-1], self._word = str(self._word), None

    def _push(self, container: list[object] | dict[str, object]) -> None:
        if self.open:
            self._add(container)
        else:
            self.outermost = container
        self.open.append(container)
        self._keys.append(None)

    def _add(self, value: object) -> None:
        inner, key = self.open[-1], self._keys[-1]
        if value == "...":
            return
        if isinstance(inner, list):
            inner.append(value)
        elif key is not None:
            inner[key] = value
            self._keys[-1] = None
        else:
            self._word = value


def _word(written: str) -> object:
    if written.casefold() in _WORDS:
        return _WORDS[written.casefold()]
    if _NUMBER.match(written):
        return float(written) if "." in written else int(written)
    return written


def _unescaped(written: str) -> str:
    return _ESCAPE.sub(_character, written)


def _character(escape: re.Match[str]) -> str:
    code = escape.group(1)
    if len(code) == 1:
        return _ESCAPED.get(code, code)
    number = int(code[1:], 16)
    return "" if 0xD800 <= number <= 0xDFFF else chr(number)
