"""A prediction file read against its track: every item answered once, or refused with reasons."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from evaluator.archive import Archive
from evaluator.challenge import Challenge
from evaluator.items import load_items
from evaluator.phase import Phase
from evaluator.predictions import Predictions
from evaluator.problems import Findings, Group, clip
from evaluator.reader import Reader
from evaluator.settings import Limits
from evaluator.track import Track


class Reading(NamedTuple):
    """A file that was read without problem, and what is worth knowing about it."""

    predictions: Predictions
    notices: list[Group]


def read_submission(
    path: Path, name: str, challenge: Challenge, track: Track, phase: Phase, limits: Limits
) -> Reading:
    """Read an uploaded file (.jsonl, .jsonl.gz or .zip) called `name` for one track and phase.

    Raises:
        SubmissionRefused: with every problem of the file.
    """
    findings = Findings()
    items = {
        dataset.id: {
            item.id: item for item in load_items(challenge.items_folder(track, phase, dataset))
        }
        for dataset in track.datasets
    }
    open_sets = {dataset.id for dataset in track.datasets if dataset.convention == "text"}
    reader = Reader(items, findings, open_sets)
    archive = Archive(path, name, limits, findings)
    for line in archive.lines():
        reader.read(line)
    if archive.whole and (reader.lines_read or not findings.problems):
        reader.report_missing(clip(name))
    findings.raise_if_any()
    return Reading(Predictions(reader.answers()), findings.notices)
