"""Entities by category, as in `疾病：哮喘，肺炎`, one line a category (CMeEE)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from evaluator.answers.json_text import json_values
from evaluator.answers.text import bare, final_answer, normalised, says_nothing

Pair = tuple[str, str]

NOTHING = frozenset({("none", "")})
_LIST_MARK = re.compile(r"^[\s>*#\-•|]*(?:[（(]?\d{1,3}[.、)）])?[\s*]*")
_BREAK = re.compile(r"[,;、|]")
_CATEGORY_KEYS = ("类别", "类型", "实体类型", "实体类别", "type", "category", "label")
_NAME_KEYS = ("实体", "名称", "实体名称", "name", "entity", "text", "mention", "entities")


def read_entities(text: str, labels: Sequence[str] = ()) -> frozenset[Pair] | None:
    """Return (category, entity) pairs of lines, of a list under each category, or of JSON.

    The answer 无 is a label of its own, so that it can be right or wrong like any other. With
    `labels`, lines of other categories are prose.

    >>> sorted(read_entities("疾病：哮喘，肺炎\\n- 药物: 布地奈德") or [])
    [('疾病', '哮喘'), ('疾病', '肺炎'), ('药物', '布地奈德')]
    """
    answer = final_answer(text)
    if says_nothing(answer):
        return NOTHING
    values = json_values(answer)
    pairs = list(_json_pairs(values) if values else _line_pairs(answer))
    if labels:
        known = {normalised(label) for label in labels}
        pairs = [pair for pair in pairs if pair[0] in known]
    named = frozenset((category, name) for category, name in pairs if not says_nothing(name))
    return named or (NOTHING if pairs else None)


def _line_pairs(answer: str) -> Iterator[Pair]:
    """Yield the pairs of each line; one with a category alone lends it to those below."""
    above = ""
    for line in answer.splitlines():
        listed = normalised(_LIST_MARK.sub("", line))
        head, colon, names = listed.partition(":")
        category = bare(head) if colon else above
        found = _names(names if colon else listed)
        if category:
            yield from ((category, name) for name in found)
        if colon:
            above = "" if found else category


def _names(written: str) -> list[str]:
    """Return the names of a list; normalised, as they stand."""
    names = (bare(name) for name in _BREAK.split(normalised(written)))
    return [name for name in names if name]


def _json_pairs(values: list[object], outer: str = "") -> Iterator[Pair]:
    """Yield the pairs of objects by category, and of lists of {类别, 实体}."""
    for value in values:
        for member in value if isinstance(value, list) else [value]:
            if isinstance(member, dict):
                yield from _object_pairs(member, outer)


def _object_pairs(written: dict[str, object], outer: str) -> Iterator[Pair]:
    by_key = {normalised(key): value for key, value in written.items()}
    category = next((by_key[key] for key in _CATEGORY_KEYS if key in by_key), outer)
    name = next((by_key[key] for key in _NAME_KEYS if key in by_key), None)
    if outer or (isinstance(category, str) and category and name is not None):
        by_key = {bare(str(category)): name}
    for head, entities in by_key.items():
        listed = entities if isinstance(entities, list) else [entities]
        if any(isinstance(entity, dict) for entity in listed):
            yield from _json_pairs(listed, head)
            continue
        # A category without entities has the one entity 无.
        for entity in listed or ["无"]:
            yield from ((head, name) for name in _names(entity if isinstance(entity, str) else ""))
