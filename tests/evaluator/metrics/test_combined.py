"""The combined metric on the sample items: what it is made of, and that silence never wins."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest

from evaluator.encoders import Encoder
from evaluator.items import AnsweredItem, load_items, load_references
from evaluator.metrics import METRICS
from evaluator.metrics.metric import Array, Statistic, table
from evaluator.settings import ROOT
from evaluator.track import MetricSettings, load_challenge

CHALLENGE = load_challenge(ROOT / "challenge")
TRACK = CHALLENGE.track("main")
OPEN = ["MedHC", "CMB-Clin-extended"]
# From right to hostile: every one must do at least as well as saying nothing.
ANSWERS = [
    "不知道",
    "无",
    "A",
    "。",
    "</s>",
    "建议您尽快到正规医院就诊，遵医嘱治疗。",
    "今天天气很好，我们去公园放风筝，晚上吃火锅。",
    "The weather is fine today.",
    "可以自己停药，血压正常就是治好了。",
    "\U0001f600\U0001f600",
    "答" * 300,
    '{"answer": ["<A>", "疾病：哮喘"]}',
]
EMPTY = ["", None, " \n", "<think>还没有想完", "```\n```"]


def answered(name: str, answers: Sequence[str | None]) -> list[AnsweredItem]:
    """Return the first item of a sample dataset with each of some answers, in every copy."""
    folder = CHALLENGE.items_folder(TRACK, TRACK.phase("dev"), TRACK.dataset(name))
    items = load_items(folder)
    references = load_references(folder, items)[items[0].id]
    return [
        AnsweredItem(str(number), items[0].copies, references, (answer,) * len(references))
        for number, answer in enumerate(answers)
    ]


def reference(name: str) -> str:
    """Return the expected answer of that item."""
    return answered(name, [""])[0].references[0].answer


def scored(
    name: str, answers: Sequence[str | None], metric: str = "combined", weight: float = 0.8
) -> list[Statistic]:
    """Return the statistics of that item with each of some answers."""
    settings = MetricSettings.model_validate({"name": metric, "recall_weight": weight})
    chosen = TRACK.dataset(name).model_copy(update={"metric": settings})
    return METRICS[metric].statistics(answered(name, answers), chosen)


@cache
def everything(name: str, metric: str) -> Array:
    """Return the table of all empty answers, all others, and last the reference itself."""
    return table(scored(name, [*EMPTY, *ANSWERS, reference(name)], metric))


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_weight_is_respected(encoder: Encoder, weight: float) -> None:
    answers = ["不要自己停药，血压降下来是药物的作用。", reference("MedHC")]

    for row in scored("MedHC", answers, weight=weight):
        score, recall, similarity, _ = row.values
        assert score == pytest.approx(weight * recall + (1 - weight) * similarity)
        assert recall > 0 < similarity


def test_weight_of_medbench_is_the_default(encoder: Encoder) -> None:
    rows = everything("MedHC", "combined")

    assert rows[:, 0] == pytest.approx(0.8 * rows[:, 1] + 0.2 * rows[:, 2])


def test_parts_are_the_metrics_of_that_name(encoder: Encoder) -> None:
    combined = everything("MedHC", "combined")
    similarity = everything("MedHC", "bertscore")

    assert combined[:, 1] == pytest.approx(everything("MedHC", "macro_recall")[:, 0])
    # The batch is another one, which moves the seventh digit.
    assert combined[:, 2] == pytest.approx(similarity[:, 0], abs=1e-5)
    assert combined[:, 3] == pytest.approx(similarity[:, 3], abs=1e-5)


@pytest.mark.parametrize("name", OPEN)
def test_similarity_is_clipped(encoder: Encoder, name: str) -> None:
    rows = everything(name, "combined")

    assert ((rows[:, :3] >= 0) & (rows[:, :3] <= 1)).all()
    # Unclipped, these would be negative, and worse than nothing.
    assert (rows[len(EMPTY) :, 2] == 0).sum() >= 3
    assert rows[-1, 2] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", OPEN)
def test_reference_beats_every_other_answer(encoder: Encoder, name: str) -> None:
    *others, best = everything(name, "combined")[:, 0]

    assert best > max(others)


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("combined", "MedHC"),
        ("combined", "CMB-Clin-extended"),
        ("macro_recall", "MedHC"),
        ("bertscore", "MedHC"),
        ("rouge_l", "IMCS-V2-MRG"),
        ("micro_f1", "CMeEE"),
        ("accuracy", "MedSafety"),
    ],
)
def test_an_empty_answer_is_never_better(encoder: Encoder, metric: str, name: str) -> None:
    # Each row scored as a dataset of one item.
    scores = METRICS[metric].aggregate(everything(name, metric))["score"]

    assert (scores[: len(EMPTY)] == 0).all()
    assert (scores[len(EMPTY) :] >= 0).all()
    assert scores[-1] > 0 or metric == "accuracy"


def test_evidence_names_every_point(encoder: Encoder) -> None:
    (item,) = answered("MedHC", [""])
    counted = [p.text for p in item.references[0].point if p.kind != "forbidden"]

    (row,) = scored("MedHC", [f"{counted[0]}。{counted[1]}。"])

    assert isinstance(row.extracted, list)
    assert [match["point"] for match in row.extracted] == counted
    assert [match["covered"] for match in row.extracted][:2] == [True, True]
    assert row.values[1] == sum(match["covered"] for match in row.extracted) / len(counted)
