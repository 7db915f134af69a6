"""Reading answers as models really write them; what cannot be read is a format mismatch."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping

import orjson

Labels = frozenset[tuple[str, str]]

NONE_LABEL: Labels = frozenset({("none", "")})
NONE_WORDS = frozenset({"无", "没有", "无实体", "没有实体", "none", "[]", "{}"})

# A chat template often puts the opening <think> into the prompt, so a closing one stands alone.
_THINKING = re.compile(r"\A.*</think>|<think>.*\Z", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*```[\w-]*[ \t]*$", re.MULTILINE)

# These run on text whose white space is single blanks: adjacent runs would take quadratic time.
_LETTERS = r"([A-H]{2,8}|[A-Z](?: ?[,、和及与|/;&] ?[A-Z](?! ?[项是错不为]))*)(?![A-Za-z0-9])"
_FILLER = r"(?:[ 】\]》」*_\"”:(（\[<“「]|应该|应|选项|选择|选|为|是|is|option){0,12}"
_WHOLE = re.compile(rf"[(\[< ]*(?:{_LETTERS}|([a-h]))[)\]>.。 ]*\Z")
_BRACKETED = re.compile(
    r"(?:<|【|\\boxed\{(?:\\text\{)?) ?([A-H]{2,8}|[A-Z](?:[ ,、|/;]+[A-Z])*) ?(?:>|】|\})"
)
_ANNOUNCED = re.compile(
    rf"(?:答案|正确选项|(?i:answer)){_FILLER}(?:{_LETTERS}|([a-h])(?= ?(?:[.。,;)\]>]|\Z)))"
)
_CHOSEN = re.compile(rf"(?<!不)(?<!不能)(?<!不应)(?<!不可)(?<!不该)选{_FILLER}{_LETTERS}")
# Not `I`, nor `A` before an English word: a refusal is no choice.
_LONE = re.compile(
    r"(?<![A-Za-z0-9])(?!A (?!is\b|and\b|or\b|because\b)[a-z])([A-H])(?![A-Za-z0-9'])"
)
_LETTER = re.compile(r"[A-Z]")
_LIST_MARK = re.compile(r"^[\s>*#\-•]*(?:[（(]?\d+[.、)）]\s*)?")
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

    The first of these decides: nothing but letters, the last `<B>`, the last announced answer
    (`答案：B`), the last choice (`选B`), else every lone letter.

    >>> sorted(read_letters("综合考虑 A 与 B，答案：Ｃ、D") or "")
    ['C', 'D']
    """
    answer = " ".join(unicodedata.normalize("NFKC", final_answer(text)).split())
    whole = _WHOLE.match(answer)
    if whole:
        return _letters(whole.group())
    for pattern in (_BRACKETED, _ANNOUNCED, _CHOSEN):
        stated = list(pattern.finditer(answer))
        if stated:
            return _letters("".join(group or "" for group in stated[-1].groups()))
    return frozenset(_LONE.findall(answer)) or None


def read_entities(text: str) -> Labels | None:
    """Return (category, entity) pairs of lines `类别：实体，实体`, or of one JSON object.

    The answer 无 is a label of its own, so that it can be right or wrong like any other.

    >>> sorted(read_entities("疾病：哮喘，肺炎\\n- 药物: 布地奈德") or [])
    [('疾病', '哮喘'), ('疾病', '肺炎'), ('药物', '布地奈德')]
    """
    answer = final_answer(text)
    if normalised(answer).strip("。. ") in NONE_WORDS:
        return NONE_LABEL
    pairs = _json_entities(answer)
    if pairs is None:
        pairs = [pair for line in answer.splitlines() for pair in _line_entities(line)]
    named = frozenset((category, name) for category, name in pairs if name not in NONE_WORDS)
    return named or (NONE_LABEL if pairs else None)


READERS: Mapping[str, Callable[[str], frozenset[str] | Labels | None]] = {
    "letter": read_letters,
    "entities": read_entities,
}


def _letters(stated: str) -> frozenset[str]:
    return frozenset(_LETTER.findall(stated.upper()))


def _line_entities(line: str) -> Iterator[tuple[str, str]]:
    category, colon, entities = normalised(_LIST_MARK.sub("", line)).partition(":")
    category = category.strip(" *")
    if not colon or not category:
        return
    for name in _names(entities):
        yield category, name


def _names(entities: str) -> list[str]:
    names = (entity.strip(" *。.") for entity in _ENTITY_BREAK.split(entities))
    return [name for name in names if name]


def _json_entities(answer: str) -> list[tuple[str, str]] | None:
    """Return the pairs of the JSON object in an answer, None where there is none.

    A category without entities has the one entity 无.
    """
    try:
        written = orjson.loads(answer[answer.find("{") : answer.rfind("}") + 1])
    except orjson.JSONDecodeError:
        return None
    if not isinstance(written, dict):
        return None
    return [
        (normalised(category), name)
        for category, entities in written.items()
        for entity in (entities if isinstance(entities, list) else [entities]) or ["无"]
        for name in (_names(normalised(entity)) if isinstance(entity, str) else [])
    ]
