"""Clinical findings as events: {主体词, 描述词[], 解剖部位[], 发生状态} (CHIP-CDEE)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evaluator.answers.keyed import read_keyed
from evaluator.answers.text import NONE, bare, normalised, says_nothing

Event = tuple[str, tuple[str, ...], tuple[str, ...], str]

NOTHING = frozenset({(NONE, (), (), "")})
_KEYS = {
    **dict.fromkeys(("主体词", "主体", "core_name"), "subject"),
    **dict.fromkeys(("描述词", "描述", "character"), "descriptions"),
    **dict.fromkeys(("解剖部位", "部位", "anatomy_list"), "sites"),
    **dict.fromkeys(("发生状态", "状态", "tendency"), "state"),
}
_BREAK = re.compile(r"[,;、|]")
# The convention leaves the state empty where a finding simply holds.
_PLAIN_STATES = frozenset({"", "肯定", "阳性", "存在", "发生"})


def read_events(text: str, labels: Sequence[str] = ()) -> frozenset[Event] | None:
    """Return one tuple an event: subject, descriptions, sites, state; the order of lists is lost.

    >>> read_events('[{"主体词": "咳嗽", "描述词": ["阵发性", "夜间"], "发生状态": ""}]')
    frozenset({('咳嗽', ('夜间', '阵发性'), (), '')})
    """
    return read_keyed(text, _KEYS, _events, NOTHING)


def _events(record: dict[str, object]) -> list[Event]:
    """Return the event of a record; without a subject it is none."""
    subject, state = _text(record.get("subject")), _text(record.get("state"))
    if not subject:
        return []
    plain = "" if state in _PLAIN_STATES else state
    return [(subject, _list(record.get("descriptions")), _list(record.get("sites")), plain)]


def _text(value: object) -> str:
    """Return a value as text, empty where it says that there is nothing."""
    parts = value if isinstance(value, list) else [value]
    text = "、".join(bare(str(part)) for part in parts if part is not None)
    return "" if says_nothing(text) else text


def _list(value: object) -> tuple[str, ...]:
    written = value if isinstance(value, list) else _BREAK.split(normalised(str(value or "")))
    return tuple(sorted({_text(part) for part in written} - {""}))
