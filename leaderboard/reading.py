"""What a reader of any board must know: how its figures read, and why it may show none."""

from __future__ import annotations

from datetime import UTC, datetime

from evaluator.texts import Language, Sentence, _, translate
from leaderboard.snapshot import Snapshot

TITLE = _("Leaderboard of the open medical LLM challenge")
# What each language calls itself.
OWN_NAMES: dict[Language, str] = {"zh": "中文", "en": "English"}
PURPOSE = _(
    "How well do language models understand, write, know and reason about medicine, and how "
    "safely? Teams upload answers, one evaluator scores them all, and every score stands here "
    "with its uncertainty."
)
TESTS = _(
    "Paired tests on the same items, p adjusted over all pairs of the board (Holm). "
    "“Not tested”: an entry that skipped items, an older evaluator, rounded scores, "
    "too few items, or one beyond the best 200."
)
READING = (
    _(
        "Points from 0 to 100. Overall is the plain mean of the dimensions, a dimension that of "
        "its datasets. The whisker under a score is its 95 % interval: how far the score would "
        "move with other items."
    ),
    _(
        "Beside a rank stand the ranks that paired tests on the same items leave open, all pairs "
        "of entries together at the 5 % level. A line between rows begins a group that is "
        "significantly worse than the best of the group above it."
    ),
    _(
        "Baselines were made by the maintainers: they are compared but take no rank. An entry "
        "that skipped items, or was scored on earlier data, has none either."
    ),
)
STALE = _(
    "The newest board cannot be read; this is the last good one, of {moment}. "
    "The maintainers' log says more."
)
NO_BOARD = _("No board is published yet; it appears when the worker is ready.")
LATER = _("The board shows entries from {moment} on.")
EMPTY = _("No entry yet. The first submission to finish appears here by itself.")


def moment(time: str | datetime) -> str:
    """Return a time to the minute, in UTC.

    >>> moment("2026-12-01T08:00:00+08:00")
    '2026-12-01 00:00 UTC'
    """
    found = datetime.fromisoformat(time) if isinstance(time, str) else time
    return f"{found.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def how_to_read(board: Snapshot, language: Language) -> list[str]:
    """Return in sentences what the figures of a board's table are."""
    said = [translate(sentence, language) for sentence in READING]
    if board.detectable is not None:
        least = _("On this board a true difference of {points} points is found four times in five.")
        values = {"points": f"{100 * board.detectable:.1f}"}
        said.append(Sentence(least, values).text(language))
    return said


def rounding(board: Snapshot, language: Language) -> str:
    """Return the sentence about a board's rounded scores; empty where they are exact."""
    if not board.rounded_to:
        return ""
    said = _("While this phase is open, scores are shown in steps of {step} points.")
    return Sentence(said, {"step": f"{board.rounded_to:g}"}).text(language)
