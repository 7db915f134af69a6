"""Fields of a structured record: a JSON object, or lines `field：value` (SMDoc)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from evaluator.answers.json_text import dictionaries
from evaluator.answers.text import NONE, bare, final_answer, normalised, refused, says_nothing

_LIST_MARK = re.compile(r"^[\s>*#\-•]*(?:\d{1,3}[.、])?[\s*]*")
_LONGEST_NAME = 40


def read_fields(text: str, labels: Sequence[str] = ()) -> dict[str, str] | None:
    """Return field → value, both normalised; None where no field can be read.

    Fields of nested objects are named `outer.inner`; the values of a list are sorted and joined
    by `|`. A field that is null, empty or 无 has the value 无. `labels` are the fields read, by
    default all.

    >>> read_fields('{"姓名": "张三", "体征": {"体温": "38.5℃", "皮疹": null}}')
    {'姓名': '张三', '体征.体温': '38.5°c', '体征.皮疹': '无'}
    """
    answer = final_answer(text)
    objects = dictionaries(answer)
    pairs = _line_fields(answer) if objects is None else _json_fields(objects)
    known = {normalised(label) for label in labels}
    return {key: value for key, value in pairs if not known or key in known} or None


def _json_fields(objects: Sequence[dict[str, object]]) -> Iterator[tuple[str, str]]:
    for written in objects:
        yield from _flat(written, "")


def _flat(written: dict[str, object], outer: str) -> Iterator[tuple[str, str]]:
    for key, value in written.items():
        name = f"{outer}{normalised(key)}"
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{name}.")
        else:
            yield name, _value(value)


def _value(value: object) -> str:
    """Return a value as text; of a list, whatever the order of its members."""
    if isinstance(value, dict):
        parts = [f"{normalised(key)}:{_value(inner)}" for key, inner in value.items()]
    elif isinstance(value, list):
        parts = [_value(inner) for inner in value]
    else:
        parts = ["" if value is None else bare(str(value))]
    return "|".join(sorted({part for part in parts if part and not says_nothing(part)})) or NONE


def _line_fields(answer: str) -> Iterator[tuple[str, str]]:
    if refused(answer):
        return
    for line in answer.splitlines():
        key, _, value = normalised(_LIST_MARK.sub("", line)).partition(":")
        if 0 < len(bare(key)) <= _LONGEST_NAME and bare(value):
            yield bare(key), _value(value)
