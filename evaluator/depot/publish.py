"""What is published of a challenge, repository by repository."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from evaluator.challenge import Challenge
from evaluator.depot.depot import Depot
from evaluator.depot.gold import gold
from evaluator.depot.plan import Publication
from evaluator.depot.questions import questions
from evaluator.depot.results import results
from evaluator.settings import Settings
from evaluator.store import Store


class Publisher(NamedTuple):
    """Whose publications there are, and where they go."""

    depot: Depot
    store: Store
    challenge: Challenge
    settings: Settings

    def publications(self) -> Iterator[Publication]:
        """Yield what each repository is to hold now; that of references only where some are here.

        Raises:
            DeclarationError: questions cannot be read.
        """
        yield self._questions()
        if (publication := self._gold()).wanted:
            yield publication
        yield self._results()

    def _questions(self) -> Publication:
        wanted = questions(self.challenge, self.settings)
        return Publication("questions", self.depot.questions, wanted, f"Questions of {_today()}")

    def _gold(self) -> Publication:
        wanted = gold(self.challenge, self.settings)
        return Publication("gold", self.depot.gold, wanted, f"References of {_today()}")

    def _results(self) -> Publication:
        wanted = results(self.store, self.challenge, self.settings)
        return Publication("results", self.depot.results, wanted, f"Results of {_today()}")


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
