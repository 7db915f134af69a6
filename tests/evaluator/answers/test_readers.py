"""What holds for every reader: any text, in time that grows with its length."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.answers import READERS, final_answer, normalised
from evaluator.answers.text import finds_nothing, refused

CLOSED = {
    "letter": ("A", "B"),
    "labels": ("体位不正", "偏中心", "无左右标识", "无问题"),
    "entities": ("疾病", "药物"),
    "sections": ("主诉", "诊断"),
    "fields": ("a", "疾病"),
    "corrections": ("错别字", "单位错误"),
}
SLOW = [
    *(
        " ",
        "\n",
        "<",
        "<A,",
        "A,",
        "A ",
        "选",
        "答案",
        "答案:",
        "<think>",
        "</think>",
        "```\n",
        "{",
    ),
    *("疾病：", "是", "【", "\t\n", "<answer>", '{"', '["', "'", "[{", '{"a":', '"a",', "\\", "//"),
    *(
        "/*",
        "#",
        "“",
        "主诉：",
        "# ",
        "- * ",
        "错误类型：",
        "关系类型：a，头实体：b，",
        "体位不正、",
    ),
    *("不是", "最终", "属于", "理由：", "无", "：", "|", "##", "1.", "a：b\n", "無", "{a:"),
    "抱歉",
]
ENDS = ["", "!", "]", '"', "b", "<A" + " " * 100_000 + "!", "答案" + " " * 100_000 + "!"]


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TimeoutError after that much processor time, even within a pattern."""

    def stop(*_: object) -> None:
        raise TimeoutError

    former = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)


def everything(text: str) -> None:
    """Read a text in every convention, without and with a closed set."""
    for name, read in READERS.items():
        for labels in ((), CLOSED.get(name, ())):
            read(text, labels)
    for other in (final_answer, normalised, refused, finds_nothing):
        other(text)


@pytest.mark.parametrize("part", SLOW)
def test_readers_are_linear(part: str) -> None:
    """A pattern that backtracks takes minutes to years on 100,000 characters of these."""
    with at_most(15.0):
        everything(part * (100_000 // len(part)) + ENDS[len(part) % len(ENDS)])


FRAGMENTS = [*SLOW, "体位不正", "：否", '"发热"', "}", "]", ",", "B", "无问题", "。", "\n"]
ANSWERS = st.one_of(
    st.text(max_size=60), st.lists(st.sampled_from(FRAGMENTS), max_size=20).map("".join)
)


@settings(max_examples=300, deadline=None)
@given(text=ANSWERS)
def test_readers_take_any_text(text: str) -> None:
    for name, read in READERS.items():
        for labels in ((), CLOSED.get(name, ())):
            found = read(text, labels)
            assert found is None or len(found) > 0  # type: ignore[arg-type]
            json.dumps(found if found is None else list(found))  # type: ignore[call-overload]


@settings(max_examples=100, deadline=None)
@given(text=ANSWERS)
def test_invisible_characters_change_nothing(text: str) -> None:
    for read in READERS.values():
        assert read(text + "\u200b", ()) == read(text, ())


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "text",
    ["", " \n", "抱歉，我无法回答这个问题。", "<think>答案是 <A>", "I'm sorry.", "?", "好的"],
)
def test_silence_and_refusals_are_unreadable(name: str, text: str) -> None:
    assert READERS[name](text, CLOSED.get(name, ())) is None
