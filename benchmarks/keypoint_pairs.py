"""Pairs of an answer and a key point, by which key-point matching is chosen and measured."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.build_real_challenge import ROOT, key_point, read_lines, real_data
from evaluator.answers import final_answer
from evaluator.items import Reference, load_items, load_references

SAMPLE_SETS = ("MedHC", "CMB-Clin-extended")
# Pairs whose errors led to changes, and pairs that were kept back until all was settled.
CHINESE = ROOT / "benchmarks" / "data" / "chinese_points.jsonl"
KEPT_BACK = ROOT / "benchmarks" / "data" / "chinese_points_kept_back.jsonl"
KEPT_WORDS = 1 / 3
_CLAUSE = re.compile(r"[^。！？；，\n]+[。！？；，\n]*")

# Names in frames: {} is the name in what is answered and in what is asked for.
DRUGS = (
    *("阿司匹林", "氯吡格雷", "二甲双胍", "阿莫西林", "头孢曲松", "奥美拉唑"),
    *("左氧氟沙星", "氨氯地平", "美托洛尔", "胰岛素", "华法林", "地塞米松"),
)
DISEASES = (
    *("肺炎", "脑梗死", "胃溃疡", "胆囊炎", "糖尿病", "高血压"),
    *("冠心病", "哮喘", "肺结核", "肾结石", "贫血", "阑尾炎"),
)
TREATMENTS = (
    ("建议口服{}治疗。", "口服{}"),
    ("可给予{}，注意不良反应。", "给予{}治疗"),
    ("患者应长期服用{}控制病情。", "长期服用{}"),
    ("首选{}，疗程根据病情决定。", "首选药物为{}"),
)
DIAGNOSES = (
    ("根据病史，考虑诊断为{}。", "诊断：{}"),
    ("结合检查结果，符合{}的表现。", "{}"),
    ("初步诊断{}，建议住院治疗。", "考虑{}可能"),
)


class Pair(NamedTuple):
    """An answer, a point, whether the answer covers it, what the pair is grouped by.

    topic: the question and the other points of the item; kind: of what sort the pair is, if known.
    """

    answer: str
    point: str
    covered: bool
    group: str
    topic: tuple[str, ...] = ()
    kind: str = ""


def english(claims: Path) -> list[Pair]:
    """Return K-QA's pairs; neutral and contradicted points are not covered."""
    lines = read_lines(claims)
    points: dict[str, list[str]] = {}
    for line in lines:
        points.setdefault(line["question"], []).append(line["point"])
    return [
        Pair(
            line["answer"],
            line["point"],
            line["majority"] == "Entailment",
            line["question"],
            (line["question"], *_others(points[line["question"]], line["point"])),
        )
        for line in lines
    ]


def chinese(path: Path) -> list[Pair]:
    """Return the pairs of a file that two readers labelled alike."""
    return [
        Pair(line["answer"], line["point"], all(line["covered"]), line["answer"], (), line["kind"])
        for line in read_lines(path)
        if len(set(line["covered"])) == 1
    ]


def sample_references() -> list[Reference]:
    """Return the references of the shipped open questions."""
    folders = [ROOT / "challenge" / "main" / name for name in SAMPLE_SETS]
    return [
        references[0]
        for folder in folders
        for references in load_references(folder, load_items(folder)).values()
    ]


def own_and_other(references: Sequence[Reference]) -> list[Pair]:
    """Pair each point with its own reference answer and with every other item's."""
    return [
        Pair(other.answer, point, other is reference, str(number), topic)
        for number, reference in enumerate(references)
        for point, topic in _wanted(reference)
        for other in references
    ]


def own_and_cut(references: Sequence[Reference]) -> list[Pair]:
    """Pair each point with its own reference answer, whole and without what says the point."""
    return [
        Pair(answer, point, answer is reference.answer, str(number), topic)
        for number, reference in enumerate(references)
        for point, topic in _wanted(reference)
        for answer in (reference.answer, cut(reference.answer, point))
    ]


def cut(answer: str, point: str) -> str:
    """Return the answer without the clauses that share most words with the point.

    Clauses go until at most a third of the point's neighbouring pairs of characters are left.
    """
    wanted = _bigrams(point)
    clauses = _CLAUSE.findall(answer)
    while len(clauses) > 1 and len(wanted & _bigrams("".join(clauses))) > KEPT_WORDS * len(wanted):
        clauses.remove(max(clauses, key=lambda clause: len(wanted & _bigrams(clause))))
    return "".join(clauses)


def other_names() -> list[Pair]:
    """Pair points in a frame with answers in another one: the same drug or disease, or another."""
    return [
        Pair(said.format(name), asked.format(wanted), wanted == name, name)
        for names, frames in ((DRUGS, TREATMENTS), (DISEASES, DIAGNOSES))
        for number, name in enumerate(names)
        for said, asked in frames
        for wanted in (name, names[(number + 1) % len(names)])
    ]


class Case(NamedTuple):
    """A hospital's diagnoses and what GPT-4 wrote; its grade by a GPT-4 judge (2 best) or None."""

    answer: str
    diagnoses: list[str]
    grade: int | None

    def pairs(self) -> list[Pair]:
        """Return the case's diagnoses with its answer."""
        return [
            Pair(self.answer, point, True, "", _others(self.diagnoses, point))
            for point in self.diagnoses
        ]


def hospital_cases() -> list[Case]:
    """Return the cases of ai_hospital with GPT-4's answers, which differ in wording."""
    folder = real_data("ai_hospital") / "ai_hospital"
    answers = {
        line["other"]["id"]: final_answer(line["answer"])
        for line in read_lines(folder / "predictions" / "gpt4_onestep.jsonl")
    }
    grades = {
        line["id"]: "CBA".index(line["diagnosis_choice"]) if line["diagnosis_choice"] else None
        for line in read_lines(folder / "judge_gpt4_on_gpt4_onestep.jsonl")
    }
    return [
        Case(
            answers[line["other"]["id"]],
            [
                key_point(point)
                for point, kind in zip(line["point"], line["point_kind"], strict=True)
                if kind == "diagnosis"
            ],
            grades[line["other"]["id"]],
        )
        for line in read_lines(folder / "references.jsonl")
    ]


def own_and_other_case(cases: Sequence[Case], seed: int) -> list[Pair]:
    """Pair each diagnosis with the answer to its own case and to another, drawn case.

    An answer misses some diagnoses of its own case, and two cases may share one, so even a
    perfect matcher stays below 1 here.
    """
    rng = random.Random(seed)
    found = []
    for number, case in enumerate(cases):
        other = cases[(number + rng.randrange(1, len(cases))) % len(cases)].answer
        for pair in case.pairs():
            found.append(pair._replace(group=str(number)))
            found.append(pair._replace(group=str(number), answer=other, covered=False))
    return found


def _wanted(reference: Reference) -> Iterator[tuple[str, tuple[str, ...]]]:
    points = [point.text for point in reference.point]
    for point in reference.point:
        if point.kind != "forbidden":
            yield point.text, _others(points, point.text)


def _others(points: Sequence[str], point: str) -> tuple[str, ...]:
    return tuple(other for other in points if other != point)


def _bigrams(text: str) -> frozenset[str]:
    letters = "".join(c for c in text.casefold() if c.isalnum())
    return frozenset(letters[i : i + 2] for i in range(len(letters) - 1))
