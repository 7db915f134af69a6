"""Sharing: when everybody may have the predictions of a team that shares them, and where."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from evaluator.phase import Phase
from evaluator.records import Finished
from evaluator.track import Track

PREDICTIONS = "predictions"
# What the Hub calls the newest commit of a repository.
NEWEST = "blob/main"


def tells_answers(track: Track, phase: Phase, moment: datetime) -> bool:
    """Whether answers to a phase may be seen by everybody at a moment.

    Not while it, or a private part of it, holds back scores: the ids that are answered would tell
    which items are of the part. Nor while hidden references are still to be answered, because
    others would hand in what they found there: of a phase that never closes, never.
    """
    whole = track.phase(phase.part_of) if phase.part_of else phase
    still_asked = phase.references == "hidden" and not whole.has_closed(moment)
    return not still_asked and all(
        part.is_visible(moment) and part.told(moment) in ("items", "scores")
        for part in track.parts(phase)
    )


def path_of(track_id: str, phase_id: str, submission_id: str) -> str:
    """Return where the answers of a submission lie in the repository of results.

    >>> path_of("main", "dev", "1f")
    'predictions/main/dev/1f.jsonl'
    """
    return f"{PREDICTIONS}/{track_id}/{phase_id}/{submission_id}.jsonl"


def addresses(
    shown: Iterable[Finished], track: Track, phase: Phase, moment: datetime, results_url: str
) -> dict[str, str]:
    """Return by submission where shared answers are seen; none without a public repository."""
    if not results_url or not tells_answers(track, phase, moment):
        return {}
    return {
        one.record.id: f"{results_url}/{NEWEST}/{path_of(track.id, phase.id, one.record.id)}"
        for one in shown
        if one.record.submission.shared
    }
