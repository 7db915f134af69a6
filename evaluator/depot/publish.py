"""What is published of a challenge, repository by repository."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from evaluator.challenge import Challenge
from evaluator.depot.depot import Depot
from evaluator.depot.gold import gold
from evaluator.depot.keeping import batches
from evaluator.depot.message import message
from evaluator.depot.plan import Publication
from evaluator.depot.questions import questions
from evaluator.depot.results import results
from evaluator.depot.shared import shared
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
        for _revisions, batch in batches(self.depot, self.store, self.settings):
            yield from batch
        yield self.questions()
        if (publication := self.gold()).wanted:
            yield publication
        yield self.results()

    def questions(self) -> Publication:
        """Return what the public repository of questions is to hold.

        Raises:
            DeclarationError: questions cannot be read.
        """
        wanted = questions(self.challenge, self.settings)
        return Publication("questions", self.depot.questions, wanted, f"Questions of {_today()}")

    def gold(self) -> Publication:
        """Return what the private repository of references is to hold, as far as they are here."""
        wanted = gold(self.challenge, self.settings)
        return Publication("gold", self.depot.gold, wanted, f"References of {_today()}")

    def results(self) -> Publication:
        """Return what the public repository of results is to hold."""
        wanted = {
            **results(self.store, self.challenge, self.settings),
            **shared(self.store, self.challenge),
        }
        return Publication("results", self.depot.results, wanted, partial(message, self.store))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
