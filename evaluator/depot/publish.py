"""What is published of a challenge, repository by repository."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from evaluator.challenge import Challenge
from evaluator.depot.depot import Depot
from evaluator.depot.gold import gold
from evaluator.depot.keeping import Keeper
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

    @property
    def keeper(self) -> Keeper:
        """Return a new one that copies submissions to the private repositories."""
        return Keeper(self.depot, self.store, self.settings)

    def publications(self, kinds: Collection[str] = Depot._fields) -> Iterator[Publication]:
        """Yield what each repository is to hold now, of these kinds.

        Submissions that were copied already are looked at again where they are named. That of
        references only where some are here, and that of results only where there are any: a
        machine may publish the one without the other.

        Raises:
            DeclarationError: questions cannot be read.
        """
        if {"requests", "predictions"} & set(kinds):
            named = len(kinds) < len(Depot._fields)
            yield from self.keeper.publications(everything=named)
        if "questions" in kinds:
            yield self.questions()
        if "gold" in kinds and (publication := self.gold()).wanted:
            yield publication
        has_results = not self.store.is_empty() or any(self.settings.board_dir.rglob("*.parquet"))
        if "results" in kinds and has_results:
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
