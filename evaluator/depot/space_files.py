"""The files of a Space: the software that serves, and the challenge, without what is not public."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from evaluator.challenge import Challenge
from evaluator.declaration import read_declaration
from evaluator.depot.space_guard import check_hidden, check_questions
from evaluator.errors import DeclarationError
from evaluator.items import Question, Reference, load_items
from evaluator.recorded import Recorded
from evaluator.reported_file import FILE as REPORTED
from evaluator.settings import ROOT
from evaluator.texts import _

PLACE = "challenge"
# By name or kind, so that what merely lies in a folder stays at home. The skeleton of a new
# challenge serves nothing.
SERVED = (
    "app.py",
    "requirements.txt",
    "README.md",
    "LICENSE",
    ".streamlit/config.toml",
    "baselines/*.yaml",
    "challenge/**/*.py",
    "challenge/*.css",
    "challenge/*.html",
    "challenge/templates/*.html",
    "evaluator/**/*.py",
    "evaluator/depot/**/*.md",
    "evaluator/locale/**/*.po",
    "evaluator/metrics/**/*.yaml",
    "leaderboard/*.css",
    "leaderboard/*.js",
    "leaderboard/**/*.html",
    "leaderboard/**/*.py",
)


def space_files(
    challenge: Challenge, moment: datetime | None = None, root: Path = ROOT
) -> dict[str, bytes]:
    """Return every file of a Space by its path there; the challenge lies in its usual place.

    A Space's files are public and stay in its history: hidden references are never among them.

    Raises:
        DeclarationError: a track is wrong, or something would be public that is not yet.
    """
    if challenge.faults:
        raise challenge.faults[0]
    check_questions(challenge, moment or datetime.now(UTC))
    files = {**dict(_software(root)), **dict(_tracks(challenge)), **dict(_entries(challenge))}
    check_hidden(challenge, files)
    return files


def _software(root: Path) -> Iterator[tuple[str, bytes]]:
    for pattern in SERVED:
        for file in sorted(root.glob(pattern)):
            path = file.relative_to(root)
            if not any(part.startswith(".") for part in path.parts[1:]):
                yield path.as_posix(), file.read_bytes()


def _tracks(challenge: Challenge) -> Iterator[tuple[str, bytes]]:
    """Yield declarations, and the items that do not come from a Hub."""
    for file in challenge.files.values():
        yield f"{PLACE}/tracks/{file.name}", file.read_bytes()
    for track, phase in challenge.boards():
        for dataset in track.datasets:
            if phase.id in dataset.hub:
                continue
            folder = challenge.items_folder(track, phase, dataset)
            names = [Question.FILE, *(name for item in load_items(folder) for name in item.images)]
            if phase.references == "open":
                names.append(Reference.FILE)
            for name in names:
                yield f"{PLACE}/{phase.folder or track.id}/{dataset.id}/{name}", _read(folder, name)


def _entries(challenge: Challenge) -> Iterator[tuple[str, bytes]]:
    """Yield entries that ship with the challenge, and figures reported elsewhere."""
    folder = challenge.folder / "entries"
    for file in sorted(folder.glob("*.yaml")):
        predictions = read_declaration(file, Recorded).predictions
        if not (folder / predictions).resolve().is_relative_to(folder.resolve()):
            raise DeclarationError(
                _("{file}: the predictions {path} lie outside its folder; put them beside it."),
                file=file,
                path=predictions,
            )
        yield f"{PLACE}/entries/{file.name}", file.read_bytes()
        yield f"{PLACE}/entries/{Path(predictions).as_posix()}", _read(folder, predictions)
    if (challenge.folder / REPORTED).is_file():
        yield f"{PLACE}/{REPORTED}", _read(challenge.folder, REPORTED)


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise DeclarationError(
            _("{file} cannot be read: {reason}."), file=folder / name, reason=error.strerror
        ) from error
