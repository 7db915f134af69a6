"""What may not become public with the files of a Space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from evaluator.challenge import Challenge
from evaluator.dataset import Dataset
from evaluator.depot.repository import Repository
from evaluator.errors import DeclarationError, EvaluatorError
from evaluator.items import Reference
from evaluator.phase import Phase
from evaluator.texts import _
from evaluator.track import Track

UNOPENED = _(
    "Phase “{phase}” of track “{track}” opens at {moment}; in a Space everybody could read its "
    "questions before. Take the phase out of {file} until then, and deploy again when it opens."
)
PART = _(
    "Phase “{phase}” of track “{track}” is a private part until {moment}; in a Space everybody "
    "could see which items are in it. Take the phase out of {file} until then, or serve the track "
    "from a machine of your own."
)
HIDDEN = _(
    "{path} would hold the hidden references of phase “{phase}” of track “{track}”; nothing was "
    "uploaded. Give that phase items of its own."
)
NO_GOLD = _(
    "Phase “{phase}” of track “{track}” has hidden references, which are not put into a Space: "
    "everybody could read them. Name a private repository in HUB_GOLD, put them there with "
    "publish, and deploy again."
)
GOLD_IS_EMPTY = _(
    "There is no {name} yet, from which the Space is to take hidden references; put them there "
    "with publish, and deploy again."
)


def check_questions(challenge: Challenge, moment: datetime) -> None:
    """Refuse questions, or what items are in a private part, before their time.

    Raises:
        DeclarationError: a phase has not opened, or a private part is not revealed.
    """
    for track, phase, _dataset in _own_items(challenge):
        whole = track.phase(phase.part_of) if phase.part_of else phase
        named = {"phase": phase.id, "track": track.id, "file": challenge.files[track.id]}
        if not whole.has_opened(moment):
            raise DeclarationError(UNOPENED, moment=whole.opens, **named)
        if phase.part_of and not phase.is_visible(moment):
            raise DeclarationError(PART, moment=phase.visible, **named)


def check_hidden(challenge: Challenge, files: Mapping[str, bytes]) -> None:
    """Refuse hidden references, under whatever path and by whatever track they get there.

    Raises:
        DeclarationError: a file is one of them.
    """
    paths = {content: path for path, content in files.items()}
    for track, phase, dataset in _hidden(challenge):
        file = challenge.items_folder(track, phase, dataset) / Reference.FILE
        if file.is_file() and (path := paths.get(file.read_bytes())):
            raise DeclarationError(HIDDEN, path=path, phase=phase.id, track=track.id)


def check_gold(challenge: Challenge, named: str | None, gold: Repository) -> None:
    """Refuse hidden references that a Space could get from nowhere.

    Raises:
        EvaluatorError: no repository is named for them, it does not exist, or everybody reads it.
    """
    hidden = next(_hidden(challenge), None)
    if hidden is None:
        return
    track, phase, _dataset = hidden
    if not named:
        raise EvaluatorError(NO_GOLD, phase=phase.id, track=track.id)
    if not gold.head().commit:
        raise EvaluatorError(GOLD_IS_EMPTY, name=gold.name)


def _hidden(challenge: Challenge) -> Iterator[tuple[Track, Phase, Dataset]]:
    return (one for one in _own_items(challenge) if one[1].references == "hidden")


def _own_items(challenge: Challenge) -> Iterator[tuple[Track, Phase, Dataset]]:
    """Yield the datasets of each phase whose items lie in the challenge's own folder."""
    for track, phase in challenge.boards():
        for dataset in track.datasets:
            if phase.id not in dataset.hub:
                yield track, phase, dataset
