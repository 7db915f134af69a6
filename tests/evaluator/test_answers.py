"""Answers as models write them, and what is read from them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.answers import (
    NONE_LABEL,
    READERS,
    final_answer,
    normalised,
    read_entities,
    read_letters,
)

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
    # Without a verdict that can be read, both letters stand.
    ("答案不是A，是B", "AB"),
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


def pairs(text: str) -> frozenset[tuple[str, str]]:
    """Return the pairs of `类别:实体 类别:实体`."""
    return frozenset((p.partition(":")[0], p.partition(":")[2]) for p in text.split())


ENTITIES = [
    # As asked for.
    ("疾病：哮喘，肺炎\n药物：布地奈德", "疾病:哮喘 疾病:肺炎 药物:布地奈德"),
    # Other separators, marks, widths and cases.
    ("疾病:哮喘、肺炎；支气管炎。", "疾病:哮喘 疾病:肺炎 疾病:支气管炎"),
    ("1. 疾病：哮喘\n2、药物：布地奈德", "疾病:哮喘 药物:布地奈德"),
    ("（1）疾病：哮喘\n(2) 药物：布地奈德", "疾病:哮喘 药物:布地奈德"),
    ("- **疾病**：**哮喘**\n> 药物：布地奈德", "疾病:哮喘 药物:布地奈德"),
    ("医疗程序：胸部ＣＴ，MRI", "医疗程序:胸部ct 医疗程序:mri"),
    ("疾病：哮喘，哮喘", "疾病:哮喘"),
    # Only the first colon divides.
    ("医学检验项目：比值1：2", "医学检验项目:比值1:2"),
    # Prose around, fences, thought.
    ("以下是抽取结果：\n疾病：哮喘\n希望对您有帮助。", "疾病:哮喘"),
    ("```\n疾病：哮喘\n```", "疾病:哮喘"),
    ("<think>疾病：肺炎</think>疾病：哮喘", "疾病:哮喘"),
    # JSON, alone, fenced or within prose.
    ('{"疾病": ["哮喘", "肺炎"], "药物": "布地奈德"}', "疾病:哮喘 疾病:肺炎 药物:布地奈德"),
    ('```json\n{"疾病": ["哮喘"]}\n```', "疾病:哮喘"),
    ('结果如下：{"疾病": ["哮喘，肺炎"]}。', "疾病:哮喘 疾病:肺炎"),
    ('{"疾病": [], "药物": ["布地奈德"]}', "药物:布地奈德"),
    # Some categories say that they have nothing.
    ("疾病：无\n药物：布地奈德", "药物:布地奈德"),
    ('{"疾病": ["无"], "药物": ["布地奈德"]}', "药物:布地奈德"),
]
NOTHING = [
    *("无", "无。", "无实体", "没有实体", "None", "[]", "{}", "```json\n{}\n```"),
    *("疾病：无\n药物：无", '{"疾病": []}', '{"疾病": ["无"], "药物": []}'),
]
UNREADABLE = [
    *("", "<think>疾病：哮喘", "我无法回答。", "哮喘，肺炎", '["哮喘"]', "疾病：", "：哮喘"),
    *('{"疾病": [1, null]}', '{"疾病": {"名称": "哮喘"}}', '"疾病"', "{", "}{"),
]


@pytest.mark.parametrize(("text", "expected"), ENTITIES)
def test_entities(text: str, expected: str) -> None:
    assert read_entities(text) == pairs(expected)


def test_entity_keeps_its_blanks() -> None:
    assert read_entities("药物：布地奈德 1:2 稀释") == {("药物", "布地奈德 1:2 稀释")}


@pytest.mark.parametrize("text", NOTHING)
def test_no_entity_is_a_label(text: str) -> None:
    assert read_entities(text) == NONE_LABEL


@pytest.mark.parametrize("text", UNREADABLE)
def test_unreadable_entities(text: str) -> None:
    assert read_entities(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("答案", "答案"),
        ("", ""),
        ("<think>想</think>答案", "答案"),
        ("<think>想</think>\n\n答案\n", "答案"),
        ("想……</think>答案", "答案"),
        ("<Think>\n想\n</Think>答案", "答案"),
        ("答案<think>还没想完", "答案"),
        ("<think>还没想完", ""),
        ("```\n答案\n```", "答案"),
        ("```json\n{}\n```", "{}"),
        ("```json{}```", "{}"),
        ("前言\n```text\n答案\n```\n后记", "前言\n\n答案\n\n后记"),
        # A comparison is no tag.
        ("血压<140/90", "血压<140/90"),
    ],
)
def test_final_answer(text: str, expected: str) -> None:
    assert final_answer(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＣＴ　检查", "ct 检查"),
        ("  Ａ\t\nＢ  ", "a b"),
        ("38.5℃", "38.5°c"),
        ("：，；（）", ":,;()"),
        # Punctuation that Chinese alone has stays.
        ("。、《》", "。、《》"),
        ("Ⅲ级", "iii级"),
        ("STRASSE straße", "strasse strasse"),
        ("", ""),
    ],
)
def test_normalised(text: str, expected: str) -> None:
    assert normalised(text) == expected


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
    *("疾病：", "是", "【", "\t\n"),
]
ENDS = ["", "!", "b", "<A" + " " * 100_000 + "!", "答案" + " " * 100_000 + "!"]


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


@pytest.mark.parametrize("reader", [*READERS.values(), final_answer, normalised])
def test_readers_are_linear(reader: Callable[[str], object]) -> None:
    """A pattern that backtracks takes minutes to years on 100,000 characters of these."""
    for part in SLOW:
        for end in ENDS:
            with at_most(2.0):
                reader(part * (100_000 // len(part)) + end)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=50))
def test_readers_take_any_text(text: str) -> None:
    for reader in READERS.values():
        found = reader(text)
        assert found is None or len(found) > 0
    assert len(final_answer(text)) <= len(text) + 1
    assert "  " not in normalised(text)


@given(letters=st.sets(st.sampled_from("ABCDEFGH"), min_size=1))
def test_written_letters_are_read_back(letters: set[str]) -> None:
    for form in ("<{}>", "答案：{}", "{}", "故选{}。", "<think>A</think>{}"):
        assert read_letters(form.format(", ".join(sorted(letters)))) == letters
