"""Text as it is compared: one width, one case, one script, nothing invisible."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencc import OpenCC

NONE = "无"
# Characters of an answer in free text; of 1,433 real ones the longest has 1,670.
LONGEST_TEXT = 20_000
NONE_WORDS = frozenset(
    {
        *("无", "没有", "不详", "未提及", "未提供", "无实体", "没有实体", "无关系", "无事件"),
        *("无问题", "没有问题", "无错误", "没有错误", "未发现错误", "未发现问题", "无异常"),
        *("none", "null", "nil", "n/a", "-", "/"),
    }
)

# A chat template often puts the opening <think> into the prompt, so a closing one stands alone.
_THINKING = re.compile(
    r"\A.*(?:</think(?:ing)?>|◁/think▷)|(?:<think(?:ing)?>|◁think▷).*\Z", re.DOTALL | re.IGNORECASE
)
_MARK = re.compile(r"</?think(?:ing)?>|◁/?think▷", re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*```[\w-]*[ \t]*$", re.MULTILINE)
# Unicode's default ignorable code points: they show nothing and hide a word from a comparison.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_REFUSAL = re.compile(
    r"(?:(?:很|非常|十分|实在)?(?:抱歉|对不起|遗憾)|作为[^,。\n]{0,16}(?:ai|模型|助手)"
    r"|(?:我|目前|本人|暂时|暂)*(?:无法|不能|没办法|没法|不便)[^,。\n]{0,6}"
    r"(?:(?:回答|提供|给出|作答|诊断|完成|查看|看到)|(?:判断|确定|识别)[^,\n]{0,6}\Z)"
    r"|(?:我|本人)*不(?:太)?(?:知道|清楚|确定|会)"
    r"|(?:i'?m |i am )?(?:so |very )?sorry|i (?:cannot|can ?not|can't|am unable)|as an ai)"
)

_CLAUSE_END = re.compile(r"[,;。!?\n]")
_NONE_CLAUSE = re.compile(
    r".{0,16}?(?:无|没有|未发现|未见|不存在)(?:明显|任何|上述|以上|其他|其它)*(?:质控|质量)?"
    r"(?:问题|错误|异常).{0,4}\Z"
)


def unified(text: str) -> str:
    """Return the text in one width and in Simplified characters, without what is invisible.

    >>> unified("ＣＴ\u200b檢查：\\n陽性")
    'CT检查:\\n阳性'
    """
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)))
    return visible if visible.isascii() else str(_converter().convert(visible))


def normalised(text: str) -> str:
    """Return the text unified, in one case and with single spaces: equal texts compare equal.

    >>> normalised("ＣＴ　檢查 ：阳性")
    'ct 检查 :阳性'
    """
    return " ".join(unified(text).casefold().split())


def apart(text: str) -> tuple[str, str]:
    """Return the thinking in a text, without its marks, and what is said besides.

    >>> apart("<think>maybe B</think>\\n\\nC"), apart("maybe B</think>C"), apart("C")
    (('maybe B', 'C'), ('maybe B', 'C'), ('', 'C'))
    >>> apart("<think>cut off in the mid")  # no answer came
    ('cut off in the mid', '')
    """
    found = _THINKING.search(text)
    if not found:
        return "", text
    return _MARK.sub("", found[0]).strip(), (text[: found.start()] + text[found.end() :]).strip()


def final_answer(text: str) -> str:
    """Return what is left without a <think> block and code fences; it may be empty.

    Where something stands between <answer> and </answer>, the last such thing is the answer.

    >>> final_answer("<think>也许是 B</think>```json\\n<C>\\n```")
    '<C>'
    """
    spoken = _THINKING.sub("", text)
    inner = spoken.rpartition("<answer>")[2].partition("</answer>")[0]
    chosen = inner if "</answer>" in spoken and inner.strip() else spoken
    return _FENCE.sub("", chosen.replace("```json", "```\n")).strip(" \n`")


def open_text(answer: str | None) -> str:
    """Return an answer in free text as it is compared: "" where none is given or it is too long.

    Above LONGEST_TEXT characters it is no answer to a question but a dump, which no metric cuts.

    >>> open_text("<think>也许是肺炎</think>肺炎。"), open_text("肺炎。" * 10_000)
    ('肺炎。', '')
    """
    text = final_answer(answer or "")
    return text if len(text) <= LONGEST_TEXT else ""


def bare(text: str) -> str:
    """Return a normalised value without the marks that stand around it.

    >>> bare("**「支气管哮喘」**。")
    '支气管哮喘'
    """
    return normalised(text).strip(" \"'`*_.。,;、:!<>[]【】「」『』“”‘’《》")


def says_nothing(text: str) -> bool:
    """Return whether a text says that there is nothing to name.

    >>> says_nothing("无。"), says_nothing("无左右标识")
    (True, False)
    """
    return bare(text) in NONE_WORDS or normalised(text) in ("[]", "{}")


def finds_nothing(text: str) -> bool:
    """Return whether a clause of a text says that no problem or error was found.

    >>> finds_nothing("图像质量良好，未发现明显问题。"), finds_nothing("无左右标识")
    (True, False)
    """
    clauses = _CLAUSE_END.split("\n".join(normalised(line) for line in text.splitlines()))
    return any(_NONE_CLAUSE.match(clause) for clause in clauses)


def refused(text: str) -> bool:
    """Return whether a text begins by saying that no answer will be given.

    >>> refused("抱歉，我无法回答。"), refused("无法判断左右，体位不正")
    (True, False)
    """
    return _REFUSAL.match(normalised(text[:400]).lstrip(" *#>-")) is not None


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC

    return OpenCC("t2s")
