"""The check of a whole challenge folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from evaluator.challenge import Challenge, load_challenge
from evaluator.check.dataset import check_dataset
from evaluator.check.finding import Finding, at, error_of
from evaluator.check.twins import content
from evaluator.dataset import Dataset
from evaluator.declaration import line_of, read_declaration
from evaluator.errors import DeclarationError
from evaluator.hub import fetch
from evaluator.items import Question, dataset_hash, read_items
from evaluator.pack import question_pack
from evaluator.phase import Phase
from evaluator.submission import asked
from evaluator.texts import Sentence, _
from evaluator.track import Track


def check_challenge(
    folder: Path,
    hub_folder: Path,
    token: str | None,
    begun: Callable[[Path], None] | None = None,
) -> Iterator[Finding]:
    """Yield everything that is wrong or doubtful in a challenge folder.

    Items on a Hub are fetched, references included, with the token. `begun` is told each folder of
    items whose check begins: one with key points takes half a second an item.
    """
    try:
        challenge = load_challenge(folder, hub_folder)
    except DeclarationError as error:
        # It speaks of the first file, where none can be read.
        yield from map(error_of, _unreadable(folder) or [error])
        return
    yield from map(error_of, challenge.faults)
    for track in challenge.tracks.values():
        yield from _check_track(challenge, track, token, begun)
    yield from _open_secrets(challenge)
    yield from _undeclared(challenge)


def _unreadable(folder: Path) -> list[DeclarationError]:
    """Return what keeps each track file from being read."""
    errors = []
    for file in sorted((folder / "tracks").glob("*.yaml")):
        try:
            read_declaration(file, Track)
        except DeclarationError as error:
            errors.append(error)
    return errors


def _check_track(
    challenge: Challenge,
    track: Track,
    token: str | None,
    begun: Callable[[Path], None] | None,
) -> Iterator[Finding]:
    try:
        fetch(challenge, track, references=True, token=token)
    except DeclarationError as error:
        yield error_of(error)
        return
    checked: set[Path] = set()
    wrong = False
    for phase in track.phases:
        for dataset in track.datasets:
            folder = challenge.items_folder(track, phase, dataset)
            if folder not in checked:
                checked.add(folder)
                if begun:
                    begun(folder)
                for finding in check_dataset(folder, dataset):
                    wrong = wrong or finding.level == "error"
                    yield finding
            yield from _check_hash(challenge, track, phase, dataset)
    if not wrong:
        yield from _check_packs(challenge, track)


def _check_packs(challenge: Challenge, track: Track) -> Iterator[Finding]:
    """Yield what keeps the parts of a phase from travelling in one pack."""
    for phase in track.entered:
        try:
            asked(challenge, track, phase)
            question_pack(challenge, track, phase)
        except DeclarationError as error:
            yield error_of(error)


def _check_hash(
    challenge: Challenge, track: Track, phase: Phase, dataset: Dataset
) -> Iterator[Finding]:
    declared = dataset.hashes.get(phase.id)
    if declared is None:
        return
    try:
        found = dataset_hash(challenge.items_folder(track, phase, dataset))
    except (DeclarationError, OSError):
        # Said already of the file itself.
        return
    if found != declared:
        file = challenge.files[track.id]
        values = {
            "file": file,
            "line": line_of(file, track.loc(dataset.id, "hashes", phase.id)),
            "dataset": dataset.id,
            "declared": declared,
            "found": found,
        }
        yield Finding(
            "error",
            Sentence(
                _(
                    "{file}, line {line}: the items of {dataset} should have the hash {declared} "
                    "but have {found}; they were changed. Put them back, or declare the new hash."
                ),
                values,
            ),
        )


def _undeclared(challenge: Challenge) -> Iterator[Finding]:
    """Yield folders of questions that no track names."""
    named = {
        challenge.items_folder(track, phase, dataset)
        for track, phase in challenge.boards()
        for dataset in track.datasets
    }
    for file in sorted(challenge.folder.glob(f"*/*/{Question.FILE}")):
        if file.parent not in named and not challenge.faults:
            yield Finding(
                "warning",
                Sentence(
                    _("{file} belongs to no dataset that a track declares; nobody will see it."),
                    {"file": file},
                ),
            )


def _open_secrets(challenge: Challenge) -> Iterator[Finding]:
    """Yield hidden items that an open phase, of whatever track, asks word for word."""
    seen: dict[tuple[str, ...], Path] = {}
    for file, _line, text in _asked(challenge, "open"):
        seen.setdefault(text, file)
    for file, line, text in _asked(challenge, "hidden"):
        if text in seen:
            sentence = _("the item is asked in {other} too, where references are open.")
            yield at("error", file, line, sentence, other=seen[text])


def _asked(challenge: Challenge, references: str) -> Iterator[tuple[Path, int, tuple[str, ...]]]:
    """Yield file, line and content of every item of the phases of one kind."""
    done: set[Path] = set()
    for track, phase in challenge.boards():
        for dataset in track.datasets:
            folder = challenge.items_folder(track, phase, dataset)
            if phase.references != references or folder in done:
                continue
            done.add(folder)
            with suppress(DeclarationError):
                for item in read_items(folder)[0]:
                    yield folder / Question.FILE, item.lines[0], content(folder, item)
