"""One run: a model over a phase of a track, in a folder of its own that survives a kill."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import orjson

from evaluator.baselines.declaration import Model, digest
from evaluator.baselines.journal import Journal
from evaluator.baselines.prompt import Asking, askings, prompt_hash
from evaluator.challenge import Challenge
from evaluator.items import Question, load_items
from evaluator.origin import Origin
from evaluator.phase import Phase
from evaluator.predictions import answer_line
from evaluator.replacing import replacing
from evaluator.track import Track

# Raised when the same declaration would ask something else than before.
HARNESS = 1
CLIENTS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "huggingface": "huggingface-hub",
    "transformers": "transformers",
}
ANSWERS = "answers.jsonl"


class Run(NamedTuple):
    """A model asked every question of a phase; `folder` is named by all that decides an answer."""

    challenge: Challenge
    track: Track
    phase: Phase
    model: Model
    folder: Path

    @property
    def journal(self) -> Path:
        """Return where the answers are kept as they came."""
        return self.folder / ANSWERS

    def begin(self) -> None:
        """Write down what the run is made of, where that was not done before."""
        manifest = {
            "track": self.track.id,
            "phase": self.phase.id,
            "model": self.model.model_dump(mode="json"),
            "prompt": prompt_hash(self.model, self.track),
            "clients": harness(self.model),
            "began_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        file = self.folder / "manifest.json"
        if not file.exists():
            with replacing(file) as draft:
                draft.write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))

    def _began_with(self) -> str:
        """Return what asked at the beginning: the client may have been renewed meanwhile."""
        written = orjson.loads((self.folder / "manifest.json").read_bytes())
        return str(written["clients"])

    def questions(self) -> Iterator[Asking]:
        """Yield every question, copy by copy."""
        return askings(self.challenge, self.track, self.phase, self.model)

    def write_predictions(self, journal: Journal) -> Path:
        """Write the answers as the file that a participant would upload; every one must be there.

        Equal answers make an equal file.
        """
        path = self.folder / "predictions.zip"
        lines: dict[str, list[bytes]] = {}
        for asking in self.questions():
            lines.setdefault(asking.dataset.id, []).append(_prediction(asking, journal))
        with replacing(path) as draft, zipfile.ZipFile(draft, "w") as pack:
            for dataset, found in lines.items():
                # With a ZipInfo of its own date, so that equal answers make equal bytes.
                member = zipfile.ZipInfo(f"{dataset}_test.jsonl")
                pack.writestr(member, b"".join(found), zipfile.ZIP_DEFLATED)
        return path

    def origin(self, journal: Journal) -> Origin:
        """Return where the answers came from, to be shown beside their scores."""
        model, usage = self.model, journal.usage
        return Origin(
            provider=model.interface,
            asked=model.model,
            snapshots=dict(journal.models),
            fingerprints=tuple(sorted(journal.fingerprints)),
            first=min(journal.days).isoformat(),
            last=max(journal.days).isoformat(),
            prompt_hash=prompt_hash(model, self.track),
            shots=len(model.prompt.shots),
            decoding=model.decoding.model_dump(mode="json"),
            outputs_hash=journal.outputs_hash(),
            harness=", ".join(sorted({self._began_with(), harness(model)})),
            states=dict(journal.states),
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost=round(model.price.of(*usage.plus(journal.assumed)), 4) if model.price else None,
            licence=model.licence,
            source=model.source,
        )


def open_run(challenge: Challenge, track: Track, phase: Phase, model: Model, data: Path) -> Run:
    """Return the run of a model over a phase.

    Whatever decides an answer is part of the folder's name: the same command goes on with a run,
    and a changed declaration, prompt or question begins another.
    """
    made_of = {
        "harness": HARNESS,
        "asked": model.asked_hash,
        "prompt": prompt_hash(model, track),
        "questions": _questions_hash(challenge, track, phase),
    }
    name = f"{model.name}-{track.id}-{phase.id}-{digest(made_of)}"
    return Run(challenge, track, phase, model, data / "baselines" / name)


def harness(model: Model) -> str:
    """Return the harness's version, and that of the client it asks through.

    >>> from evaluator.baselines.declaration import Model
    >>> said = dict(name="m", title="M", organisation="O", access="open", licence="MIT", source="s")
    >>> harness(Model(provider="openai", model="m", **said)).split("|")[0]
    'harness:1'
    """
    package = CLIENTS[model.provider]
    return f"harness:{HARNESS}|{package}:{version(package)}"


def _questions_hash(challenge: Challenge, track: Track, phase: Phase) -> str:
    found = hashlib.sha256()
    for part in track.parts(phase):
        for dataset in track.datasets:
            folder = challenge.items_folder(track, part, dataset)
            images = sorted({path for item in load_items(folder) for path in item.images})
            for name in (Question.FILE, *images):
                found.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return found.hexdigest()


def _prediction(asking: Asking, journal: Journal) -> bytes:
    answer = journal.answer(asking.key)
    return answer_line(asking.question, answer.answer)
