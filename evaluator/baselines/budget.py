"""What a run may cost: no request is begun that might cost more than is left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from evaluator.baselines.declaration import Model
from evaluator.baselines.reply import Usage
from evaluator.errors import EvaluatorError
from evaluator.texts import _


class BudgetSpent(EvaluatorError):
    """The next request might cost more than is left."""


class NoPrice(EvaluatorError):
    """A limit was set on what nobody knows the price of."""


class Budget:
    """Counts US dollars; `limit` None lets everything pass.

    Of each request that runs, the most that it may cost is set aside. Of images nothing is known
    beforehand.
    """

    def __init__(self, model: Model, limit: float | None, used: Iterable[Usage] = ()) -> None:
        """Begin with what former parts of the run used.

        Raises:
            NoPrice: there is a limit, and the declaration says no price.
        """
        if limit is not None and model.price is None:
            raise NoPrice(
                _("{model} declares no price, so no cost can be limited; add one, or no limit."),
                model=model.name,
            )
        self._model = model
        self._limit = limit
        self._aside = 0.0
        self._running = 0
        self._freed = asyncio.Condition()
        self.spent = sum(map(self._cost, used))

    async def begin(self, most_used: Usage) -> float:
        """Set the most that a request may cost aside and return it; wait while others may end.

        Raises:
            BudgetSpent: no other request runs, and what is left would not suffice.
        """
        most = self._cost(most_used)
        async with self._freed:
            while self._limit is not None and self.spent + self._aside + most > self._limit:
                if not self._running:
                    raise BudgetSpent(
                        _(
                            "Stopped: {spent} USD are spent, and the next request may cost "
                            "{most} USD, more than is left of {limit} USD. Give a higher "
                            "--max-cost to go on from here."
                        ),
                        spent=f"{self.spent:.4f}",
                        most=f"{most:.4f}",
                        limit=f"{self._limit:g}",
                    )
                await self._freed.wait()
            self._aside += most
            self._running += 1
        return most

    async def end(self, aside: float, used: Usage) -> None:
        """Count what a request used in the place of what was set aside for it."""
        async with self._freed:
            self._running -= 1
            self._aside = self._aside - aside if self._running else 0.0
            self.spent += self._cost(used)
            self._freed.notify_all()

    def _cost(self, used: Usage) -> float:
        return self._model.price.of(*used) if self._model.price else 0.0
