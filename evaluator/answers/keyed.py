"""Records as runs of `key：value`, such as `关系类型：…，头实体：…，尾实体：…。`"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from evaluator.answers.json_text import dictionaries
from evaluator.answers.text import final_answer, normalised, says_nothing

Keys = Mapping[str, str]
V = TypeVar("V")


def keyed_records(answer: str, keys: Keys) -> list[dict[str, object]] | None:
    """Return the records of an answer, from JSON or from text; None where there is none.

    `keys` maps each way to write a key, normalised, to its name. A record of text begins where a
    key comes again, or where the first of them does.

    >>> keyed_records("头：哮喘，尾：咳嗽。头：肺炎，尾：发热", {"头": "head", "尾": "tail"})
    [{'head': '哮喘', 'tail': '咳嗽'}, {'head': '肺炎', 'tail': '发热'}]
    """
    objects = dictionaries(answer)
    if objects is None:
        return _text_records(answer, keys) or None
    known = [
        {keys[normalised(key)]: value for key, value in one.items() if normalised(key) in keys}
        for one in objects
    ]
    return [record for record in known if record] if any(known) or not objects else None


def read_keyed(
    text: str,
    keys: Keys,
    values: Callable[[dict[str, object]], Iterable[V]],
    nothing: frozenset[V],
) -> frozenset[V] | None:
    """Return what `values` makes of each record of an answer, None where nothing can be read.

    `nothing` is what an answer means that says there is none.
    """
    answer = final_answer(text)
    if says_nothing(answer):
        return nothing
    records = keyed_records(answer, keys)
    if records is None:
        return None
    found = frozenset(value for record in records for value in values(record))
    return found or (None if records else nothing)


def _text_records(answer: str, keys: Keys) -> list[dict[str, object]]:
    text = "\n".join(normalised(line) for line in answer.splitlines())
    names = "|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True))
    found = list(re.finditer(rf"({names})[*\"'】 ]{{0,4}}:", text))
    stops = [*(one.start() for one in found), len(text)][1:]
    records: list[dict[str, object]] = []
    for one, stop in zip(found, stops, strict=True):
        key = keys[one.group(1)]
        if not records or key in records[-1]:
            records.append({})
        records[-1][key] = _value(text[one.end() : stop])
    return records


def _value(written: str) -> str:
    """Return a value, which ends with its line or sentence."""
    return re.split(r"[。\n]", written.strip(), maxsplit=1)[0].strip(" -*#,;、(<[")
