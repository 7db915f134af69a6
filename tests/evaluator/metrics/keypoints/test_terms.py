"""The thesaurus: nothing in it stands twice or points nowhere, and what it finds in texts."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from evaluator.answers import normalised
from evaluator.metrics.keypoints.terms import (
    FOLDER,
    NARROWER,
    mentions,
    named,
    renamed,
    said,
    thesaurus,
    unnamed_drugs,
)

FILES = [yaml.safe_load(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yaml"))]
CONCEPTS = {
    concept: names
    for file in FILES
    for section, entries in file.items()
    if section != NARROWER
    for concept, names in entries.items()
}


def test_no_name_stands_twice_or_is_one_letter() -> None:
    names = Counter(
        normalised(name)
        for file in FILES
        for section, entries in file.items()
        if section != NARROWER
        for concept, others in entries.items()
        for name in (concept, *others)
    )

    assert [name for name, count in names.items() if count > 1] == []
    assert [name for name in names if len(name) < 2] == []
    assert len(names) == len(thesaurus().concepts)


def test_what_is_narrower_is_declared() -> None:
    pairs = [
        (general, specific)
        for file in FILES
        for general, names in file.get(NARROWER, {}).items()
        for specific in names
    ]

    assert {name for pair in pairs for name in pair} <= CONCEPTS.keys()
    assert all(general not in thesaurus().general.get(general, ()) for general, _name in pairs)


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("口服拜阿司匹灵100mg", {"阿司匹林"}),
        ("take ASPIRIN daily", {"阿司匹林"}),
        ("Ⅲ度烧伤，ＰＣＩ术后", {"经皮冠状动脉介入治疗"}),
        # The longest name wins, and a name within a Latin word is none.
        ("急性心肌梗死", {"急性心肌梗死"}),
        ("PCIX", set()),
        ("", set()),
    ],
)
def test_what_a_text_names(text: str, concepts: set[str]) -> None:
    assert named(text) == concepts


@pytest.mark.parametrize(
    ("point", "answer", "wording"),
    [
        ("口服阿司匹林", "建议拜阿司匹灵每日一片。", "口服拜阿司匹灵"),
        # The specific says the general, not the reverse.
        ("首选β受体阻滞剂", "首选美托洛尔。", "首选美托洛尔"),
        ("首选美托洛尔", "首选β受体阻滞剂。", None),
        ("口服阿司匹林", "口服阿司匹林。", None),
        ("出现发热、咽痛", "发烧，嗓子疼。", "出现发烧、嗓子疼"),
        ("注意休息", "发烧，嗓子疼。", None),
    ],
)
def test_a_point_in_the_answers_terms(point: str, answer: str, wording: str | None) -> None:
    assert renamed(point, answer) == wording


@pytest.mark.parametrize(
    ("point", "answer", "unnamed"),
    [
        ("使用加巴喷丁", "使用普瑞巴林。", True),
        ("使用普瑞巴林", "使用乐瑞卡。", False),
        # A class may be said in other words, so its name is not asked for.
        ("使用袢利尿剂", "使用呋塞米。", False),
        ("使用袢利尿剂", "使用利尿的药。", False),
        ("卧床休息", "使用普瑞巴林。", False),
        ("使用加巴喷丁和普瑞巴林", "使用普瑞巴林。", True),
        # Of alternatives one is enough.
        ("使用加巴喷丁或普瑞巴林", "使用普瑞巴林。", False),
        ("使用加巴喷丁或普瑞巴林", "使用卡马西平。", True),
        ("卧床或静养", "使用卡马西平。", False),
    ],
)
def test_a_drug_is_said_by_its_names_only(point: str, answer: str, unnamed: bool) -> None:
    assert unnamed_drugs(point, answer) is unnamed


def test_the_general_is_said_through_all_steps() -> None:
    assert {"依诺肝素", "低分子肝素", "抗凝药"} <= said("皮下注射克赛")


@given(st.text(alphabet="阿司匹林ⅡＰＣＩpci发烧ﬁ，aß", max_size=40))
def test_places_lie_in_the_text(text: str) -> None:
    found = mentions(text)

    assert all(text[start:stop] == name for name, _concept, (start, stop) in found)
    assert all(a.place.stop <= b.place.start for a, b in pairwise(found))
