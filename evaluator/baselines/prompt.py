"""What a model is asked: a dataset's own prompt within the declaration's."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from evaluator.baselines.declaration import Model, digest
from evaluator.baselines.journal import Key
from evaluator.baselines.reply import Picture, Turn
from evaluator.challenge import Challenge
from evaluator.dataset import Dataset
from evaluator.items import Question
from evaluator.phase import Phase
from evaluator.submission import asked
from evaluator.track import Track


class Asking(NamedTuple):
    """One question to a model; its turns are made when it is asked, so that images are not held."""

    key: Key
    model: Model
    dataset: Dataset
    question: Question
    folder: Path

    @property
    def pictures(self) -> int:
        """Return how many images it has."""
        return len(self.question.img_path or ())

    def text(self) -> str:
        """Return the question as it is put."""
        prompt = self.dataset.asked(self.question.question, self.question.options)
        return self.model.prompt.template.replace("{prompt}", prompt)

    @property
    def size(self) -> int:
        """Return the bytes of all that is asked, images aside."""
        return sum(len(turn.text.encode()) for turn in self._talk(()))

    def turns(self) -> tuple[Turn, ...]:
        """Return the talk before the answer."""
        pictures = tuple(
            Picture(
                mimetypes.guess_type(name)[0] or "application/octet-stream",
                (self.folder / name).read_bytes(),
            )
            for name in self.question.img_path or ()
        )
        return self._talk(pictures)

    def _talk(self, pictures: tuple[Picture, ...]) -> tuple[Turn, ...]:
        prompt = self.model.prompt
        shown = [
            turn
            for shot in prompt.shots
            for turn in (Turn("user", shot.question), Turn("assistant", shot.answer))
        ]
        system = [Turn("system", prompt.system)] if prompt.system else []
        return (*system, *shown, Turn("user", self.text(), pictures))


def askings(challenge: Challenge, track: Track, phase: Phase, model: Model) -> Iterator[Asking]:
    """Yield every question of a phase and its parts, copy by copy."""
    by_part = asked(challenge, track, phase)
    for part in track.parts(phase):
        for dataset in track.datasets:
            folder = challenge.items_folder(track, part, dataset)
            for item in by_part[part.id][dataset.id].values():
                for number, question in enumerate(item.copies):
                    yield Asking(Key(dataset.id, item.id, number), model, dataset, question, folder)


def prompt_hash(model: Model, track: Track) -> str:
    """Return 12 hex digits that change with anything that stands around a question."""
    prompts = {dataset.id: dataset.prompt for dataset in track.datasets}
    return digest([model.prompt.model_dump(mode="json"), prompts])
