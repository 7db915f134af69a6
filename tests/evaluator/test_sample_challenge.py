"""The challenge that ships with the repository: complete, solvable, and fairly shuffled."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from challenge.phantoms.sets import SETS
from evaluator.answers import READERS, read_letters
from evaluator.challenge import load_challenge
from evaluator.check import check_challenge
from evaluator.check.finding import Finding
from evaluator.check.own import check_own_answers
from evaluator.dataset import Dataset
from evaluator.declaration import read_declaration
from evaluator.entry import read_entry
from evaluator.items import AnsweredItem, Item, Reference, by_id, load_items, load_references
from evaluator.lines import Located, read_lines
from evaluator.metrics import METRICS
from evaluator.recorded import Recorded
from evaluator.settings import ROOT, Limits
from evaluator.submission import read_submission
from evaluator.texts import LANGUAGES
from evaluator.track import Track

SAMPLE = ROOT / "challenge"
CHALLENGE = load_challenge(SAMPLE)
ENTRIES = sorted((SAMPLE / "entries").glob("*.yaml"))
EVERY = [(track, dataset) for track in CHALLENGE.tracks.values() for dataset in track.datasets]
DATASETS = pytest.mark.parametrize(
    ("track", "dataset"), EVERY, ids=[dataset.id for _track, dataset in EVERY]
)
CHOICES = [pair for pair in EVERY if pair[1].convention == "letter"]
CHOICE_SETS = pytest.mark.parametrize(
    ("track", "dataset"), CHOICES, ids=[dataset.id for _track, dataset in CHOICES]
)
# MedBench 3.0 (arXiv 2503.07306 and its site): dimension, datasets and metric. Those of MedDG,
# MedTreat and CriID are ours: 3.0 published none.
MEDBENCH = {
    "医学语言理解": {
        "CMeEE": "micro_f1",
        "CMeIE": "micro_f1",
        "CHIP-CDEE": "micro_f1",
        "SMDoc": "field_accuracy",
        "CHIP-CDN": "micro_f1",
        "CHIP-CTC": "macro_f1",
    },
    "医学语言生成": {"IMCS-V2-MRG": "rouge_l", "DBMHG": "section_f1"},
    "医学知识问答": {
        "Med-Exam": "robust_accuracy",
        "MedHC": "combined",
        "MedMC": "combined",
        "MedSpeQA": "combined",
        "MedHG": "micro_f1",
        "MedDG": "combined",
        "MedLitQA": "combined",
    },
    "复杂医学推理": {
        "CMB-Clin-extended": "combined",
        "DDx-basic": "robust_accuracy",
        "DDx-advanced": "micro_f1",
        "MedTreat": "combined",
    },
    "医疗安全和伦理": {
        "MedSafety": "robust_accuracy",
        "DrugCA": "robust_accuracy",
        "CriID": "robust_accuracy",
    },
}
# The announced sub-dimensions of the challenge tracks.
TRACKS = {
    "ophthalmology": [
        *("眼底彩照", "OCT图像诊断", "教育培训", "分诊问诊", "医学诊断", "治疗方案设计"),
        *("预后预测", "眼科知识问答"),
    ],
    "quality-control": ["图像质量控制准确性", "报告规范性"],
    "imaging-reports": ["医学信息抽取", "病因推理", "治疗推理", "健康影响推理", "检查推理"],
    "tcm": ["中医基础理论", "经典解析", "临床决策"],
}
DEMONSTRATION = {
    "zh": ("为演示", "未经医师审核", "不用于给模型排名", "参考答案随仓库公开"),
    "en": ("for demonstration", "not reviewed by a physician", "not for ranking", "are public"),
}


def folder_of(track: Track, dataset: Dataset) -> Path:
    """Return where a dataset's items lie."""
    return CHALLENGE.items_folder(track, track.phase("dev"), dataset)


def items_of(track: Track, dataset: Dataset) -> tuple[list[Item], dict[str, tuple[Reference, ...]]]:
    """Read one dataset."""
    items = load_items(folder_of(track, dataset))
    return items, load_references(folder_of(track, dataset), items)


