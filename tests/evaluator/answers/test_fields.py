"""Sections and fields of records as models write them, and JSON that nearly is."""

from __future__ import annotations

import pytest

from evaluator.answers import read_fields, read_sections
from evaluator.answers.json_text import DEPTH, json_values

BOTH = {"主诉": "发热2天", "诊断": "感冒"}

SECTIONS = [
    ("主诉：发热2天 诊断：感冒", BOTH),
    ("主诉：发热2天\n诊断：感冒", BOTH),
    ("主诉:发热2天\n\n诊断:感冒\n", BOTH),
    ("诊断：感冒\n主诉：发热2天", BOTH),
    ("**主诉**：发热2天\n**诊断**：感冒", BOTH),
    ("**主诉：** 发热2天\n**诊断：** 感冒", BOTH),
    ("## 主诉\n发热2天\n\n## 诊断\n感冒", BOTH),
    ("**主诉**\n发热2天\n**诊断**\n感冒", BOTH),
    ("【主诉】发热2天\n【诊断】感冒", BOTH),
    ("【主诉】：发热2天\n【诊断】：感冒", BOTH),
    ("1. 主诉：发热2天\n2. 诊断：感冒", BOTH),
    ("一、主诉：发热2天\n二、诊断：感冒", BOTH),
    ("- 主诉：发热2天\n- 诊断：感冒", BOTH),
    ("```\n主诉：发热2天\n诊断：感冒\n```", BOTH),
    ("<think>主诉：咳嗽</think>主诉：发热2天 诊断：感冒", BOTH),
    ("以下是报告：\n主诉：发热2天\n诊断：感冒", BOTH),
    ("主訴：發熱2天\n診斷：感冒", BOTH),
    ('{"主诉": "发热2天", "诊断": "感冒"}', BOTH),
    ("{'主诉': '发热2天', '诊断': ['感冒'],}", BOTH),
    # A heading within a sentence, or a longer one, is none.
    ("主诉：发热2天，既往诊断：肺炎", {"主诉": "发热2天,既往诊断:肺炎"}),
    ("主诉：发热2天\n初步诊断：感冒", {"主诉": "发热2天", "初步诊断": "感冒"}),
    # Nothing below a heading is no section; the same one twice goes on.
    ("主诉：发热2天 诊断：", {"主诉": "发热2天"}),
    ("主诉：发热 诊断：感冒 主诉：咳嗽", {"主诉": "发热 咳嗽", "诊断": "感冒"}),
    ("患者发热2天，考虑感冒", None),
    ("主诉：", None),
    ("抱歉，我无法生成。", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), SECTIONS)
def test_sections(text: str, expected: dict[str, str] | None) -> None:
    assert read_sections(text) == expected


def test_declared_headings_replace_the_usual_ones() -> None:
    text = "病情：发热\n诊断：感冒"

    assert read_sections(text, ("病情",)) == {"病情": "发热 诊断:感冒"}
    assert read_sections(text) == {"诊断": "感冒"}


RECORD = {"姓名": "张三", "体征.体温": "38.5°c", "体征.皮疹": "无", "用药": "布洛芬|蒙脱石散"}
JSON = '{"姓名": "张三", "体征": {"体温": "38.5℃", "皮疹": null}, "用药": ["蒙脱石散", "布洛芬"]}'

FIELDS = [
    (JSON, RECORD),
    (f"```json\n{JSON}\n```", RECORD),
    (f"结构化结果如下：\n{JSON}\n如有疑问请告知。", RECORD),
    (f"<think>{{}}</think>{JSON}", RECORD),
    (f"[{JSON}]", RECORD),
    # The order of fields and lists does not count.
    (JSON.replace('"蒙脱石散", "布洛芬"', '"布洛芬", "蒙脱石散"'), RECORD),
    (JSON.replace("null", '""'), RECORD),
    (JSON.replace("null", '"无"'), RECORD),
    (JSON.replace("null", "[]"), RECORD),
    (JSON.replace("null", "None"), RECORD),
    (JSON.replace('"', "'"), RECORD),
    (JSON[:-1] + ",}", RECORD),
    (JSON[:-2], RECORD),
    (JSON.replace(":", "：").replace(",", "，"), RECORD),
    (JSON.replace(', "体征"', ', /* 体格 */ "体征"'), RECORD),
    (JSON.replace('{"体温"', '{// 今日\n"体温"').replace("38.5℃", "３８．５℃"), RECORD),
    ("姓名：张三\n- **年龄**：3岁", {"姓名": "张三", "年龄": "3岁"}),
    ('{"年龄": 3, "吸烟": false}', {"年龄": "3", "吸烟": "false"}),
    ('{"姓名": "張三"}', {"姓名": "张三"}),
    ('{"药": [{"名": "甲", "量": 1}]}', {"药": "名:甲|量:1"}),
    ("{}", None),
    ("[]", None),
    ("张三", None),
    ("抱歉，我无法回答：信息不足", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), FIELDS)
def test_fields(text: str, expected: dict[str, str] | None) -> None:
    assert read_fields(text) == expected


def test_only_declared_fields_are_read() -> None:
    assert read_fields(JSON, ("姓名", "体征.体温")) == {"姓名": "张三", "体征.体温": "38.5°c"}
    assert read_fields("注：仅供参考", ("姓名",)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": [1, 2.5, true, null, "b"]}', [{"a": [1, 2.5, True, None, "b"]}]),
        ("{'a': [1, 2.5, True, None, 'b',],}", [{"a": [1, 2.5, True, None, "b"]}]),
        ('{"a": 1} {"b": 2}', [{"a": 1}, {"b": 2}]),
        ('{"a": "x"y"z"}', [{"a": 'x"y"z'}]),
        ('{"a": "x\\n\\u5de6", }', [{"a": "x\n左"}]),
        ('{"a": "\\ud800", }', [{"a": ""}]),
        ('{"a": "b" "c": "d"}', [{"a": "b", "c": "d"}]),
        ("{a: b, c: 无}", [{"a": "b", "c": "无"}]),
        ('{"a": [...], ...}', [{"a": []}]),
        ('{"a": {"b": [1', [{"a": {"b": [1]}}]),
        ("[病历] 见[1]，{x}", []),
        ('参考[1]：{"a": 1}。', [{"a": 1}]),
        ("[]", [[]]),
        ("", []),
        # A number too long to be one stays a text.
        ("{'a': " + "9" * 5000 + "}", [{"a": "9" * 5000}]),
    ],
)
def test_json(text: str, expected: list[object]) -> None:
    assert json_values(text) == expected


@pytest.mark.parametrize("end", ["]", ",]", ""])
def test_deep_nesting_is_not_read(end: str) -> None:
    deep = DEPTH + 1

    assert json_values("[" * deep + end * deep) == []
    assert json_values('{"a":' * deep + "1" + "}" * deep) == []
    assert json_values("[" * DEPTH + "]" * DEPTH) != []
