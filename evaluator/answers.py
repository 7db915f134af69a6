"""Reading answers as models really write them; what cannot be read is a format mismatch."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping

import orjson

Labels = frozenset[tuple[str, str]]

NONE_LABEL: Labels = frozenset({("none", "")})
NONE_WORDS = frozenset({"无", "没有", "无实体", "none", "[]", "{}"})

_THINKING = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"^\s*```[\w-]*\s*$", re.MULTILINE)
_BRACKETED = re.compile(r"<\s*([A-Z](?:\s*[,、，\s]\s*[A-Z])*)\s*>")
_ANNOUNCED = re.compile(
    r"(?:答案|正确选项|选项?|故选|应选|answer)\s*(?:is|为|是|应为|应是)?\s*[:：]?\s*[(（\[<*]*\s*"
    r"([A-Z](?:\s*[,、，和及]\s*[A-Z])*)(?![A-Za-z])",
    re.IGNORECASE,
)
_LONE = re.compile(r"(?<![A-Za-z0-9])([A-Z])(?![A-Za-z0-9])")
_LETTER = re.compile(r"[A-Z]")
_LIST_MARK = re.compile(r"^[\s>*#\-•]*(?:\d+[.、)]\s*)?")
_ENTITY_BREAK = re.compile(r"[,;、，；]")


def normalised(text: str) -> str:
    """Return the text with one width of characters, one case and single spaces.

    >>> normalised("ＣＴ　检查 ：阳性")
    'ct 检查 :阳性'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def final_answer(text: str) -> str:
    """Return what is left without a <think> block and code fences; it may be empty.

    >>> final_answer("<think>也许是 B</think>```json\\n<C>\\n```")
    '<C>'
    """
    return _FENCE.sub("", _THINKING.sub("", text).replace("```json", "```\n")).strip(" \n`")


def read_letters(text: str) -> frozenset[str] | None:
    """Return the chosen letters, or None where none can be read.

    The form `<B>` counts first, then an announced letter (`答案：B`), then lone letters.

    >>> sorted(read_letters("综合考虑 A 与 B，答案：Ｃ、D") or "")
    ['C', 'D']
    """
    answer = unicodedata.normalize("NFKC", final_answer(text))
    for pattern in (_BRACKETED, _ANNOUNCED):
        stated = pattern.findall(answer)
        if stated:
            return frozenset(_LETTER.findall(stated[-1].upper()))
    return frozenset(_LONE.findall(answer)) or None


def read_entities(text: str) -> Labels | None:
    """Return (category, entity) pairs of lines `类别：实体，实体`, or of one JSON object.

    The answer 无 is a label of its own, so that it can be right or wrong like any other.

    >>> sorted(read_entities("疾病：哮喘，肺炎\\n- 药物: 布地奈德") or [])
    [('疾病', '哮喘'), ('疾病', '肺炎'), ('药物', '布地奈德')]
    """
    answer = final_answer(text)
    if normalised(answer).strip("。.") in NONE_WORDS:
        return NONE_LABEL
    pairs = _json_entities(answer)
    if pairs is None:
        pairs = (pair for line in answer.splitlines() for pair in _line_entities(line))
    return frozenset(pairs) or None


READERS: Mapping[str, Callable[[str], frozenset[str] | Labels | None]] = {
    "letter": read_letters,
    "entities": read_entities,
}


def _line_entities(line: str) -> Iterator[tuple[str, str]]:
    category, colon, entities = normalised(_LIST_MARK.sub("", line)).partition(":")
    category = category.strip(" *")
    if not colon or not category:
        return
    for entity in _ENTITY_BREAK.split(entities):
        name = entity.strip(" *。.")
        if name and name not in NONE_WORDS:
            yield category, name


def _json_entities(answer: str) -> Iterator[tuple[str, str]] | None:
    try:
        written = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(written, dict):
        return None
    return (
        (normalised(category), normalised(entity))
        for category, entities in written.items()
        for entity in (entities if isinstance(entities, list) else [entities])
        if isinstance(entity, str) and entity
    )
