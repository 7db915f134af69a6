"""Small challenges made by tests, without and with an encoder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluator.dataset import Dataset, MetricName, MetricSettings
from evaluator.phase import Phase
from evaluator.texts import Bilingual
from evaluator.track import Dimension, Track

CONVENTIONS = {
    "accuracy": "letter",
    "robust_accuracy": "letter",
    "exact_match": "labels",
    "micro_f1": "labels",
    "macro_f1": "labels",
    "field_accuracy": "fields",
    "section_f1": "sections",
}
LABELS = ("伪影", "偏中心", "无问题")
NAME = Bilingual(zh="名", en="Name")

TRACK = """\
id: mini
title: {zh: 小赛道, en: Mini track}
summary: {zh: 测试用。, en: For tests.}
phases:
  - {id: dev, title: {zh: 开发, en: Development}, references: open}
  - {id: test, title: {zh: 测试, en: Test}, references: hidden, folder: mini-test}
dimensions:
  - id: safety
    title: {zh: 安全, en: Safety}
    datasets:
      - id: Choice
        title: {zh: 选择题, en: Choices}
        convention: letter
        metric: {name: accuracy}
        card: {zh: 选择。, en: Choose.}
  - id: generation
    title: {zh: 生成, en: Generation}
    datasets:
      - id: Report
        title: {zh: 报告, en: Reports}
        metric: {name: rouge_l}
        card: {zh: 写报告。, en: Write.}
"""


def dataset(metric: MetricName, name: str = "") -> Dataset:
    """Return a dataset of that metric, with a convention that suits it."""
    return Dataset.model_validate(
        {
            "id": name or metric,
            "title": NAME,
            "card": NAME,
            "convention": CONVENTIONS.get(metric, "text"),
            "labels": LABELS if metric == "macro_f1" else (),
            "metric": MetricSettings(name=metric),
        }
    )


def track(*dimensions: Sequence[Dataset]) -> Track:
    """Return a track of dimensions d0, d1, …"""
    return Track(
        id="t",
        title=NAME,
        summary=NAME,
        phases=(Phase(id="dev", title=NAME, references="open"),),
        dimensions=tuple(
            Dimension(id=f"d{number}", title=NAME, datasets=tuple(datasets))
            for number, datasets in enumerate(dimensions)
        ),
    )


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> Path:
    """Write one JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


def mini_challenge(folder: Path, marker: str = "") -> Path:
    """Write a challenge without encoder: `Choice` (2 ids x 2 copies), `Report` (2 items).

    `marker` is planted into every reference of the hidden phase `test`.
    """
    (folder / "tracks").mkdir(parents=True)
    (folder / "tracks" / "mini.yaml").write_text(TRACK, "utf-8")
    for place, hidden in (("mini", ""), ("mini-test", marker)):
        choices = [
            (item, options)
            for item in (1, 2)
            for options in (["A. 对", "B. 错"], ["A. 错", "B. 对"])
        ]
        write_lines(
            folder / place / "Choice" / "questions.jsonl",
            (asked(question(item, "Choice", options), place) for item, options in choices),
        )
        write_lines(
            folder / place / "Choice" / "references.jsonl",
            (
                {
                    **reference(item, "Choice", f"<{'AB'[options[0] != 'A. 对']}>"),
                    "options": options,
                    "point": [hidden] if hidden else [],
                }
                for item, options in choices
            ),
        )
        write_lines(
            folder / place / "Report" / "questions.jsonl",
            (asked(question(item, "Report"), place) for item in (1, 2)),
        )
        write_lines(
            folder / place / "Report" / "references.jsonl",
            (reference(item, "Report", f"患者发热三天{hidden}") for item in (1, 2)),
        )
    return folder


def asked(line: dict[str, Any], place: str) -> dict[str, Any]:
    """Return a question line as one folder asks it: no two ask the same."""
    return line if place == "mini" else {**line, "question": f"{place}：{line['question']}"}


def question(item: int, source: str, options: list[str] | None = None) -> dict[str, Any]:
    """Return a question line."""
    other = {"id": item, "source": source}
    return {"question": f"问题{item}", "options": options, "answer": None, "other": other}


def reference(item: int, source: str, answer: str) -> dict[str, Any]:
    """Return a reference line."""
    return {"answer": answer, "other": {"id": item, "source": source}}


def mini_answers(report: str = "患者发热三天") -> list[dict[str, Any]]:
    """Return prediction lines for the mini challenge: every choice right, reports as given."""
    right = [
        {**question(item, "Choice", options), "answer": f"<{'AB'[options[0] != 'A. 对']}>"}
        for item in (1, 2)
        for options in (["A. 对", "B. 错"], ["A. 错", "B. 对"])
    ]
    return [*right, *({**question(item, "Report"), "answer": report} for item in (1, 2))]