def labels_of(track: Track, dataset: Dataset) -> Counter[str]:
    """Count the declared labels that stand in the references of a dataset."""
    _items, references = items_of(track, dataset)
    texts = [copies[0].answer for copies in references.values()]
    return Counter(label for label in dataset.labels for text in texts if label in text)


def test_the_main_track_is_medbench() -> None:
    track = CHALLENGE.track("main")

    assert {
        dimension.title.zh: {one.id: one.metric.name for one in dimension.datasets}
        for dimension in track.dimensions
    } == MEDBENCH
    assert len(track.datasets) == 22


def test_the_challenge_tracks_have_their_dimensions() -> None:
    assert {
        name: [dimension.title.zh for dimension in track.dimensions]
        for name, track in CHALLENGE.tracks.items()
        if name != "main"
    } == TRACKS
    inference = CHALLENGE.track("ophthalmology").dataset("Eye-Knowledge").card
    assert "推断" in inference.zh
    assert "our inference" in inference.en


def test_every_convention_occurs() -> None:
    assert {dataset.convention for _track, dataset in EVERY} == {"text", *READERS}


@pytest.mark.parametrize("track", CHALLENGE.tracks.values(), ids=CHALLENGE.tracks)
def test_every_card_says_what_the_items_are_worth(track: Track) -> None:
    assert track.notice
    for language in LANGUAGES:
        for words in DEMONSTRATION[language]:
            assert words in track.notice.text(language)
        assert all(dataset.card.text(language).strip() for dataset in track.datasets)
    assert track.organisers
    assert track.citation
    assert all(dataset.sources for dataset in track.datasets)


@DATASETS
def test_ids_are_complete(track: Track, dataset: Dataset) -> None:
    items, references = items_of(track, dataset)

    ids = [item.id for item in items]
    assert ids == [str(number) for number in range(1, len(ids) + 1)]
    assert set(references) == set(ids)
    assert len(ids) >= 6


@DATASETS
def test_questions_hold_no_answer(track: Track, dataset: Dataset) -> None:
    path = folder_of(track, dataset) / "questions.jsonl"
    for line in path.read_text("utf-8").splitlines():
        written = json.loads(line)
        assert written["answer"] is None
        assert set(written) <= {"question", "options", "answer", "other", "img_path"}


@DATASETS
def test_every_label_occurs(track: Track, dataset: Dataset) -> None:
    found = labels_of(track, dataset)

    assert [label for label in dataset.labels if not found[label]] == []


def test_an_answer_of_none_occurs() -> None:
    """A report without error is an item like any other."""
    track = CHALLENGE.track("quality-control")
    answers = [
        copies[0].answer for copies in items_of(track, track.dataset("CTReport-Errors"))[1].values()
    ]
    assert answers.count("[]") >= 2


def own_answers(track: Track, dataset: Dataset) -> list[Finding]:
    """Return the items that are not right on their own reference, or not 0 on an empty answer."""
    folder = folder_of(track, dataset)
    located = [line for line in read_lines(folder, Reference) if isinstance(line, Located)]
    return list(check_own_answers(folder, load_items(folder), by_id(located), dataset))


@pytest.mark.parametrize(
    ("track", "dataset"),
    [pair for pair in EVERY if not METRICS[pair[1].metric.name].uses_encoder],
    ids=[d.id for _t, d in EVERY if not METRICS[d.metric.name].uses_encoder],
)
def test_reference_is_right_and_silence_wrong(track: Track, dataset: Dataset) -> None:
    assert own_answers(track, dataset) == []


@pytest.mark.slow
def test_the_check_finds_nothing_in_the_sample(tmp_path: Path) -> None:
    """With the encoder: every reference covers its own key points and none that is forbidden."""
    found = [finding.text("en") for finding in check_challenge(SAMPLE, tmp_path, None)]

    assert found == []


@DATASETS
def test_references_can_be_read(track: Track, dataset: Dataset) -> None:
    for references in items_of(track, dataset)[1].values():
        for reference in references:
            read = READERS.get(dataset.convention)
            assert reference.answer.strip()
            assert read is None or read(reference.answer, dataset.labels)


