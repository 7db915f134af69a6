"""The letters of a choice, as in `<B>`, `答案：A、C` or a sentence that names them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evaluator.answers.text import final_answer, refused, unified

# These run on text whose white space is single blanks: adjacent runs would take quadratic time.
_LETTERS = r"([A-H]{2,8}|[A-Z](?: ?[,、和及与|/;&] ?[A-Z](?! ?[项是错不为]))*)(?![A-Za-z0-9])"
_FILLER = r"(?:[ 】\]》」*_\"”:(（\[<“「]|应该|应|选项|选择|选|为|是|is|option){0,12}"
_WHOLE = re.compile(rf"[(\[<* ]*(?:{_LETTERS}|([a-h]))[)\]>*.。 ]*\Z")
_BRACKETED = re.compile(
    r"(?:<|【|\\boxed\{(?:\\text\{)?) ?([A-H]{2,8}|[A-Z](?:[ ,、|/;]+[A-Z])*) ?(?:>|】|\})"
)
_ANNOUNCED = re.compile(
    rf"(?:答案|正确选项|(?i:answer)){_FILLER}(?:{_LETTERS}|([a-h])(?= ?(?:[.。,;)\]>]|\Z)))"
)
_CHOSEN = re.compile(rf"(?<!不)(?<!不能)(?<!不应)(?<!不可)(?<!不该)选{_FILLER}{_LETTERS}")
_REJECTED = re.compile(rf"(?:不是|并非|而非|排除|不选|不应选|不能选){_FILLER}{_LETTERS}")
# Not `I`, nor `A` before an English word: a refusal is no choice.
_LONE = re.compile(
    r"(?<![A-Za-z0-9])(?!A (?!is\b|and\b|or\b|because\b)[a-z])([A-H])(?![A-Za-z0-9'])"
)
_LETTER = re.compile(r"[A-Z]")


def read_letters(text: str, labels: Sequence[str] = ()) -> frozenset[str] | None:
    """Return the chosen letters, or None where none can be read.

    The first of these decides: nothing but letters, the last `<B>`, the last announced answer
    (`答案：B`), the last choice (`选B`), else every lone letter that is not rejected (`不是A`); the
    last two not in an answer that begins with a refusal. With `labels`, other letters are
    unreadable.

    >>> sorted(read_letters("综合考虑 A 与 B，答案：Ｃ、D") or "")
    ['C', 'D']
    """
    answer = " ".join(unified(final_answer(text)).split())
    chosen = _stated(answer)
    return chosen if chosen and (not labels or chosen <= set(labels)) else None


def _stated(answer: str) -> frozenset[str]:
    whole = _WHOLE.match(answer)
    if whole:
        return _letters(whole.group())
    refusal = refused(answer)
    for pattern in (_BRACKETED, _ANNOUNCED) if refusal else (_BRACKETED, _ANNOUNCED, _CHOSEN):
        found = list(pattern.finditer(answer))
        if found:
            return _letters("".join(group or "" for group in found[-1].groups()))
    if refusal:
        return frozenset()
    kept = _LONE.findall(_REJECTED.sub(" ", answer))
    return frozenset(kept or _LONE.findall(answer))


def _letters(stated: str) -> frozenset[str]:
    return frozenset(_LETTER.findall(stated.upper()))
