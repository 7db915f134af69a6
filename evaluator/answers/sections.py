"""Sections of a record, as in `主诉：… 现病史：…`, on one line or several (IMCS-V2-MRG, DBMHG)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from evaluator.answers.json_text import dictionaries
from evaluator.answers.text import final_answer, normalised

HEADINGS = (
    *("主诉", "现病史", "既往史", "个人史", "婚育史", "月经史", "家族史", "过敏史", "流行病学史"),
    *("体格检查", "专科检查", "辅助检查", "检查", "诊断", "初步诊断", "鉴别诊断", "诊断依据"),
    *("建议", "处理", "处理意见", "治疗", "治疗方案", "治疗经过", "医嘱", "影像描述", "影像诊断"),
    *("影像所见", "检查所见", "检查结论", "一般情况", "特殊情况"),
)


def read_sections(text: str, labels: Sequence[str] = ()) -> dict[str, str] | None:
    """Return heading → text, normalised; None where no heading stands with a text.

    `labels` are the headings, usual ones by default. Text before the first heading is no section;
    a heading that comes twice continues.

    >>> read_sections("**主诉**：发热2天。现病史：流涕。")
    {'主诉': '发热2天。', '现病史': '流涕。'}
    """
    answer = final_answer(text)
    headings = tuple(labels) or HEADINGS
    parts = _json_parts(answer, headings) or _text_parts(answer, headings)
    sections: dict[str, list[str]] = {}
    for heading, part in parts:
        content = normalised(part).strip(" *#-")
        if content:
            sections.setdefault(heading, []).append(content)
    return {heading: " ".join(written) for heading, written in sections.items()} or None


def _text_parts(answer: str, headings: tuple[str, ...]) -> list[tuple[str, str]]:
    lines = "\n".join(normalised(line) for line in answer.splitlines())
    found = list(_heading(headings).finditer(lines))
    stops = [*(one.start() for one in found), len(lines)][1:]
    return [
        (one.group(1) or one.group(2) or one.group(3), lines[one.end() : stop])
        for one, stop in zip(found, stops, strict=True)
    ]


@lru_cache(maxsize=64)
def _heading(headings: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for a heading before a colon, in brackets, or alone on a marked line."""
    longest_first = sorted({normalised(name) for name in headings}, key=len, reverse=True)
    names = "|".join(re.escape(name) for name in longest_first)
    number = r"(?:[(]?[\d一二三四五六七八九十]{1,2}[.、)] ?)?"
    return re.compile(
        rf"(?:^|(?<=[\s。;,.!?*#【\[\"]))[#*【\[ ]{{0,6}}{number}[*【\[ ]{{0,4}}({names})"
        rf"[\]】* ]{{0,4}}:[* ]{{0,4}}"
        rf"|[【\[]({names})[】\]][: ]{{0,2}}"
        rf"|^[#*【\[]{{1,6}} ?{number}[*【]{{0,2}}({names})[\]】*]{{0,4}}$",
        re.MULTILINE,
    )


def _json_parts(answer: str, headings: tuple[str, ...]) -> list[tuple[str, str]]:
    known = {normalised(name) for name in headings}
    return [
        (normalised(key), _joined(value))
        for one in dictionaries(answer) or []
        for key, value in one.items()
        if normalised(key) in known and value
    ]


def _joined(value: object) -> str:
    return "\n".join(str(part) for part in value) if isinstance(value, list) else str(value)
