"""Relations, events and corrections as models write them, in JSON and in text."""

from __future__ import annotations

import pytest

from evaluator.answers import Correction, read_corrections, read_events, read_relations
from evaluator.answers.corrections import NOTHING as NO_ERROR
from evaluator.answers.events import NOTHING as NO_EVENT
from evaluator.answers.relations import NOTHING as NO_RELATION

ONE = ("药物治疗", "哮喘", "布地奈德")
TWO = ("临床表现", "哮喘", "咳嗽")
WRITTEN = "关系类型：药物治疗，头实体：哮喘，尾实体：布地奈德。"
OTHER = "关系类型：临床表现，头实体：哮喘，尾实体：咳嗽。"

RELATIONS = [
    (WRITTEN, {ONE}),
    (WRITTEN + OTHER, {ONE, TWO}),
    (f"{OTHER}\n{WRITTEN}", {ONE, TWO}),
    (f"1. {WRITTEN}\n2. {OTHER}", {ONE, TWO}),
    (f"以下是抽取结果：\n{WRITTEN}\n希望对您有帮助。", {ONE}),
    (f"<think>{OTHER}</think>{WRITTEN}", {ONE}),
    (f"```\n{WRITTEN}\n```", {ONE}),
    (WRITTEN.replace("：", ":").replace("，", ","), {ONE}),
    ("關係類型：藥物治療，頭實體：哮喘，尾實體：布地奈德。", {ONE}),
    ("**关系类型**：药物治疗；**头实体**：哮喘；**尾实体**：布地奈德", {ONE}),
    ("- 关系类型：药物治疗\n- 头实体：哮喘\n- 尾实体：布地奈德", {ONE}),
    # The order within a record does not count.
    ("头实体：哮喘，关系类型：药物治疗，尾实体：布地奈德", {ONE}),
    # A name may hold a comma.
    (
        "关系类型：药物治疗，头实体：哮喘，尾实体：1，3-丁二醇，外用。",
        {(*ONE[:2], "1,3-丁二醇,外用")},
    ),
    ('[{"关系类型": "药物治疗", "头实体": "哮喘", "尾实体": "布地奈德"}]', {ONE}),
    (
        "[{'关系': '药物治疗', '头实体': '哮喘', '尾实体': ['布地奈德', '甲'],},]",
        {ONE, (*ONE[:2], "甲")},
    ),
    ('{"relation": "药物治疗", "head": "哮喘", "tail": "布地奈德"', {ONE}),
    ("无", NO_RELATION),
    ("[]", NO_RELATION),
    ("无关系。", NO_RELATION),
    # The pair turned round is another one.
    ("关系类型：药物治疗，头实体：布地奈德，尾实体：哮喘。", {("药物治疗", "布地奈德", "哮喘")}),
    # A part is missing, or nothing is said.
    ("关系类型：药物治疗，头实体：哮喘", None),
    ("哮喘用布地奈德治疗", None),
    ("抱歉，我无法抽取。", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), RELATIONS)
def test_relations(text: str, expected: set[tuple[str, str, str]] | None) -> None:
    assert read_relations(text) == expected


COUGH = ("咳嗽", ("夜间", "阵发性"), (), "")
EVENT = '{"主体词": "咳嗽", "描述词": ["阵发性", "夜间"], "解剖部位": [], "发生状态": ""}'
PAIN = ("疼痛", (), ("右下腹",), "否定")
PAINFUL = '{"主体词": "疼痛", "描述词": [], "解剖部位": ["右下腹"], "发生状态": "否定"}'

