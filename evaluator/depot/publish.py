"""What is published of a challenge, repository by repository."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from evaluator.challenge import Challenge
from evaluator.depot.depot import Depot
from evaluator.depot.plan import Publication
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
        """Yield what each public repository is to hold now."""
        yield self._results()

    def _results(self) -> Publication:
        of_boards = results(
            self.store, self.challenge, self.settings.board_dir, self.settings.hub.licence
        )
        wanted = {**of_boards, **shared(self.store, self.challenge)}
        day = datetime.now(UTC).date().isoformat()
        return Publication("results", self.depot.results, wanted, f"Results of {day}")
