"""The window of a phase: whether it takes submissions now, and what a team has left."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from evaluator.errors import NotAllowed
from evaluator.phase import Phase
from evaluator.quotas import Allowance
from evaluator.texts import _


class Window(NamedTuple):
    """How a phase stands just now: whether it takes submissions, and what a team has left."""

    phase: Phase
    is_open: bool
    has_opened: bool
    allowance: Allowance | None


def check_seen(phase: Phase, moment: datetime) -> None:
    """Refuse to read a file against questions that nobody may see yet.

    Raises:
        NotAllowed: the phase has not opened, or is a private part.
    """
    if phase.part_of:
        raise NotAllowed(
            _("“{phase}” is scored from what is submitted to “{whole}”; submit there."),
            phase=phase.id,
            whole=phase.part_of,
        )
    if not phase.has_opened(moment):
        raise NotAllowed(
            _("Phase “{phase}” opens at {moment}; nothing was stored."),
            phase=phase.id,
            moment=phase.opens,
        )


def check_open(phase: Phase, moment: datetime) -> None:
    """Refuse what comes too early, too late, or to a private part.

    Raises:
        NotAllowed: with the time at which the phase opens, or closed.
    """
    check_seen(phase, moment)
    if phase.has_closed(moment):
        raise NotAllowed(
            _("Phase “{phase}” closed at {moment}; nothing was stored."),
            phase=phase.id,
            moment=phase.closes,
        )