EVENTS = [
    (f"[{EVENT}]", {COUGH}),
    (EVENT, {COUGH}),
    (f"[{EVENT}, {PAINFUL}]", {COUGH, PAIN}),
    (f"[{PAINFUL}, {EVENT}]", {COUGH, PAIN}),
    # The order within a list does not count.
    (EVENT.replace('"阵发性", "夜间"', '"夜间", "阵发性"'), {COUGH}),
    (f"```json\n[{EVENT}]\n```", {COUGH}),
    (f"抽取到的事件如下：[{EVENT}]。希望有帮助", {COUGH}),
    (f"<think>[{PAINFUL}]</think>[{EVENT}]", {COUGH}),
    (f"{EVENT}\n{PAINFUL}", {COUGH, PAIN}),
    # Trailing commas, other quotes, comments, full width, cut off.
    (f"[{EVENT}, {PAINFUL},]", {COUGH, PAIN}),
    (EVENT.replace('"', "'"), {COUGH}),
    (f"[{EVENT}, // 第一个\n{PAINFUL}]", {COUGH, PAIN}),
    (EVENT.replace(":", "：").replace(",", "，"), {COUGH}),
    (EVENT.replace('"主体词"', "“主体词”").replace('"咳嗽"', "“咳嗽”"), {COUGH}),
    (f"[{EVENT}, {PAINFUL[:-2]}", {COUGH, PAIN}),
    # Nothing, said in several ways; the state of what simply holds.
    (EVENT.replace("[]", "null"), {COUGH}),
    (EVENT.replace("[]", '["无"]'), {COUGH}),
    (EVENT.replace('"发生状态": ""', '"发生状态": "肯定"'), {COUGH}),
    ('{"主体词": "咳嗽", "描述词": "夜间、阵发性"}', {COUGH}),
    ("主体词：咳嗽；描述词：阵发性、夜间；解剖部位：无；发生状态：无", {COUGH}),
    ("[]", NO_EVENT),
    ("无", NO_EVENT),
    ("```json\n[]\n```", NO_EVENT),
    # Another state, another site: another event.
    (EVENT.replace('"发生状态": ""', '"发生状态": "不确定"'), {(*COUGH[:3], "不确定")}),
    ('[{"描述词": ["夜间"]}]', None),
    ("患者咳嗽", None),
    ("好的", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), EVENTS)
def test_events(text: str, expected: set[object] | None) -> None:
    assert read_events(text) == expected


TYPO = Correction("错别字", "“左肺”改为“右肺”")
UNIT = Correction("单位错误", "mm 改为 cm")
TYPING = '{"错误类型": "错别字", "修改建议": "“左肺”改为“右肺”"}'
MEASURE = '{"错误类型": "单位错误", "修改建议": "mm 改为 cm"}'

CORRECTIONS = [
    (f"[{TYPING}]", (TYPO,)),
    (f"[{TYPING}, {MEASURE}]", (TYPO, UNIT)),
    (TYPING, (TYPO,)),
    (f"```json\n[{TYPING}]\n```", (TYPO,)),
    (f"该报告有以下错误：\n[{TYPING}]\n请核对。", (TYPO,)),
    (f"[{TYPING}, {MEASURE},]", (TYPO, UNIT)),
    (f"{TYPING}\n{MEASURE}", (TYPO, UNIT)),
    (f"<think>[{MEASURE}]</think>[{TYPING}]", (TYPO,)),
    ('[{"錯誤類型": "錯別字", "修改建議": "“左肺”改為“右肺”"}]', (TYPO,)),
    # Quotes within a text that nobody escaped.
    (TYPING.replace("“", '"').replace("”", '"'), (Correction("错别字", '"左肺"改为"右肺"'),)),
    (
        "错误类型：错别字；修改建议：“左肺”改为“右肺”\n错误类型：单位错误；修改建议：mm 改为 cm",
        (TYPO, UNIT),
    ),
    ("1. **错误类型**：单位错误\n   **修改建议**：mm 改为 cm", (UNIT,)),
    ('[{"错误类型": "单位错误"}]', (Correction("单位错误", ""),)),
    ("[]", NO_ERROR),
    ("无错误", NO_ERROR),
    ("该报告没有错误。", NO_ERROR),
    ("无", NO_ERROR),
    ("报告书写规范", None),
    ("抱歉，我不能提供诊断", None),
    ('[{"修改建议": "mm 改为 cm"}]', None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), CORRECTIONS)
def test_corrections(text: str, expected: tuple[Correction, ...] | None) -> None:
    assert read_corrections(text) == expected


def test_kinds_are_found_in_what_is_written() -> None:
    kinds = ("错别字", "单位错误", "多字或少字")
    first = '{"错误类型": "存在錯別字、单位错误", "修改建议": "甲"}'
    text = f'[{first}, {{"错误类型": "别的", "修改建议": "乙"}}]'

    found = read_corrections(text, kinds)

    assert found == (
        Correction("单位错误", "甲"),
        Correction("错别字", "甲"),
        # Of no declared kind: kept as it is, and wrong.
        Correction("别的", "乙"),
    )
