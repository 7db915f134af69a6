"""What is published of a challenge, repository by repository."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from evaluator.challenge import Challenge
from evaluator.depot.depot import Depot
from evaluator.depot.keeping import batches
from evaluator.depot.message import message
from evaluator.depot.plan import Publication
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
        """Yield what each repository is to hold now: what is most needed to restore, first."""
        for _revisions, batch in batches(self.depot, self.store):
            yield from batch
        yield self._results()

    def _results(self) -> Publication:
        wanted = results(
            self.store, self.challenge, self.settings.board_dir, self.settings.hub.licence
        )
        return Publication("results", self.depot.results, wanted, partial(message, self.store))
