"""The challenge that ships with the repository: complete, solvable, and fairly shuffled."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from evaluator.answers import READERS, read_letters
from evaluator.challenge import load_challenge
from evaluator.dataset import Dataset
from evaluator.declaration import read_declaration
from evaluator.entry import read_entry
from evaluator.items import AnsweredItem, Item, Reference, load_items, load_references
from evaluator.metrics import METRICS
from evaluator.metrics.metric import table
from evaluator.recorded import Recorded
from evaluator.settings import ROOT, Limits
from evaluator.submission import read_submission

CHALLENGE = load_challenge(ROOT / "challenge")
TRACK = CHALLENGE.track("main")
ENTRIES = sorted((ROOT / "challenge" / "entries").glob("*.yaml"))
DATASETS = pytest.mark.parametrize("dataset", TRACK.datasets, ids=lambda dataset: dataset.id)


class Sample(NamedTuple):
    """The items of one dataset and what is expected of them."""

    items: list[Item]
    references: dict[str, tuple[Reference, ...]]

    def answered(self, right: bool) -> list[AnsweredItem]:
        """Return every item answered with its own reference, or with nothing."""
        return [
            AnsweredItem(
                item.id,
                item.copies,
                self.references[item.id],
                tuple(found.answer if right else "" for found in self.references[item.id]),
            )
            for item in self.items
        ]


def sample(dataset: Dataset) -> Sample:
    """Read one dataset."""
    items = load_items(CHALLENGE.items_folder(TRACK, TRACK.phase("dev"), dataset))
    folder = CHALLENGE.items_folder(TRACK, TRACK.phase("dev"), dataset)
    return Sample(items, load_references(folder, items))


def test_every_dimension_of_medbench_is_there() -> None:
    assert [dimension.title.zh for dimension in TRACK.dimensions] == [
        "医学语言理解",
        "医学语言生成",
        "医学知识问答",
        "复杂医学推理",
        "医疗安全和伦理",
    ]


@DATASETS
def test_ids_are_complete(dataset: Dataset) -> None:
    found = sample(dataset)

    ids = [item.id for item in found.items]
    assert ids == [str(number) for number in range(1, len(ids) + 1)]
    assert set(found.references) == set(ids)
    assert len(ids) >= 8


@DATASETS
def test_questions_hold_no_answer(dataset: Dataset) -> None:
    path = CHALLENGE.items_folder(TRACK, TRACK.phase("dev"), dataset) / "questions.jsonl"
    for line in path.read_text("utf-8").splitlines():
        written = json.loads(line)
        assert written["answer"] is None
        assert set(written) == {"question", "options", "answer", "other"}


# The others need an encoder: tests/evaluator/metrics/test_combined.py.
@pytest.mark.parametrize("name", ["MedSafety", "CMeEE", "IMCS-V2-MRG"])
def test_reference_is_right_and_silence_wrong(name: str) -> None:
    dataset = TRACK.dataset(name)
    metric = METRICS[dataset.metric.name]

    for right, expected in ((True, 1.0), (False, 0.0)):
        rows = table(metric.statistics(sample(dataset).answered(right), dataset))
        # Each item by itself, and all together.
        assert metric.aggregate(rows, dataset)["score"].tolist() == [expected] * len(rows)
        assert float(metric.aggregate(rows.sum(axis=0), dataset)["score"]) == expected


@DATASETS
def test_references_can_be_read(dataset: Dataset) -> None:
    for references in sample(dataset).references.values():
        for reference in references:
            read = READERS.get(dataset.convention)
            assert reference.answer.strip()
            assert read is None or read(reference.answer, dataset.labels)


@pytest.mark.parametrize("name", ["MedHC", "CMB-Clin-extended"])
def test_open_questions_have_points(name: str) -> None:
    dataset = TRACK.dataset(name)
    for references in sample(dataset).references.values():
        points = [point.text for point in references[0].point if point.kind != "forbidden"]
        assert len(points) == len(set(points)) >= 3


CHOICES = sample(TRACK.dataset("MedSafety"))


def letter(reference: Reference) -> str:
    """Return the right letter of a single-choice copy."""
    (found,) = read_letters(reference.answer) or ()
    return found


@pytest.mark.parametrize("item", CHOICES.items, ids=lambda item: item.id)
def test_copies_differ_in_order_only(item: Item) -> None:
    orders = [copy.options or () for copy in item.copies]

    assert len(item.copies) == 4
    assert len(set(orders)) == 4
    assert len({copy.question for copy in item.copies}) == 1
    assert len({frozenset(_unlettered(order)) for order in orders}) == 1
    assert all(
        [text[:3] for text in order] == ["A. ", "B. ", "C. ", "D. ", "E. "] for order in orders
    )


@pytest.mark.parametrize("item", CHOICES.items, ids=lambda item: item.id)
def test_right_option_is_the_same_in_every_copy(item: Item) -> None:
    right = {
        _unlettered(copy.options or ())["ABCDE".index(letter(reference))]
        for copy, reference in zip(item.copies, CHOICES.references[item.id], strict=True)
    }

    assert len(right) == 1


def _unlettered(options: tuple[str, ...]) -> list[str]:
    return [text[3:] for text in options]


def test_no_letter_is_favoured() -> None:
    letters = Counter(
        letter(reference) for references in CHOICES.references.values() for reference in references
    )

    assert set(letters) == set("ABCDE")
    assert max(letters.values()) - min(letters.values()) <= 2


def test_always_the_same_letter_wins_nothing() -> None:
    dataset = TRACK.dataset("MedSafety")
    for guess in "ABCDE":
        answered = [
            AnsweredItem(item.id, item.copies, CHOICES.references[item.id], (f"<{guess}>",) * 4)
            for item in CHOICES.items
        ]
        rows = METRICS["robust_accuracy"].statistics(answered, dataset)
        assert sum(row.values[0] for row in rows) == 0


@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: path.stem)
def test_sample_entry_is_valid(path: Path) -> None:
    recorded = read_declaration(path, Recorded)
    track = CHALLENGE.track(recorded.track)
    predictions = path.parent / recorded.predictions

    reading = read_submission(
        predictions, predictions.name, CHALLENGE, track, track.phase(recorded.phase), Limits()
    )

    assert reading.notices == []
    assert (reading.predictions.skipped, reading.predictions.items) == (0, 44)
    entry = read_entry(
        recorded.model, recorded.organisation, recorded.access, recorded.parameters, recorded.note
    )
    # Nobody may take them for measurements of a model.
    assert "虚构" in entry.model
    assert entry.note


def test_there_are_two_sample_entries() -> None:
    assert [path.stem for path in ENTRIES] == ["sample-a", "sample-b"]
