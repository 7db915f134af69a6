"""Safekeeping: a submission is copied to another place before its team is told of it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import sqlalchemy as sa

from evaluator import copies
from evaluator.errors import NotAllowed
from evaluator.store import Store
from evaluator.texts import _

POLL_SECONDS = 0.05
NOT_KEPT = _(
    "Only this server has it so far: copying it to a safe place takes longer than usual. Keep your "
    "file until this line is gone."
)


class Safekeeping:
    """Waits for the worker, which alone may write to the depot, and bounds what could be lost.

    Where there is no other place (`keeps` is false) everything is as safe as it can be.
    """

    def __init__(self, store: Store, keeps: bool, *, seconds: float = 20.0, most: int = 20) -> None:
        self._store = store
        self._keeps = keeps
        self._seconds = seconds
        self._most = most

    def admit(self, connection: sa.Connection) -> None:
        """Refuse one more submission while too many are in one place only.

        Raises:
            NotAllowed: so it is.
        """
        if self._keeps and copies.count_waiting(connection, new=True) >= self._most:
            raise NotAllowed(
                _(
                    "Submissions cannot be copied to a safe place just now, and {count} wait for "
                    "it already; nothing was stored. Try again in a few minutes."
                ),
                count=self._most,
            )

    def wait(self, submission_ids: Sequence[str]) -> None:
        """Wait until a submission and its parts are copied, but not for ever."""
        deadline = time.monotonic() + self._seconds
        while not self.is_kept(submission_ids) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)

    def is_kept(self, submission_ids: Sequence[str]) -> bool:
        """Whether a submission and its parts are where they are to be."""
        return not self._keeps or copies.are_copied(self._store.engine, submission_ids)

    @property
    def waiting(self) -> int:
        """Return how many submissions wait to be copied; none where nothing is."""
        return self._store.unsynced() if self._keeps else 0
