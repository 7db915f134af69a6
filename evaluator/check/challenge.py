"""The check of a whole challenge folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import ParamSpec

from evaluator.challenge import Challenge, read_challenge
from evaluator.check.dataset import check_dataset
from evaluator.check.finding import Finding, at, error_of
from evaluator.check.twins import content
from evaluator.errors import DeclarationError
from evaluator.hub import fetch
from evaluator.items import Question, read_items
from evaluator.pack import pictures
from evaluator.reported_file import ReportedRefused, read_reported
from evaluator.submission import asked
from evaluator.texts import Sentence, _
from evaluator.track import Track

P = ParamSpec("P")


def check_challenge(
    folder: Path,
    hub_folder: Path,
    token: str | None,
    begun: Callable[[Path], None] | None = None,
) -> Iterator[Finding]:
    """Yield everything that is wrong or doubtful in a challenge folder, each once.

    Items on a Hub are fetched, references included, with the token. `begun` is told each folder of
    items whose check begins: one with key points takes half a second an item.
    """
    said: set[str] = set()
    for finding in _findings(folder, hub_folder, token, begun):
        text = finding.text("en")
        if text not in said:
            said.add(text)
            yield finding


def _findings(
    folder: Path,
    hub_folder: Path,
    token: str | None,
    begun: Callable[[Path], None] | None,
) -> Iterator[Finding]:
    """Yield the findings of every check; several meet the same file that cannot be read."""
    yield from _reported(folder)
    try:
        challenge = read_challenge(folder, hub_folder)
    except DeclarationError as error:
        yield error_of(error)
        return
    yield from map(error_of, challenge.faults)
    for track in challenge.tracks.values():
        unreachable = list(_fault(fetch, challenge, track, references=True, token=token))
        yield from unreachable or _check_track(challenge, track, begun)
    yield from _open_secrets(challenge)
    yield from _undeclared(challenge)


def _reported(folder: Path) -> Iterator[Finding]:
    """Yield what is wrong with the figures reported elsewhere, which belong to no track."""
    try:
        read_reported(folder)
    except ReportedRefused as refused:
        yield from map(error_of, refused.faults)


def _check_track(
    challenge: Challenge, track: Track, begun: Callable[[Path], None] | None
) -> Iterator[Finding]:
    checked: set[Path] = set()
    for phase in track.phases:
        for dataset in track.datasets:
            folder = challenge.items_folder(track, phase, dataset)
            if folder not in checked:
                checked.add(folder)
                if begun:
                    begun(folder)
                yield from check_dataset(folder, dataset)
            yield from _fault(challenge.check_hash, track, phase, dataset)
    for phase in track.entered:
        yield from _fault(asked, challenge, track, phase)
        yield from _fault(pictures, challenge, track, phase)


def _fault(check: Callable[P, object], *given: P.args, **named: P.kwargs) -> Iterator[Finding]:
    """Yield what a check raises that stops at the first fault."""
    try:
        check(*given, **named)
    except DeclarationError as error:
        yield error_of(error)


def _undeclared(challenge: Challenge) -> Iterator[Finding]:
    """Yield folders of questions that no track names; a track that is wrong may name any."""
    if challenge.faults:
        return
    named = {
        challenge.items_folder(track, phase, dataset)
        for track, phase in challenge.boards()
        for dataset in track.datasets
    }
    for file in sorted(challenge.folder.glob(f"*/*/{Question.FILE}")):
        if file.parent not in named:
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
