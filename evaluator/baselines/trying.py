"""One question asked until it is answered: tries, pauses, the rate, and what tries may have cost.

Pauses follow tenacity's exponential backoff with full jitter, or the server's Retry-After, which
every slot waits for.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from typing import NamedTuple

from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from evaluator.baselines.declaration import Pace
from evaluator.baselines.reply import Provider, Reply, Temporary, Turn, Usage

LONGEST_BACKOFF = 60.0
JITTER_SECONDS = 1.0


class Asked(NamedTuple):
    """A reply, how many requests it took, and for how many seconds the last one ran."""

    reply: Reply
    tries: int
    seconds: float


@dataclass
class Tally:
    """What is to be reckoned for one question: the most a try may take, and how many were lost."""

    most: Usage
    lost: int = 0

    def assumed(self) -> Usage:
        """Return the most that the lost tries may have taken."""
        return Usage(self.lost * self.most.input_tokens, self.lost * self.most.output_tokens)


class Tries:
    """Asks a provider at a declared pace, which all questions share."""

    def __init__(self, provider: Provider, pace: Pace) -> None:
        self._provider = provider
        self._pace = pace
        self._rate = AsyncLimiter(1, 60 / pace.per_minute) if pace.per_minute else None
        self._backoff = wait_random_exponential(max=LONGEST_BACKOFF)
        self._paused_until = 0.0

    async def ask(self, turns: tuple[Turn, ...], tally: Tally) -> Asked:
        """Return the reply of the first try that has one; what the others took goes into `tally`.

        Raises:
            Temporary: no try had one.
            Unfit, Denied: the request is not taken.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(Temporary),
            stop=stop_after_attempt(self._pace.tries),
            wait=self._pause,
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                await self._turn()
                began = time.monotonic()
                try:
                    reply = await self._provider.ask(turns)
                except Temporary as error:
                    tally.lost += error.begun
                    raise
                seconds = time.monotonic() - began
        return Asked(reply, attempt.retry_state.attempt_number, seconds)

    async def _turn(self) -> None:
        """Wait while the server wants to be left alone, and for the rate."""
        while True:
            await asyncio.sleep(self._paused_until - time.monotonic())
            if self._rate:
                await self._rate.acquire()
            # A pause may have begun, or been prolonged, meanwhile.
            if time.monotonic() >= self._paused_until:
                return

    def _pause(self, state: RetryCallState) -> float:
        """Return how long to wait before the next try."""
        error = state.outcome.exception() if state.outcome else None
        wished = error.retry_after if isinstance(error, Temporary) else None
        if wished is None:
            return self._backoff(state)
        self._paused_until = max(self._paused_until, time.monotonic() + wished)
        return wished + random.uniform(0, JITTER_SECONDS)
