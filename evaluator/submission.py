"""A prediction file read against its track: every item answered once, or refused with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from evaluator.archive import Archive
from evaluator.challenge import Challenge
from evaluator.errors import DeclarationError
from evaluator.items import Item, Question, load_items
from evaluator.phase import Phase
from evaluator.predictions import Predictions
from evaluator.problems import Findings, Group, clip
from evaluator.reader import Reader
from evaluator.settings import Limits
from evaluator.texts import _
from evaluator.track import Track

ItemsByDataset = dict[str, dict[str, Item]]


class Reading(NamedTuple):
    """A file that was read without problem, and what is worth knowing about it.

    `private` holds the answers to each private part of the phase, by the part's id. Whoever sent
    them is told `items` and `skipped` of all parts together, which tells no item's part.
    """

    predictions: Predictions
    notices: list[Group]
    private: Mapping[str, Predictions] = {}

    @property
    def items(self) -> int:
        """Return how many items were answered, or marked as not attempted."""
        return self.predictions.items + sum(part.items for part in self.private.values())

    @property
    def skipped(self) -> int:
        """Return how many items were not attempted."""
        return self.predictions.skipped + sum(part.skipped for part in self.private.values())


def read_submission(
    path: Path, name: str, challenge: Challenge, track: Track, phase: Phase, limits: Limits
) -> Reading:
    """Read an uploaded file (.jsonl, .jsonl.gz or .zip) called `name` for one track and phase.

    Raises:
        SubmissionRefused: with every problem of the file.
        DeclarationError: two parts of the phase ask an item of the same id.
    """
    findings = Findings()
    by_part = asked(challenge, track, phase)
    items = {
        dataset.id: {
            key: item for part in by_part.values() for key, item in part[dataset.id].items()
        }
        for dataset in track.datasets
    }
    open_sets = {dataset.id for dataset in track.datasets if dataset.convention == "text"}
    reader = Reader(items, findings, open_sets)
    # Whoever packs the whole pack again packs its images too.
    images = sum(len(item.images) for found in items.values() for item in found.values())
    archive = Archive(path, name, replace(limits, members=limits.members + images), findings)
    for line in archive.lines():
        reader.read(line)
    if archive.whole and (reader.lines_read or not findings.problems):
        reader.report_missing(clip(name))
    findings.raise_if_any()
    answers = reader.answers()
    divided = {
        part: Predictions(
            {name: {key: answers[name][key] for key in found} for name, found in asked.items()}
        )
        for part, asked in by_part.items()
    }
    return Reading(divided.pop(phase.id), findings.notices, divided)


def asked(
    challenge: Challenge, track: Track, phase: Phase
) -> dict[str, dict[str, dict[str, Item]]]:
    """Return the items that one upload answers: by part of the phase, dataset and id.

    Raises:
        DeclarationError: questions cannot be read, or two parts ask an item of the same id.
    """
    parts: dict[str, ItemsByDataset] = {}
    for part in track.parts(phase):
        parts[part.id] = {
            dataset.id: {
                item.id: item for item in load_items(challenge.items_folder(track, part, dataset))
            }
            for dataset in track.datasets
        }
    for dataset in track.datasets:
        _check_apart([part[dataset.id] for part in parts.values()], dataset.id)
    return parts


def _check_apart(parts: list[dict[str, Item]], dataset: str) -> None:
    seen: set[str] = set()
    for part in parts:
        shared = sorted(seen & part.keys())
        if shared:
            raise DeclarationError(
                _("{file} of {dataset}: id {id} is asked in two parts of one phase; rename one."),
                file=Question.FILE,
                dataset=dataset,
                id=shared[0],
            )
        seen |= part.keys()
