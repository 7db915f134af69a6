"""Entities as models write them, and the pairs that are read from them."""

from __future__ import annotations

import pytest

from evaluator.answers import read_entities
from evaluator.answers.entities import NOTHING as NONE_LABEL


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
    ("{'疾病': ['哮喘',], // 一种\n '药物': ['布地奈德'", "疾病:哮喘 药物:布地奈德"),
    # Lists of objects, and objects below a category.
    ('[{"类别": "疾病", "实体": ["哮喘"]}]', "疾病:哮喘"),
    ('{"entities": [{"type": "疾病", "text": "哮喘"}]}', "疾病:哮喘"),
    ('{"疾病": [{"名称": "哮喘"}, {"名称": "肺炎"}]}', "疾病:哮喘 疾病:肺炎"),
    # A list under its category.
    ("**疾病**：\n- 哮喘\n- 肺炎\n\n**药物**：布地奈德", "疾病:哮喘 疾病:肺炎 药物:布地奈德"),
    # Traditional characters.
    ("藥物：佈地奈德\n疾病：支氣管肺炎", "药物:布地奈德 疾病:支气管肺炎"),
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
    *('{"疾病": [1, null]}', '{"疾病": {"部位": "肺"}}', '"疾病"', "{", "}{", "| 疾病 | 哮喘 |"),
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


def test_lines_of_other_categories_are_prose() -> None:
    text = "疾病：哮喘\n注：以上实体均来自原文，无遗漏"

    assert read_entities(text, ("疾病", "药物")) == {("疾病", "哮喘")}
    assert read_entities("注：没有可抽取的内容", ("疾病", "药物")) is None
