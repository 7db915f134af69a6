"""What is denied, measured and named in a text: tables of what is easily read wrongly."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.metrics.keypoints import quantities as measured
from evaluator.metrics.keypoints import sides as named
from evaluator.metrics.keypoints.clauses import Span, clauses, sentences
from evaluator.metrics.keypoints.negation import denied
from evaluator.metrics.keypoints.quantities import quantities
from evaluator.metrics.keypoints.rarity import surprisal
from evaluator.metrics.keypoints.sides import sides
from evaluator.metrics.legible import legible

HOSTILE = [
    *(
        "不",
        "不得",
        "无，",
        "not ",
        "无使用",
        "不能不",
        "左",
        "(+",
        " ",
        "\n",
        "。",
        ",",
        "а",
        "\u200b",
    ),
    *("1", "1-", "1,", "一", "1.1 ", "1mg", "/d", "每日1", "1x10", "5mg/kg/d "),
]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("无发热、咳嗽，有胸痛", ["发热、咳嗽"]),
        ("否认高血压、糖尿病史", ["高血压、糖尿病史"]),
        ("不建议使用阿司匹林而应使用氯吡格雷", ["建议使用阿司匹林"]),
        ("不要自己停药，继续服药", ["要自己停药"]),
        ("不是肺炎而是肺结核", ["是肺炎"]),
        ("以下药物禁用：阿司匹林、布洛芬", ["：阿司匹林、布洛芬"]),
        # Where nothing more is said, what stands before is denied.
        ("阿司匹林不推荐使用。", ["阿司匹林"]),
        ("孕妇禁用", ["孕妇"]),
        ("手术不是必须的", ["手术"]),
        ("病理征未引出", ["病理征"]),
        # Denied twice, or not at all.
        ("不能不手术", []),
        ("并非没有发热", []),
        ("不排除肺炎", []),
        ("无明显诱因出现发热", []),
        ("非甾体抗炎药、不良反应、不明原因、无力", []),
        ("不仅发热，而且咳嗽", []),
        # Only what lacks is denied, not what is there and faint.
        ("胸痛不明显", ["明显"]),
        ("排除肺炎", ["肺炎"]),
        ("It does not cause fever, but causes pain.", [" cause fever"]),
        ("Avoid alcohol. Take it with food.", [" alcohol"]),
        ("There was no fever, chills, or cough.", [" fever, chills, or cough"]),
        ("Metformin isn't insulin and can be taken", [" insulin "]),
        ("not only nausea", []),
    ],
)
def test_what_is_denied(text: str, parts: list[str]) -> None:
    assert [text[start:stop] for start, stop in denied(text)] == parts


@pytest.mark.parametrize(
    ("a", "b", "differ"),
    [
        ("38.5℃", "体温35.8℃", True),
        ("38.5℃", "38.5°C", False),
        ("0.5 g", "500毫克", False),
        ("0.5 g", "0.5 mg", True),
        ("1/2片", "半片", False),
        ("120/80 mmHg", "血压140/90毫米汞柱", True),
        ("120/80mmHg", "120／80 mmHg", False),
        ("10~15天", "两周", False),
        ("10~15天", "三周", True),
        ("每日两次", "bid", False),
        ("每日两次", "3次/日", True),
        ("每8小时一次", "咳嗽", False),
        ("2型糖尿病", "type 1 diabetes", True),
        ("2型糖尿病", "二型糖尿病", False),
        ("NYHA III级", "心功能Ⅲ级", False),
        ("stage IV", "III期", True),
        ("1.2×10⁹/L", "1.2*10^9/L", False),
        ("12 mg/dL", "120 mg/L", False),
        ("10 mg/kg", "10 mg", False),  # Other dimensions: one is no answer to the other.
        ("≥38.5℃", "39℃", False),
        ("≥38.5℃", "38.5℃以上", False),
        ("≥38.5℃", "≥38℃", True),
        ("≥38.5℃", "37℃", True),
        ("不超过2周", "3周", True),
        ("不超过7天", "不要超过7天", False),
        ("尿量不少于400ml", "尿量不应少于0.4升", False),
        ("1个月", "4周", False),
        ("约10天", "10.5天", False),
        ("占5%", "占50%", True),
        ("65岁以上", "70岁", False),
        ("一日三次", "体温38℃", False),
        ("3 days", "three days", False),
        ("twice a day", "three times a day", True),
        ("pH 7.2", "pH为7.4", True),
        # One of two values is said, the other is left out.
        ("type 1 and type 2", "type 2", False),
        ("COVID-19", "维生素B12", False),
        ("2023年", "3年", False),
    ],
)
def test_numbers_are_compared_as_numbers(a: str, b: str, differ: bool) -> None:
    assert measured.conflict(quantities(a), quantities(b)) is differ
    assert measured.conflict(quantities(b), quantities(a)) is differ


@pytest.mark.parametrize(
    ("wanted", "found", "code"),
    [
        ("左肺结节", "右肺结节", "side"),
        ("左肺结节", "左肺结节", None),
        ("左肺上叶结节", "左肺下叶结节", "side"),
        ("左肺结节", "双肺结节", None),
        ("双肺结节", "左肺结节", "side"),
        ("双肺结节", "左肺与右肺均有结节", None),
        ("左肺结节", "肺结节", None),
        # Of the same part one side agrees, though another part is on the other side.
        ("左侧肢体无力", "左侧肢体无力示右侧基底节病变", None),
        ("left lung", "right lung", "side"),
        ("both kidneys", "take it right away", None),
        ("白细胞升高", "白细胞降低", "direction"),
        ("HBsAg阳性", "HBsAg阴性", "direction"),
        ("血压升高", "以上情况", None),
    ],
)
def test_sides(wanted: str, found: str, code: str | None) -> None:
    assert named.conflict(sides(wanted), sides(found)) == code


def test_places_of_sentences_and_clauses() -> None:
    text = "1. 血压 120.5，正常。\n建议口服1,000 mg,复查。"

    found = [[text[s:e] for s, e in clauses(text, sentence)] for sentence in sentences(text)]

    assert found == [["1. 血压 120.5，", "正常。\n"], ["建议口服1,000 mg,", "复查。"]]


@given(st.text(alphabet="不无，。左右3 mgа\n\u200bab."))
def test_places_lie_in_the_text(text: str) -> None:
    for parts in (sentences(text), clauses(text, Span(0, len(text))), denied(text)):
        assert all(0 <= start < stop <= len(text) for start, stop in parts)
        assert all(a.stop <= b.start for a, b in pairwise(parts))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("阿\u200b司\u00ad匹林", "阿司匹林"),
        ("ＣＴ：３８．５", "CT:38.5"),
        ("\u0430spirin", "aspirin"),
        ("аспирин TNFα 5μg β受体", "аспирин TNFα 5μg β受体"),
    ],
)
def test_what_is_seen_is_read(written: str, read: str) -> None:
    assert legible(written) == read


def test_a_rare_word_says_more() -> None:
    assert surprisal("的") < surprisal("患者") < surprisal("肺") < surprisal("no such piece")
    assert surprisal(" The") == surprisal("the")


@pytest.mark.parametrize("fragment", HOSTILE)
def test_time_is_bounded(fragment: str) -> None:
    text = fragment * (100_000 // len(fragment))
    begin = time.perf_counter()

    quantities(text), sides(text), denied(legible(text))
    [clauses(text, sentence) for sentence in sentences(text)]

    assert time.perf_counter() - begin < 10
