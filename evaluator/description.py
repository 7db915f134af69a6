"""What a reader should know of a track: its datasets with counts and an example each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from evaluator.board import Participation
from evaluator.challenge import Challenge
from evaluator.dataset import Dataset
from evaluator.items import Item, Reference, dataset_hash, load_items, load_references
from evaluator.phase import Phase
from evaluator.texts import _
from evaluator.track import Track

# How an answer is written, by convention; docs/metrics.md says what else is read.
FORMS = {
    "text": _("free text"),
    "letter": _("the letter or letters of the options, such as <B> or <A, C>"),
    "labels": _("names, separated by |, ## or line breaks"),
    "entities": _("a line for each category: 类别：实体，实体"),
    "relations": _("a line for each relation: 关系类型：…，头实体：…，尾实体：…。"),
    "events": _("a JSON list of {主体词, 描述词, 解剖部位, 发生状态}"),
    "sections": _("a line for each section: 主诉：…"),
    "fields": _("a JSON object with a value for each field"),
    "corrections": _("a JSON list of {错误类型, 修改建议}, or [] where there is no error"),
}


class Example(NamedTuple):
    """An item as a model is given it and, where references are open, the expected answer."""

    phase: str
    prompt: str
    images: tuple[str, ...]
    answer: str | None


class DatasetDescription(NamedTuple):
    """A dataset with its number of items and of copies in each phase, by the phase's id."""

    items: dict[str, int]
    lines: dict[str, int]
    hashes: dict[str, str]
    example: Example | None


class TrackDescription(NamedTuple):
    """A track, its datasets in order, and who has taken part as far as that is known."""

    track: Track
    datasets: dict[str, DatasetDescription]
    participation: Participation | None = None

    def items(self, phase: Phase) -> int:
        """Return the number of items that one upload to a phase answers."""
        parts = [part.id for part in self.track.parts(phase)]
        return sum(one.items[part] for one in self.datasets.values() for part in parts)


def describe(challenge: Challenge, track: Track) -> TrackDescription:
    """Return what there is to know of a track without a database.

    References are opened in phases that show them, and nowhere else.
    """
    return TrackDescription(track, {d.id: _describe(challenge, track, d) for d in track.datasets})


def _describe(challenge: Challenge, track: Track, dataset: Dataset) -> DatasetDescription:
    folders = {phase.id: challenge.items_folder(track, phase, dataset) for phase in track.phases}
    items = {phase: load_items(folder) for phase, folder in folders.items()}
    shown = [phase for phase in track.entered if phase.has_opened(datetime.now(UTC))]
    # Of items on a Hub only the worker fetches the references.
    told = [
        phase
        for phase in shown
        if phase.references == "open" and (folders[phase.id] / Reference.FILE).is_file()
    ]
    example = None
    if shown:
        chosen = (told or shown)[0]
        first = items[chosen.id][0]
        answers = load_references(folders[chosen.id], items[chosen.id]) if told else {}
        example = _example(dataset, chosen, first, answers.get(first.id))
    return DatasetDescription(
        {phase: len(found) for phase, found in items.items()},
        {phase: sum(len(item.copies) for item in found) for phase, found in items.items()},
        {phase.id: dataset_hash(folders[phase.id]) for phase in told},
        example,
    )


def _example(
    dataset: Dataset, phase: Phase, item: Item, references: tuple[Reference, ...] | None
) -> Example:
    question = item.copies[0]
    return Example(
        phase.id,
        dataset.asked(question.question, question.options),
        tuple(question.img_path or ()),
        references[0].answer if references else None,
    )
