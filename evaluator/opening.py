"""Opening a challenge: its declarations and questions read, so that every track served is whole."""

from __future__ import annotations

import logging

from evaluator.challenge import Challenge, load_challenge
from evaluator.errors import DeclarationError
from evaluator.hub import fetch
from evaluator.pack import pictures
from evaluator.settings import Settings
from evaluator.submission import asked
from evaluator.track import Track

log = logging.getLogger(__name__)


def open_challenge(chosen: Settings) -> Challenge:
    """Return the challenge with the tracks whose questions can be read; log why others cannot.

    Raises:
        DeclarationError: there is no track that can be served.
    """
    challenge = load_challenge(chosen.challenge_dir, chosen.hub_dir)
    faults = {
        track.id: fault
        for track in challenge.tracks.values()
        if (fault := _fault(challenge, track))
    }
    opened = challenge.without(faults)
    for fault in opened.faults:
        log.error("A track is not served. %s", fault)
    if not opened.tracks:
        raise opened.faults[0]
    return opened


def _fault(challenge: Challenge, track: Track) -> DeclarationError | None:
    try:
        fetch(challenge, track)
        for phase in track.entered:
            asked(challenge, track, phase)
            pictures(challenge, track, phase)
    except DeclarationError as error:
        return error
    return None
