"""What the public repository of results holds: a file for each run, the boards, and a card."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evaluator.board import snapshot_path
from evaluator.challenge import Challenge
from evaluator.depot.card import card
from evaluator.depot.config import Config
from evaluator.depot.layout import LAYOUT_FILE, layout_file
from evaluator.depot.signed import signed
from evaluator.feedback import told
from evaluator.phase import Phase
from evaluator.ranking import fitting, standing_entries
from evaluator.records import Finished
from evaluator.settings import Settings
from evaluator.sharing import path_of
from evaluator.store import Store
from evaluator.track import Track
from evaluator.withdrawal import Tombstone, tombstones

RUNS, BOARDS = "runs", "boards"


def results(
    store: Store,
    challenge: Challenge,
    chosen: Settings,
    moment: datetime | None = None,
) -> dict[str, bytes | None]:
    """Return every file of the repository of results, by its path; None of one that is to go.

    Of a phase that rounds its scores, or shows none yet, there are no runs: they would tell more
    than its board. Of the others there are the runs that stand on the board; files of runs that
    stood there before stay where they are.
    """
    moment = moment or datetime.now(UTC)
    board_dir = chosen.board_dir
    boards = [
        Config(track, phase, f"{BOARDS}/{path.relative_to(board_dir).as_posix()}", "entries")
        for track, phase in challenge.boards()
        if (path := snapshot_path(board_dir, track.id, phase.id)).exists()
    ]
    return {
        LAYOUT_FILE: layout_file("results"),
        "README.md": card("results", boards, chosen).encode(),
        **dict(_published(board_dir)),
        **dict(_runs(store, challenge, moment)),
    }


def _published(board_dir: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the boards, their pairs and days, and figures reported elsewhere."""
    for path in sorted(board_dir.rglob("*.parquet")):
        if not path.name.startswith("."):
            yield f"{BOARDS}/{path.relative_to(board_dir).as_posix()}", path.read_bytes()


def _runs(
    store: Store, challenge: Challenge, moment: datetime
) -> Iterator[tuple[str, bytes | None]]:
    boards = list(exact_boards(store, challenge, moment))
    for track, phase, found in boards:
        for one in found:
            yield run_path(track, phase, one), signed(_run(one))
    told_of = {(track.id, phase.id) for track, phase, _found in boards}
    for gone in tombstones(store.engine):
        yield from _buried(gone, told=(gone.track, gone.phase) in told_of)


def exact_boards(
    store: Store, challenge: Challenge, moment: datetime
) -> Iterator[tuple[Track, Phase, list[Finished]]]:
    """Yield each board that tells exact scores at a moment, with the runs that stand on it."""
    for track, phase in challenge.boards():
        if phase.is_visible(moment) and phase.told(moment) != "rounded":
            yield track, phase, standing(store, track, phase, moment)


def standing(store: Store, track: Track, phase: Phase, moment: datetime) -> list[Finished]:
    """Return the runs that stand on the board of a phase, with what may be told of each."""
    found = standing_entries(store, track, phase, moment, fitting(store, track, phase))
    return [
        one._replace(result=result) for one in found if (result := told(one.result, phase, moment))
    ]


def run_path(track: Track, phase: Phase, found: Finished) -> str:
    """Return where a run lies in the repository."""
    return f"{RUNS}/{track.id}/{phase.id}/{found.record.id}-{found.run}.json"


def _buried(gone: Tombstone, *, told: bool) -> Iterator[tuple[str, bytes | None]]:
    """Yield the files of a withdrawn submission: its runs go, whatever is served by now.

    A tombstone stays where the board tells, or told, of it.
    """
    folder = f"{RUNS}/{gone.track}/{gone.phase}"
    for number in range(1, gone.runs + 1):
        yield f"{folder}/{gone.id}-{number}.json", None
    yield path_of(gone.track, gone.phase, gone.id), None
    if told:
        stone = {"submission": gone.id, "status": "withdrawn", "withdrawn_at": gone.withdrawn_at}
        yield f"{folder}/{gone.id}.json", signed(stone)


def _run(found: Finished) -> dict[str, Any]:
    submission = found.record.submission
    entry, origin = submission.entry, submission.origin
    hidden = bool(entry.pseudonym)
    known = {
        "organisation": entry.organisation,
        "parameters": entry.parameters,
        "released": entry.released,
        "repository": entry.repository,
        "note": entry.note.model_dump() if entry.note else None,
        "origin": origin.model_dump(mode="json", exclude_defaults=True) if origin else None,
    }
    return {
        "submission": found.record.id,
        "run": found.run,
        "model": entry.pseudonym or entry.model,
        "anonymous": hidden,
        "access": entry.access,
        "provenance": submission.provenance,
        **({} if hidden else known),
        "submitted_at": found.record.created_at,
        "finished_at": found.finished_at,
        "result": found.result.model_dump(mode="json"),
    }