@pytest.mark.parametrize(
    ("track", "dataset"),
    [pair for pair in EVERY if pair[1].metric.name in ("combined", "macro_recall")],
    ids=[d.id for _t, d in EVERY if d.metric.name in ("combined", "macro_recall")],
)
def test_open_questions_have_points(track: Track, dataset: Dataset) -> None:
    for references in items_of(track, dataset)[1].values():
        points = [point.text for point in references[0].point if point.kind != "forbidden"]
        assert len(points) == len(set(points)) >= 3


@CHOICE_SETS
def test_copies_differ_in_order_only(track: Track, dataset: Dataset) -> None:
    items, references = items_of(track, dataset)
    for item in items:
        orders = [copy.options or () for copy in item.copies]
        right = [
            {
                _unlettered(order)["ABCDEF".index(one)]
                for one in read_letters(reference.answer) or ()
            }
            for order, reference in zip(orders, references[item.id], strict=True)
        ]

        assert len(item.copies) == len(set(orders)) == 4
        assert len({copy.question for copy in item.copies}) == 1
        assert len({frozenset(_unlettered(order)) for order in orders}) == 1
        assert len({frozenset(texts) for texts in right}) == 1
        for order in orders:
            assert [text[:3] for text in order] == [f"{one}. " for one in "ABCDEF"[: len(order)]]


def _unlettered(options: tuple[str, ...]) -> list[str]:
    return [text[3:] for text in options]


@CHOICE_SETS
def test_always_the_same_letter_wins_nothing(track: Track, dataset: Dataset) -> None:
    items, references = items_of(track, dataset)
    for guess in "ABCDEF":
        answered = [
            AnsweredItem(item.id, item.copies, references[item.id], (f"<{guess}>",) * 4)
            for item in items
        ]
        rows = METRICS["robust_accuracy"].statistics(answered, dataset)
        assert sum(row.values[0] for row in rows) == 0


def test_the_pictures_are_what_the_script_draws() -> None:
    for drawn in SETS:
        folder = SAMPLE / drawn.folder
        answers = [json.loads(line)["answer"] for line in _lines(folder / "references.jsonl")]
        questions = [json.loads(line) for line in _lines(folder / "questions.jsonl")]
        assert answers == ["|".join(found) or drawn.labels[-1] for found in drawn.shown]
        for number, (question, found) in enumerate(zip(questions, drawn.shown, strict=True), 1):
            (path,) = question["img_path"]
            kept = np.asarray(Image.open(folder / path).convert("RGB"), dtype=int)
            again = np.asarray(drawn.draw(found, number), dtype=int)
            # Compression moves single pixels, never the picture.
            assert np.abs(kept - again).mean() < 6, path


def test_each_picture_says_that_it_is_synthetic() -> None:
    """The mark is white on the lower left, whatever lies below it."""
    for drawn in SETS:
        picture = drawn.draw(drawn.shown[0], 1)
        corner = np.asarray(picture.convert("L"))[-24:-6, 6:110]
        assert (corner > 200).sum() > 100
        for line in _lines(SAMPLE / drawn.folder / "questions.jsonl"):
            assert "合成" in json.loads(line)["question"]


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: path.stem)
def test_sample_entry_is_valid(path: Path) -> None:
    recorded = read_declaration(path, Recorded)
    track = CHALLENGE.track(recorded.track)
    predictions = path.parent / recorded.predictions

    reading = read_submission(
        predictions, predictions.name, CHALLENGE, track, track.phase(recorded.phase), Limits()
    )

    assert reading.notices == []
    assert reading.predictions.skipped == 0
    entry = read_entry(
        recorded.model, recorded.organisation, recorded.access, recorded.parameters, recorded.note
    )
    # Nobody may take them for measurements of a model.
    assert "虚构" in entry.model
    assert entry.note


def test_every_track_has_two_sample_entries() -> None:
    found = Counter(re.sub(r"-sample-[ab]$", "", path.stem) for path in ENTRIES)

    assert found == dict.fromkeys(CHALLENGE.tracks, 2)
