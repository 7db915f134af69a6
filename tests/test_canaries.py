"""Canary submissions: none beats the weakest real system, none helps a real answer.

On shipped open questions, where the weak answers are each reference's first third and the strong
ones its first two; and on drawn cases of ai_hospital with its recorded systems, where REAL_DATA
has them. `python -m benchmarks.canaries` tries any number of cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.build_real_challenge import DataMissing
from benchmarks.canaries import (
    KEPT_BYTES,
    MOST_GAINED,
    Outcome,
    Trial,
    all_labels,
    every_option,
    trial,
)
from benchmarks.canary_texts import (
    DEPARTMENTS,
    LONG,
    WORDS,
    Case,
    canaries,
    diagnoses,
    negated,
    read_cases,
    words,
)
from evaluator.dataset import Dataset, MetricSettings
from evaluator.encoders import keep_vectors
from evaluator.items import AnsweredItem, KeyPoint, Question, Reference, load_items, load_references
from evaluator.lines import Other
from evaluator.metrics import METRICS
from evaluator.metrics.keypoints.clauses import sentences
from evaluator.metrics.metric import table
from tests.folders import NAME as TITLE
from tests.site import ROOT

SETS = ("MedHC", "CMB-Clin-extended")
CANARIES = [
    *("topic words", "frequent diagnoses", "all departments", "question copied"),
    *("good answer 20 times", "ignore the rubric (zh)", "ignore the rubric (en)"),
    *("zero width", "homoglyphs", "empty", "do not know", "negated points", "100,000 characters"),
]
REAL_CASES = 16
TEXTS = Dataset(id="Set", title=TITLE, card=TITLE, metric=MetricSettings(name="combined"))


@cache
def shipped() -> tuple[Trial, list[Case]]:
    """Return half of the shipped open questions, answered by parts of their references, and all."""
    cases = []
    for folder in (ROOT / "challenge" / "main" / name for name in SETS):
        items = load_items(folder)
        references = load_references(folder, items)
        cases += [_case(item.copies[0], references[item.id][0]) for item in items]
    return Trial(cases[::2], TEXTS), cases


def _case(question: Question, reference: Reference) -> Case:
    parts = [reference.answer[start:stop] for start, stop in sentences(reference.answer)]
    answers: dict[str, str | None] = {
        name: "".join(parts[: max(1, round(share * len(parts)))])
        for name, share in (("a third", 1 / 3), ("two thirds", 2 / 3))
    }
    return Case(question, reference, ("diagnosis",) * len(reference.point), answers)


def check(found: Outcome) -> None:
    """Fail with the figures if a canary is not harmless."""
    assert found.alone <= found.baseline, found
    assert max(found.gained.values()) <= MOST_GAINED, found


@pytest.mark.slow
@pytest.mark.parametrize("name", CANARIES)
def test_a_canary_is_harmless(name: str) -> None:
    tried, cases = shipped()
    canary = next(one for one in canaries(cases, tried.cases) if one.name == name)

    check(tried.outcome(canary))


@cache
def real() -> tuple[Trial, list[Case]]:
    """Return drawn cases of ai_hospital, and all; skips where they are missing."""
    try:
        cases = read_cases()
    except DataMissing as missing:
        pytest.skip(str(missing))
    return trial(cases, REAL_CASES), cases


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the vectors of references and points from one canary to the next."""
    keep_vectors(tmp_path_factory.mktemp("kept") / "vectors.sqlite", KEPT_BYTES)
    yield
    keep_vectors(None)


@pytest.mark.slow
@pytest.mark.parametrize("name", CANARIES)
def test_a_canary_is_harmless_on_real_cases(name: str, kept: None) -> None:
    tried, cases = real()
    canary = next(one for one in canaries(cases, tried.cases) if one.name == name)

    found = tried.outcome(canary)

    check(found)
    assert found.cases == REAL_CASES


