"""Choices as models write them, and the letters that are read from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.answers import read_letters

LETTERS = [
    # As asked for.
    ("<B>", "B"),
    ("<A, B, C, D>", "ABCD"),
    ("<A，B、C>", "ABC"),
    ("A,B", "AB"),
    # Bare, in other brackets, in lower case, in full width.
    ("B", "B"),
    ("B.", "B"),
    ("b", "B"),
    ("(b)", "B"),
    ("[B]", "B"),
    ("【B】", "B"),
    ("＜Ｂ＞", "B"),
    ("< B >\n", "B"),
    ("**B**", "B"),
    ("ABD", "ABD"),
    ("<ABD>", "ABD"),
    ("A、B 和 D", "ABD"),
    (r"\boxed{C}", "C"),
    (r"所以 \boxed{\text{C}}。", "C"),
    # Announced.
    ("答案：B", "B"),
    ("答案:b", "B"),
    ("答案：\nB", "B"),
    ("答案是“B”。", "B"),
    ("答案为 B、D 两项", "BD"),
    ("答案：ABD", "ABD"),
    ("**答案**：B", "B"),
    ("正确答案是：**D. 依那普利**", "D"),
    ("正确选项为（C）", "C"),
    ("故选：D", "D"),
    ("本题应选B", "B"),
    ("The answer is B.", "B"),
    ("The correct answer is option (B).", "B"),
    ("Answer: c", "C"),
    ('{"answer": "B"}', "B"),
    # With reasons, before or after; the last statement of the strongest kind counts.
    ("先看 <A>，再想想，最后 <B>", "B"),
    ("答案可能是A。不，答案是C", "C"),
    ("选项A、B均可降压，但孕期禁用D，答案是D", "D"),
    ("正确答案为D。选项A错误，选项B正确但不是禁用", "D"),
    ("【答案】B\n【解析】A项错误，C项错误", "B"),
    ("答案：B，A项错误", "B"),
    ("维生素C缺乏，选B", "B"),
    ("本题选B，不选A", "B"),
    ("应选B，不应选A", "B"),
    ("B is correct", "B"),
    ("A is correct", "A"),
    # Thought is not the answer; a template may have opened the block itself.
    ("<think>也许是 <A></think><C>", "C"),
    ("也许是 <A>，答案：A</think><C>", "C"),
    ("<THINK>A</THINK>\n\nC", "C"),
    ("<think>a</think>…<think>b</think>D", "D"),
    ("<B>\n<think>再想想 <C>", "B"),
    ("```\n<B>\n```", "B"),
    ("```json\n<B>\n```", "B"),
    # Every option listed is every option chosen: wrong where one is right.
    ("A B C D E", "ABCDE"),
    ("A. 甲\nB. 乙\nC. 丙\nD. 丁", "ABCD"),
    # A rejected letter is not chosen, unless it is the only one.
    ("答案不是A，是B", "B"),
    ("排除C，在A、B中更像B", "AB"),
    ("不是A", "A"),
    # Traditional characters, invisible ones, an answer in tags.
    ("答案：選B", "B"),
    ("答\u200b案：\u2060B\ufeff", "B"),
    ("也许是 A\n<answer>B</answer>", "B"),
    ("<thinking>A</thinking>B", "B"),
    ("◁think▷A◁/think▷B", "B"),
    # A refusal that names options chooses none; one that still answers does.
    ("抱歉，我无法在A和B之间选择。", None),
    ("不知道选A还是B", None),
    ("抱歉，刚才有误。答案：B", "B"),
    # Nothing to read.
    ("", None),
    (" \n", None),
    ("<think>答案是 <A>", None),
    ("我无法回答这个问题，请咨询医生。", None),
    ("I cannot answer that. Ask a doctor.", None),
    ("A doctor should decide.", None),
    ("The answer is a matter for your doctor.", None),
    ("依那普利", None),
    ("HLA-B27 阳性", None),
    ("首选 ACEI 类", None),
    ("CT 和 MRI", None),
    ("<BR>", None),
    ("<b>禁用</b>", None),
]


@pytest.mark.parametrize(("text", "expected"), LETTERS)
def test_letters(text: str, expected: str | None) -> None:
    assert read_letters(text) == (None if expected is None else frozenset(expected))


@pytest.mark.parametrize(
    ("text", "expected"), [("B", "B"), ("答案：F", None), ("A、F", None), ("", None)]
)
def test_a_letter_outside_the_closed_set_is_unreadable(text: str, expected: str | None) -> None:
    assert read_letters(text, ("A", "B", "C")) == (frozenset(expected) if expected else None)


@given(letters=st.sets(st.sampled_from("ABCDEFGH"), min_size=1))
def test_written_letters_are_read_back(letters: set[str]) -> None:
    for form in ("<{}>", "答案：{}", "{}", "故选{}。", "<think>A</think>{}"):
        assert read_letters(form.format(", ".join(sorted(letters)))) == letters
