"""Pushing files until a repository has them: in few commits, whoever else commits, once each.

What is wanted is compared with what is there before every commit, so a push that was killed, or of
which the answer was lost, is simply gone on with, and nothing is pushed twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from evaluator.depot.layout import LAYOUT_FILE
from evaluator.depot.repository import Busy, Change, Conflict, Head, Repository

MOST_FILES = 100
MOST_BYTES = 20_000_000
TRIES = 12
LONGEST_PAUSE = 60.0
SILENT_SECONDS = 2.0

log = logging.getLogger(__name__)

# By path the content that a file is to have; None where it is to go.
Wanted = Mapping[str, bytes | None]


class Pushed(NamedTuple):
    """How many commits were made, and how many files they changed."""

    commits: int
    files: int


def changes(wanted: Wanted, head: Head) -> list[Change]:
    """Return what has to change for a repository to be as it is wanted, in the order of paths.

    What says whose repository it is comes first: a push that stops halfway would else leave files
    that look like those of others.
    """
    return [
        Change(path, wanted[path])
        for path in sorted(wanted, key=lambda path: (path != LAYOUT_FILE, path))
        if _differs(head, path, wanted[path])
    ]


def push(repository: Repository, wanted: Wanted, message: str, *, whole: bool = False) -> Pushed:
    """Let a repository have what is wanted; other files are left alone.

    With `whole` it is one commit, however large: there is no moment with half of it.

    Raises:
        Refused: it may not be written.
        Busy, Conflict: it could not be after many tries.
    """
    commits = files = 0
    while True:
        done = trying()(_step, repository, wanted, message, whole)
        if not done:
            return Pushed(commits, files)
        commits, files = commits + 1, files + done


def batches(found: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield changes in so many commits that none is too large."""
    batch: list[Change] = []
    size = 0
    for change in found:
        length = len(change.content or b"")
        if batch and (len(batch) == MOST_FILES or size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(change)
        size += length
    if batch:
        yield batch


def _step(repository: Repository, wanted: Wanted, message: str, whole: bool) -> int:
    """Make one commit of what is missing; return how many files it changed, 0 for nothing to do."""
    head = repository.head(wanted)
    found = changes(wanted, head)
    batch = found if whole else next(batches(found), [])
    if batch:
        repository.commit(batch, head.commit, message)
    return len(batch)


def trying() -> Retrying:
    """Return what calls again, after pauses, where a Hub is busy or somebody else committed."""
    return Retrying(
        retry=retry_if_exception_type((Busy, Conflict)),
        stop=stop_after_attempt(TRIES),
        wait=_pause,
        before_sleep=_say,
        reraise=True,
    )


def _say(state: RetryCallState) -> None:
    """Log why nothing happens for a while."""
    error = state.outcome.exception() if state.outcome else None
    if state.upcoming_sleep > SILENT_SECONDS:
        log.warning("%s Trying again in %.0f s.", error, state.upcoming_sleep)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    backoff = wait_random_exponential(multiplier=0.5, max=LONGEST_PAUSE)(state)
    if isinstance(error, Busy) and error.retry_after is not None:
        return error.retry_after + backoff
    return backoff


def _differs(head: Head, path: str, content: bytes | None) -> bool:
    mark = head.files.get(path)
    if content is None:
        return mark is not None
    return mark is None or not mark.fits(content)
