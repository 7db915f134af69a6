"""ROUGE-L against rouge_chinese, and by hand."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_chinese import Rouge

from evaluator.dataset import Dataset, MetricSettings
from evaluator.items import AnsweredItem, Question, Reference
from evaluator.lines import Other
from evaluator.metrics import METRICS
from evaluator.metrics.rouge_l import rouge_l, tokens
from evaluator.texts import Bilingual
from tests.evaluator.metrics.answered import dataset, rows, scores

METRIC = METRICS["rouge_l"]
NAME = Bilingual(zh="报告", en="Report")
DATASET = Dataset(id="Report", title=NAME, card=NAME, metric=MetricSettings(name="rouge_l"))
IU_XRAY = Path(__file__).resolve().parents[4] / "shared" / "data" / "iu_xray_reports"


def oracle(prediction: str, reference: str) -> float:
    """Return the F of rouge_chinese on our tokens."""
    texts = [" ".join(tokens(text)) for text in (prediction, reference)]
    return float(Rouge(metrics=["rouge-l"]).get_scores(*texts)[0]["rouge-l"]["f"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("患者发热3天。", ["患", "者", "发", "热", "3", "天", "。"]),
        ("WBC 6.8×10⁹/L", ["wbc", "6", ".", "8", "×", "109", "/", "l"]),
        ("ＣＴ：阴性", ["ct", ":", "阴", "性"]),
        ("no acute\ndisease", ["no", "acute", "disease"]),
        # An accented letter is a token of its own.
        ("Sjögren", ["sj", "ö", "gren"]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("prediction", "reference", "score"),
    [
        ("患者发热", "患者发热", 1),
        # LCS 4; 2·4 / (4 + 5).
        ("患者发热", "患者无发热", 8 / 9),
        # Order counts: LCS of abc and cba is 1.
        ("甲乙丙", "丙乙甲", 1 / 3),
        ("甲乙丙", "丁戊己", 0),
        # Twice the same is longer, not better: 2·2 / (4 + 2).
        ("发热发热", "发热", 4 / 6),
        # Width, case and spaces do not count.
        ("ＣＴ 阴性", "ct阴性", 1),
        ("", "患者发热", 0),
        ("患者发热", "", 0),
        ("", "", 0),
        (" \n", " \n", 0),
    ],
)
def test_by_hand(prediction: str, reference: str, score: float) -> None:
    assert rouge_l(prediction, reference) == pytest.approx(score)


PAIRS = [
    ("主诉：发热2天。现病史：患儿2天前出现发热。", "主诉：发热2天。\n现病史：患儿发热，伴流清涕。"),
    (
        "诊断：急性上呼吸道感染！建议多饮水？",
        "诊断：上呼吸道感染（病毒性可能）。建议：多饮水、休息。",
    ),
    ("心肺未见异常……建议复查。", "心影不大，双肺纹理清晰，未见实变。"),
    ("the heart is normal . lungs are clear .", "lungs are clear . heart size normal ."),
    ("血常规：白细胞6.8×10⁹/L，CRP 3 mg/L", "白细胞 6.8×10^9/L；C反应蛋白 3 mg/L"),
    ("无", "未见明显异常"),
]


@pytest.mark.parametrize(("prediction", "reference"), PAIRS)
def test_agrees_with_rouge_chinese(prediction: str, reference: str) -> None:
    assert rouge_l(prediction, reference) == pytest.approx(oracle(prediction, reference), abs=1e-6)


WORDS = st.text("甲乙丙丁ab1，。 ", min_size=1, max_size=30).filter(lambda text: bool(tokens(text)))


@settings(max_examples=100, deadline=None)
@given(prediction=WORDS, reference=WORDS)
def test_agrees_on_any_text(prediction: str, reference: str) -> None:
    score = rouge_l(prediction, reference)

    assert score == pytest.approx(oracle(prediction, reference), abs=1e-6)
    assert score == rouge_l(reference, prediction)
    assert 0 == rouge_l("", reference) <= score <= rouge_l(reference, reference) == 1


@pytest.mark.skipif(not IU_XRAY.is_dir(), reason="the real reports are not here: ../shared/data")
def test_real_reports_agree() -> None:
    references = [
        json.loads(line)["answer"]
        for line in (IU_XRAY / "references.jsonl").read_text("utf-8").splitlines()[:12]
    ]
    pairs = list(pairwise(references))

    found = [rouge_l(a, b) for a, b in pairs]

    assert found == pytest.approx([oracle(a, b) for a, b in pairs], abs=1e-6)
    # Reports of different chests share their phrases and no more.
    assert 0.05 < sum(found) / len(found) < 0.6
    assert all(rouge_l(text, text) == 1 for text in references)


def test_statistics_read_the_final_answer() -> None:
    other = Other(id="1", source="Report")
    question, reference = (
        Question(other=other, question="问"),
        Reference(other=other, answer="发热"),
    )
    answers = ["发热", "<think>咳嗽</think>```\n发热\n```", "", None, "<think>发热", "咳"]

    found = METRIC.statistics(
        [AnsweredItem("1", (question,), (reference,), (answer,)) for answer in answers], DATASET
    )

    assert [row.values for row in found] == [(1,), (1,), (0,), (0,), (0,), (0,)]
    readings = ["read", "read", "unanswered", "unanswered", "mismatch", "read"]
    assert [row.reading for row in found] == readings


def test_sections_weigh_the_same() -> None:
    sections = dataset("rouge_l", "sections")
    right = "主诉：发热2天\n诊断：感冒"

    # 1 and 2·1 / (2 + 2); a section nobody asked for costs nothing.
    (row,) = rows(sections, ("**诊断**：流感 主诉：發熱２天 建议：休息", right))
    assert row.values == ((1 + 0.5) / 2,)
    assert row.extracted == {"诊断": "流感", "主诉": "发热2天", "建议": "休息"}
    # One lacks, neither can be read.
    assert scores(sections, ("诊断：感冒", right))["score"] == 0.5
    assert rows(sections, ("发热2天，感冒", right))[0][1:] == ((0,), None, "mismatch")
