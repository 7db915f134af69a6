"""Names, as in `科室|科室`, `a##b` or a list; of a closed set, or whatever is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from evaluator.answers.json_text import json_values
from evaluator.answers.text import (
    NONE,
    bare,
    final_answer,
    finds_nothing,
    normalised,
    refused,
    says_nothing,
)

NOTHING = frozenset({NONE})
# Nothing that names labels is longer; a cut bounds the time of the search within prose.
LONGEST = 20_000
_LONGEST_NAME = 40

_BREAK = re.compile(r"##|[|,;、。\n]")
_MARK = re.compile(r"^[\s>*#\-•·]*(?:[(]?\d{1,3}[.、):])?[\s*]*")
_HEAD = re.compile(
    r"^[^:\n]{0,16}(?:答案|结果|结论|科室|诊断|术语|名称|问题|类型|类别|分类|标签|疾病|标准词"
    r"|answer|labels?|result)[^:\n]{0,8}:"
)
_FINAL = re.compile(r"(?:最终|正确)?(?:答案|结论)|最终[^:,。\n]{0,8}|综上(?:所述)?|final|answer")
_ANNOUNCED = re.compile(r"(?:答案|结论|answer)(?:应该|应)?\s?(?:是|为|is|:)")
_VERDICT = re.compile(
    r"(?<!不)(?:属于|归为|归入|归类为|分类为|(?:类别|类型|分类)(?:应?(?:为|是)|:)|判定为|判断为)"
)
# What follows explains the answer and may name what it is not.
_EXPLAINED = re.compile(
    r"(?<=[。;,!\n ])[(*#]{0,4}(?:理由|解析|解释|分析|说明|依据|原因|备注|注)[* ]{0,4}:"
)
_TALK = re.compile(
    r"以[上下]|希望|请|仅?供|如[需有]|根据|由于|因此|所以|综合(?!征)|患者|该|好的|注:"
)
_CLAUSE_END = re.compile(r"[,;。!?\n]")
# A denial reaches as far as its clause, a few characters, or the next thing that is affirmed.
_NOT_BEFORE = re.compile(
    r"(?:不(?:建议|推荐|应|宜|需|必|考虑|存在|属于|是|支持|符合|选|挂|像)|无需|无(?!法)|未见|未发现|没有"
    r"|并非|而非|非(?!常)|否认|(?<!不)(?<!不能)(?<!无法)(?:排除|除外)|除了|\bno |\bnot |\bwithout )"
    r"(?:(?!建议|推荐|应|考虑|属于|而是|选择|宜|存在).){0,8}\Z"
)
_ONLY_JOINS = re.compile(r"[\s、/|和与及或\"'“”]*\Z")
_NOT_AFTER = re.compile(
    r"[\"'”」】*\s]*(?:[:(=]|是|为)?[\"'“\s(]*(?!(?:无|未见|没有)(?:其他|其它|法))"
    r"(?:否|无|不|未|没有|×|✗|❌|false\b|no\b|none\b|0\b)"
)


class ClosedSet(NamedTuple):
    """Labels by their normalised form, and a pattern that prefers the longest."""

    names: Mapping[str, str]
    pattern: re.Pattern[str]


def read_labels(text: str, labels: Sequence[str] = ()) -> frozenset[str] | None:
    """Return the labels named in an answer, {无} where it says there are none, None if unreadable.

    Of a closed set, labels are returned as declared, and a label that is denied ("不建议挂骨科",
    "偏中心：否") is not named.

    >>> sorted(read_labels("1. 神经内科\\n2. 骨科") or [])
    ['神经内科', '骨科']
    >>> read_labels("不是偏中心，而是体位不正。", ("偏中心", "体位不正"))
    frozenset({'体位不正'})
    """
    answer = final_answer(text)
    if not answer.strip():
        return None
    if says_nothing(answer):
        return NOTHING
    return _closed(answer, closed_set(tuple(labels))) if labels else _open(answer)


@lru_cache(maxsize=64)
def closed_set(labels: tuple[str, ...]) -> ClosedSet:
    """Return a closed set ready for searching."""
    names = {normalised(label): NONE if says_nothing(label) else label for label in labels}
    longest_first = sorted(names, key=len, reverse=True)
    return ClosedSet(names, re.compile("|".join(re.escape(name) for name in longest_first)))


def _open(answer: str) -> frozenset[str] | None:
    written = list(_json_names(answer)) or [answer]
    if len(written) == 1 and refused(answer):
        return None
    found = [name for part in written for name in _names(_announced(part))]
    named = frozenset(name for name in found if not says_nothing(name))
    return named or (NOTHING if found else None)


def _closed(answer: str, known: ClosedSet) -> frozenset[str] | None:
    """Return what the first of these names: the whole answer, its final verdict, its prose."""
    whole = list(_pieces(_lines(answer)))
    if whole and all(name in known.names or says_nothing(name) for name in whole):
        return _settled({known.names.get(name, NONE) for name in whole})
    if len(answer) > LONGEST:
        answer = answer[-LONGEST:]
    prose = _lines(answer)
    if refused(prose) and not _FINAL.search(prose):
        return None
    for part in _statements(prose, known):
        found = set(_asserted(part, known))
        if found:
            return _settled(found)
    return NOTHING if known.pattern.search(prose) or finds_nothing(prose) else None


def _settled(found: set[str]) -> frozenset[str]:
    """Return the labels without 无 where others are named beside it."""
    return frozenset(found - {NONE} or {NONE})


def _statements(prose: str, known: ClosedSet) -> Iterator[str]:
    """Yield the parts of an answer that may state its labels, the surest first."""
    final = list(_FINAL.finditer(prose))
    if final:
        yield _paragraph(prose[final[-1].end() :])
    verdicts = list(_VERDICT.finditer(prose))
    if verdicts:
        yield _CLAUSE_END.split(prose[verdicts[-1].end() :].lstrip(" :"), maxsplit=1)[0]
    yield _EXPLAINED.split(prose, maxsplit=1)[0]
    yield prose


def _paragraph(rest: str) -> str:
    """Return the rest of the line, or of the paragraph where the line says nothing more."""
    line, _, below = rest.partition("\n")
    return line if bare(line) else below


def _asserted(part: str, known: ClosedSet) -> Iterator[str]:
    """Yield the labels that a text names and does not deny."""
    stop, denied = 0, False
    found = list(known.pattern.finditer(part))
    for number, label in enumerate(found):
        between = part[stop : label.start()]
        same_clause = _CLAUSE_END.split(between)
        carried = denied and len(same_clause) == 1 and bool(_ONLY_JOINS.match(between))
        denied = carried or bool(_NOT_BEFORE.search(same_clause[-1][-16:]))
        stop = label.end()
        following = found[number + 1].start() if number + 1 < len(found) else len(part)
        if not denied and not _NOT_AFTER.match(part[stop:following][:20]):
            yield known.names[label.group()]


def _lines(answer: str) -> str:
    """Return an answer normalised line by line, without blank lines."""
    lines = (normalised(line) for line in answer.splitlines())
    return "\n".join(line for line in lines if line)


def _announced(answer: str) -> str:
    """Return what follows the last announcement, or everything."""
    prose = _lines(answer)
    final = list(_ANNOUNCED.finditer(prose))
    return _paragraph(prose[final[-1].end() :]) if final else _EXPLAINED.split(prose, maxsplit=1)[0]


def _names(answer: str) -> Iterator[str]:
    """Yield the names of a list; a sentence around it is no name."""
    for name in _pieces(answer):
        if len(name) <= _LONGEST_NAME and not _TALK.match(name):
            yield name


def _pieces(answer: str) -> Iterator[str]:
    """Yield what stands between breaks, without list marks and what only announces a list."""
    for line in answer.split("\n"):
        for part in _BREAK.split(_HEAD.sub("", _MARK.sub("", line))):
            piece = bare(_MARK.sub("", part))
            if piece and not part.rstrip(" *").endswith(":"):
                yield piece


def _json_names(answer: str) -> Iterator[str]:
    """Yield every text in the JSON of an answer, keys aside."""
    left: list[object] = json_values(answer)[::-1]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left += list(value.values())[::-1]
        elif isinstance(value, list):
            left += value[::-1]
        elif isinstance(value, str):
            yield value
