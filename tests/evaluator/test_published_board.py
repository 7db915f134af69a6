"""Our aggregation reproduces a board that MedBench published."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest

from evaluator.metrics.metric import Statistic
from evaluator.results import Result, Score, aggregate
from tests.folders import dataset, track

BOARD = (
    Path(__file__).resolve().parents[3]
    / "shared"
    / "medbench"
    / "leaderboard_llm_selftest_2026-03-04.csv"
)
DIMENSIONS = {
    "知识问答": "MedExam MedHC MedMC MedSpeQA MedHG MedLitQA MedRehab MedRxPlan MedPsychCare "
    "MedPsychQA",
    "语言生成": "MedRecordGen MedPopular MedSummary MedExplain MedTeach",
    "复杂推理": "CMB-Clin-extended DDx-advanced MedTreat MedOutcome MedAnalysis MedDiag MedDiffer "
    "MedCare MedPrimary MedPHM",
    "语言理解": "SMDoc MedRxCheck MedInsureCheck MedInsureCalc MedChartQC MedReportQC MedPathQC "
    "MedTerm MedSynonym",
    "安全伦理": "MedSafety MedEthics",
}
# One of its datasets is missing from the published row, so its mean is over eight instead of nine
# and cannot be the published one.
EXCEPTION = ("大医金匮-Medium", "语言理解")
ROUNDING = 0.05 + 1e-9

pytestmark = pytest.mark.skipif(not BOARD.is_file(), reason=f"{BOARD} is not there")


def rows() -> list[dict[str, str]]:
    """Return the published rows."""
    with BOARD.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def put_together(scores: Mapping[str, Mapping[str, float]]) -> Result:
    """Put published scores of datasets, by dimension, together as our own."""
    published = track(
        *([dataset("rouge_l", name) for name in datasets] for datasets in scores.values())
    )
    statistics = {
        name: [Statistic("1", (score / 100,), None)]
        for datasets in scores.values()
        for name, score in datasets.items()
    }
    signatures = dict.fromkeys(statistics, "published")
    return aggregate(published, "test", statistics, signatures, 0, {}).result


def of_datasets(row: Mapping[str, str]) -> Result:
    """Return the result of a row's 36 datasets."""
    return put_together(
        {
            dimension: {name: float(row[name]) for name in names.split() if row[name]}
            for dimension, names in DIMENSIONS.items()
        }
    )


def agrees(score: Score, published: str) -> bool:
    """Whether a score is a published one but for the rounding of that."""
    return abs(100 * score.value - float(published)) <= ROUNDING


def test_36_datasets_are_in_five_dimensions() -> None:
    names = [name for written in DIMENSIONS.values() for name in written.split()]

    assert len(names) == len(set(names)) == 36
    assert set(names) < set(rows()[0])


def test_44_of_45_dimensions_are_the_published_ones() -> None:
    cells = {
        (row["model"], name): agrees(score, row[name])
        for row in rows()
        for name, score in zip(DIMENSIONS, of_datasets(row).dimensions.values(), strict=True)
    }

    assert len(cells) == 45
    assert [cell for cell, found in cells.items() if not found] == [EXCEPTION]


def test_9_of_9_overalls_are_means_of_the_published_dimensions() -> None:
    for row in rows():
        found = put_together(
            {name: {f"x{n}": float(row[name])} for n, name in enumerate(DIMENSIONS)}
        )
        assert agrees(found.overall, row["overall"]), row["model"]


def test_8_of_9_overalls_are_means_of_the_datasets() -> None:
    """Of the exception the overall carries the published dimension on, so it differs too."""
    for row in rows():
        assert agrees(of_datasets(row).overall, row["overall"]) == (row["model"] != EXCEPTION[0])
