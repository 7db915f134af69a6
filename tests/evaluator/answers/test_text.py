"""What is taken off an answer, and what makes two texts the same."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.answers import final_answer, normalised
from evaluator.answers.text import bare, finds_nothing, refused, says_nothing


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
        ("<thinking>想</thinking>答案", "答案"),
        ("分析……\n<answer>答案</answer>", "答案"),
        ("答案<answer></answer>", "答案<answer></answer>"),
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
        # One script, and nothing that cannot be seen.
        ("發熱、乾燥綜合徵", "发热、干燥综合征"),
        ("臨床瞭解", "临床了解"),
        ("宫商角徵羽", "宫商角徵羽"),
        ("发\u200b热\ufeff\u00ad", "发热"),
        ("发\u3164热", "发热"),
        ("e\u200b\u0301", "é"),
        # Kangxi radicals look like characters and are others.
        ("⼼⼒衰竭", "心力衰竭"),
        ("发\0热", "发\0热"),
        ("", ""),
    ],
)
def test_normalised(text: str, expected: str) -> None:
    assert normalised(text) == expected


WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
TEXTS = st.text("患者發热无ab1:,.( \n", max_size=40)


@given(text=TEXTS)
def test_width_blanks_and_script_do_not_count(text: str) -> None:
    assert normalised(text.translate(WIDE)) == normalised(text)
    assert normalised(text.replace(" ", "  \t")) == normalised(text)
    assert normalised("\u200b".join(text)) == normalised(text)
    assert normalised(text.replace("發", "发")) == normalised(text)
    assert normalised(normalised(text)) == normalised(text)


@given(text=st.text(max_size=40))
def test_nothing_invisible_is_left(text: str) -> None:
    left = {c for c in normalised(text) if unicodedata.category(c) == "Cf"}

    # Some signs of the category are visible, as the Arabic number sign.
    assert not left & set("\u00ad\u200b\u200c\u200d\u2060\u202e\ufeff")
    assert "  " not in normalised(text)
    assert len(final_answer(text)) <= len(text) + 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(
            (word, True)
            for word in ("无", "无。", "「无」", "None", "[]", "{}", "無", "没有", "无问题")
        ),
        *((word, False) for word in ("", "。", "无左右标识", "无法判断", "没有发热", "哮喘")),
    ],
)
def test_says_nothing(text: str, expected: bool) -> None:
    assert says_nothing(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("抱歉，我无法回答这个问题。", True),
        ("很抱歉，作为人工智能", True),
        ("对不起", True),
        ("我不能提供诊断", True),
        ("作为一个AI语言模型，我不能……", True),
        ("我不知道。", True),
        ("无法判断。", True),
        ("**抱歉**", True),
        ("I'm sorry, but I can't help with that.", True),
        ("As an AI language model", True),
        # These answer.
        ("无法判断左右，体位不正", False),
        ("患者不能行走", False),
        ("不能排除肺炎", False),
        ("答案：B", False),
        ("", False),
    ],
)
def test_refused(text: str, expected: bool) -> None:
    assert refused(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("该报告未发现错误。", True),
        ("图像质量良好，无明显质控问题", True),
        ("检查所见未见异常", True),
        ("无左右标识", False),
        ("错别字", False),
        ("没有上下文，错误类型：错别字", False),
    ],
)
def test_finds_nothing(text: str, expected: bool) -> None:
    assert finds_nothing(text) is expected


def test_bare_keeps_what_is_inside() -> None:
    assert bare("**“左肺”应为“右肺”**。") == "左肺”应为“右肺"
    assert bare("急性胃炎（轻度）") == "急性胃炎(轻度)"