def test_every_option_and_every_label_are_harmless() -> None:
    options, labels = every_option(), all_labels()

    check(options)
    check(labels)
    assert options.alone == 0
    # 90 labels expected, right all; 33 named 60 times: 2·90 / (90 + 33·60).
    assert labels.alone == pytest.approx(2 * 90 / (90 + len(DEPARTMENTS) * 60))


def test_the_canaries_are_what_they_say() -> None:
    _tried, cases = shipped()
    made = {canary.name: canary.texts for canary in canaries(cases, cases)}

    assert set(made) == set(CANARIES)
    assert all(len(text) == LONG for text in made["100,000 characters"])
    assert made["question copied"] == [case.question.question for case in cases]
    # Nothing is borrowed from the case's own reference.
    for case, text in zip(cases, made["good answer 20 times"], strict=True):
        assert text.count("\n") >= 20 and case.reference.answer not in text
    assert len(words(cases)) == len(diagnoses(cases)) == WORDS


def test_every_clause_of_a_negated_point_is_denied() -> None:
    point = KeyPoint(text="血压升高，左侧无力；建议手术。")
    other = Other(id="1", source="Set")
    reference = Reference(other=other, answer="", point=(point,))
    case = Case(Question(other=other, question=""), reference, ("basis",), {})

    assert negated(case) == ["没有血压升高，没有左侧无力，没有建议手术。"]


POINTS = ("考虑急性阑尾炎", "尽快手术切除", "术前禁食8小时", "体温38.5℃")


def scores(*answers: str, dataset: Dataset = TEXTS) -> list[dict[str, float]]:
    """Return what the combined metric makes of answers to one question, answer by answer."""
    items = [_answered(str(number), answer) for number, answer in enumerate(answers)]
    return _values(items, dataset)


def _answered(item: str, answer: str) -> AnsweredItem:
    other = Other(id=item, source="Set")
    points = tuple(KeyPoint(text=point) for point in POINTS)
    reference = Reference(other=other, answer="。".join(POINTS) + "。", point=points)
    question = Question(other=other, question="如何处理？")
    return AnsweredItem(item, (question,), (reference,), (answer,))


def _values(items: Sequence[AnsweredItem], dataset: Dataset) -> list[dict[str, float]]:
    rows = table(METRICS["combined"].statistics(items, dataset))
    found = METRICS["combined"].aggregate(rows, dataset)
    return [{name: float(column[k]) for name, column in found.items()} for k in range(len(items))]


@settings(max_examples=6, deadline=None)
@given(said=st.permutations(POINTS), start=st.sampled_from(["", "您好。", "根据病史，"]))
def test_each_more_point_covered_raises_the_score(said: list[str], start: str) -> None:
    answers = [start + "。".join(said[:count]) + "。" for count in range(len(said) + 1)]
    found = scores(*answers)

    steps = [count / len(POINTS) for count in range(len(POINTS) + 1)]
    assert [one["macro_recall"] for one in found] == pytest.approx(steps)
    totals = [one["score"] for one in found]
    assert totals == sorted(totals)


@settings(max_examples=5, deadline=None)
@given(order=st.permutations(range(5)))
def test_the_order_of_items_changes_nothing(order: list[int]) -> None:
    answers = ["", "不知道", POINTS[0], "。".join(POINTS[1:3]), "患者应尽早手术，切除阑尾。"]
    items = [_answered(str(number), answer) for number, answer in enumerate(answers)]
    there, here = _values(items, TEXTS), _values([items[k] for k in order], TEXTS)

    for place, number in enumerate(order):
        assert here[place] == pytest.approx(there[number], abs=1e-6)


@settings(max_examples=6, deadline=None)
@given(blanks=st.sampled_from(["  ", "\t ", "   "]), wide=st.booleans())
def test_white_space_and_width_change_no_recall(blanks: str, wide: bool) -> None:
    plain = "考虑 acute appendicitis，即急性阑尾炎。 体温 38.5 ℃，尽快手术切除。"
    other = plain.replace(" ", blanks)
    if wide:
        other = "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in other)
    first, second = scores(plain, other)

    assert second["macro_recall"] == first["macro_recall"]
    assert second["score"] == pytest.approx(first["score"], abs=0.02)
