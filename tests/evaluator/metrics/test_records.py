"""Exact match, field accuracy and section F1, worked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.metrics.section_f1 import characters_f1, section_f1
from tests.evaluator.metrics.answered import dataset, rows, scores

EXACT = dataset("exact_match", "labels", ("骨科", "儿科", "外科"))
FIELDS = dataset("field_accuracy", "fields")
SECTIONS = dataset("section_f1", "sections")
RECORD = '{"姓名": "张三", "体征": {"体温": "38.5℃", "皮疹": null}, "用药": ["甲", "乙"]}'


@pytest.mark.parametrize(
    ("answer", "right", "score"),
    [
        ("骨科|儿科", "儿科|骨科", 1),
        ("建议挂骨科和儿科。", "儿科|骨科", 1),
        ("骨科", "儿科|骨科", 0),
        ("骨科|儿科|外科", "儿科|骨科", 0),
        ("不建议挂骨科，建议儿科", "儿科", 1),
        ("无", "无", 1),
        ("骨科", "无", 0),
        ("", "无", 0),
        ("不知道", "儿科", 0),
    ],
)
def test_exact_match(answer: str, right: str, score: float) -> None:
    assert scores(EXACT, (answer, right)) == {"score": score}


def test_exact_match_of_letters() -> None:
    choice = dataset("exact_match", "letter")

    assert scores(choice, ("答案：A、C", "<A, C>"), ("ABCDE", "<A, C>"))["score"] == 1 / 2


@pytest.mark.parametrize(
    ("answer", "counts", "reading"),
    [
        (RECORD, (4, 4), "read"),
        (f"```json\n{RECORD}\n```", (4, 4), "read"),
        (RECORD.replace('"甲", "乙"', '"乙", "甲"').replace("38.5℃", "３８．５℃"), (4, 4), "read"),
        (RECORD.replace("张三", "李四"), (3, 4), "read"),
        # A field of none must be given as none; one nobody asked for costs nothing.
        ('{"姓名": "张三", "体征": {"皮疹": "无"}, "年龄": 3}', (2, 4), "read"),
        ("姓名：张三", (1, 4), "read"),
        ("{}", (0, 4), "mismatch"),
        ("张三", (0, 4), "mismatch"),
        ("", (0, 4), "unanswered"),
        (None, (0, 4), "unanswered"),
    ],
)
def test_field_counts(answer: str | None, counts: tuple[int, int], reading: str) -> None:
    (row,) = rows(FIELDS, (answer, RECORD))

    assert (row.values, row.reading) == (counts, reading)


def test_fields_are_pooled() -> None:
    # 4 of 4 and 0 of 1, not the mean of 1 and 0.
    assert scores(FIELDS, (RECORD, RECORD), ('{"a": 1}', '{"a": 2}')) == {"score": 4 / 5}


RIGHT = "主诉：发热2天 诊断：感冒"


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        (RIGHT, 1),
        ("**诊断**：感冒。\n**主诉**：发热，２天！", 1),
        # 主诉: 3 of 4 and 4 characters; 诊断: 1 of 2 and 2.
        ("主诉：发热3天 诊断：流感", (6 / 8 + 2 / 4) / 2),
        # One lacks, one too many, nothing right, no section.
        ("主诉：发热2天", 1 / 2),
        (f"{RIGHT} 建议：休息", 2 / 3),
        ("主诉：咳嗽 诊断：肺炎", 0),
        ("发热2天，感冒", 0),
        ("", 0),
    ],
)
def test_sections(answer: str, score: float) -> None:
    assert scores(SECTIONS, (answer, RIGHT))["score"] == pytest.approx(score)


@pytest.mark.parametrize(
    ("prediction", "reference", "score"),
    [
        ("发热", "发热", 1),
        # The order does not count, how often does.
        ("热发", "发热", 1),
        ("发发发发", "发热", 2 / 6),
        ("", "发热", 0),
        ("。，", "。，", 0),
    ],
)
def test_characters(prediction: str, reference: str, score: float) -> None:
    assert characters_f1(prediction, reference) == pytest.approx(score)


TEXTS = st.dictionaries(
    st.sampled_from(["主诉", "诊断", "建议"]), st.text("发热感冒，", min_size=1, max_size=8)
)


@given(predicted=TEXTS, expected=TEXTS)
def test_section_f1_is_symmetric_and_bounded(
    predicted: dict[str, str], expected: dict[str, str]
) -> None:
    score = section_f1(predicted, expected)

    assert 0 <= score <= 1
    assert score == section_f1(expected, predicted)
    # A section that the reference lacks never helps.
    assert section_f1({**predicted, "别的": "发热"}, expected) <= score


def test_what_was_read_is_kept() -> None:
    (row,) = rows(SECTIONS, (RIGHT, RIGHT))

    assert row.extracted == {"主诉": "发热2天", "诊断": "感冒"}
