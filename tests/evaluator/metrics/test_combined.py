"""The combined metric on the sample items: what it is made of, and that silence never wins."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest

from evaluator.challenge import load_challenge
from evaluator.dataset import MetricSettings
from evaluator.encoders import Encoder
from evaluator.items import AnsweredItem, load_items, load_references
from evaluator.metrics import METRICS
from evaluator.metrics.metric import Array, Statistic, table
from evaluator.settings import ROOT

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


# The columns of a row.
RECALL, SIMILARITY, COUNTED, RAW_F1 = 0, 3, 4, 5


def scores(rows: Array, metric: str, name: str) -> Array:
    """Return each row's score as a dataset of one item."""
    settings = MetricSettings.model_validate({"name": metric})
    dataset = TRACK.dataset(name).model_copy(update={"metric": settings})
    return METRICS[metric].aggregate(rows, dataset)["score"]


def test_weight_of_medbench_is_the_default(encoder: Encoder) -> None:
    rows = everything("MedHC", "combined")

    expected = 0.8 * rows[:, RECALL] + 0.2 * rows[:, COUNTED]
    assert scores(rows, "combined", "MedHC") == pytest.approx(expected)


def test_parts_are_the_metrics_of_that_name(encoder: Encoder) -> None:
    combined = everything("MedHC", "combined")
    similarity = everything("MedHC", "bertscore")

    assert (combined[:, :3] == everything("MedHC", "macro_recall")[:, :3]).all()
    assert combined[:, SIMILARITY] == pytest.approx(similarity[:, 0], abs=1e-6)
    assert combined[:, RAW_F1] == pytest.approx(similarity[:, 3], abs=1e-6)


@pytest.mark.parametrize("name", OPEN)
def test_similarity_is_clipped(encoder: Encoder, name: str) -> None:
    rows = everything(name, "combined")

    assert ((rows[:, :5] >= 0) & (rows[:, :5] <= 1)).all()
    # Unclipped, these would be negative, and worse than nothing.
    assert (rows[len(EMPTY) :, SIMILARITY] == 0).sum() >= 3
    assert rows[-1, SIMILARITY] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", OPEN)
def test_reference_beats_every_other_answer(encoder: Encoder, name: str) -> None:
    *others, best = scores(everything(name, "combined"), "combined", name)

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
    found = scores(everything(name, metric), metric, name)

    assert (found[: len(EMPTY)] == 0).all()
    assert (found[len(EMPTY) :] >= 0).all()
    assert found[-1] > 0 or metric == "accuracy"


def test_evidence_names_every_point(encoder: Encoder) -> None:
    (item,) = answered("MedHC", [""])
    points = item.references[0].point
    wanted = [p.text for p in points if p.kind != "forbidden"]

    (row,) = scored("MedHC", [f"{wanted[0]}。{wanted[1]}。"])

    assert isinstance(row.extracted, list)
    assert [match["point"] for match in row.extracted] == [p.text for p in points]
    assert [match["covered"] for match in row.extracted][:2] == [True, True]
    covered = sum(m["covered"] for m in row.extracted if m["kind"] != "forbidden")
    stated = sum(m["covered"] for m in row.extracted if m["kind"] == "forbidden")
    assert row.values[RECALL] == (covered - stated) / len(wanted)
