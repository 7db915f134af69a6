"""What counts of an answer: each sentence once, no loops, no catalogues, nothing endless."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.answers import LONGEST_TEXT
from evaluator.dataset import Dataset, MetricSettings
from evaluator.encoders import Encoder
from evaluator.items import AnsweredItem, KeyPoint, Question, Reference
from evaluator.lines import Other
from evaluator.metrics import METRICS
from evaluator.metrics.said import MOST_NAMES, said
from tests.folders import NAME

NAMES = [f"{a}{b}病" for a in "心肺肝胆肾" for b in "甲乙丙丁戊己"]
ADVICE = "建议尽快到医院就诊并复查。"
OTHER = Other(id="1", source="Set")
REFERENCE = Reference(other=OTHER, answer="考虑心甲病。", point=(KeyPoint(text="心甲病"),))


def rows(names: list[str], mark: str) -> str:
    """Return the names as one sentence, or each on its line."""
    return mark.join(names) + "。"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("考虑急性阑尾炎。尽快手术。考虑急性阑尾炎。", "考虑急性阑尾炎。尽快手术。"),
        ("Take one tablet a day.\nTake one tablet a day.\n", "Take one tablet a day."),
        # A loop is no answer; what stands beside it is.
        (f"{ADVICE}考虑急性阑尾炎。" + "请您尽快来医院。" * 4, f"{ADVICE}考虑急性阑尾炎。"),
        (f"{ADVICE}" + "请您尽快来医院。" * 3, f"{ADVICE}请您尽快来医院。"),
        # Headings and short words may come again.
        ("用药：\n一次一片。\n用药：\n一次一片。\n", "用药：\n一次一片。\n用药：\n一次一片。\n"),
        (rows(NAMES, "、") + ADVICE, ADVICE),
        (rows(NAMES, " ") + ADVICE, ADVICE),
        (rows(NAMES, "\n") + ADVICE, ADVICE),
        (rows(NAMES, "。") + ADVICE, ADVICE),
        ("\n".join(f"{k}. {name}" for k, name in enumerate(NAMES)) + "\n" + ADVICE, ADVICE),
        (f"可能的诊断有很多，例如{rows(NAMES, ',')}{ADVICE}", ADVICE),
        (rows(NAMES[:MOST_NAMES], "、"), rows(NAMES[:MOST_NAMES], "、")),
        ("", ""),
        ("。。。", "。。。"),
    ],
)
def test_what_is_left_of_an_answer(text: str, left: str) -> None:
    assert said(text) == left


@given(st.text(alphabet="心肺肝病、，。 \n1.a", max_size=300))
def test_nothing_is_added_and_saying_it_again_changes_nothing(text: str) -> None:
    left = said(text)

    assert len(left) <= len(text)
    assert all(part in text for part in left.split("。"))


def statistic(metric: str, answer: str | None) -> tuple[tuple[float, ...], str]:
    """Return the values of one open item and how its answer was read."""
    question = Question(other=OTHER, question="什么病？")
    item = AnsweredItem("1", (question,), (REFERENCE,), (answer,))
    dataset = Dataset(id="Set", title=NAME, card=NAME, metric=MetricSettings(name=metric))
    (row,) = METRICS[metric].statistics([item], dataset)
    return row.values, row.reading


@pytest.mark.parametrize("metric", ["combined", "macro_recall", "bertscore", "rouge_l", "bleu"])
def test_an_endless_answer_is_a_mismatch_and_scores_0(encoder: Encoder, metric: str) -> None:
    endless = "考虑心甲病。" + "建议进一步检查。" * (LONGEST_TEXT // 8)

    values, reading = statistic(metric, endless)

    assert reading == "mismatch"
    assert values[0] == 0
    assert statistic(metric, "考虑心甲病。")[1] == "read"
    assert statistic(metric, None)[1] == "unanswered"


def test_a_catalogue_alone_is_a_mismatch(encoder: Encoder) -> None:
    assert statistic("combined", rows(NAMES, "、")) == ((0, 0, 0, 0, 0, 0, 0), "mismatch")
