"""Keeping: every submission that changed is copied to the depot.

New content goes first, then the record that names it, and only then what no record names any more.
So whenever this is interrupted, every record's files are there, and doing it again ends the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from filelock import FileLock

from evaluator import copies
from evaluator.copies import Waiting
from evaluator.depot import ledger, signed
from evaluator.depot.card import Kind, card
from evaluator.depot.depot import Depot
from evaluator.depot.layout import LAYOUT_FILE, layout_file
from evaluator.depot.plan import Publication, plan
from evaluator.depot.push import Wanted, trying
from evaluator.depot.repository import Edited, RepositoryError
from evaluator.schema import take_turn
from evaluator.settings import Settings
from evaluator.store import Store

# What is in memory at once; a commit takes fewer files anyway.
MOST = 50


class Copy(NamedTuple):
    """A submission that waits, and its files as they are at one moment."""

    of: Waiting
    pages: ledger.Pages


Batch = Sequence[Copy]


class Keeper:
    """Copies the submissions of one database to one depot."""

    def __init__(self, depot: Depot, store: Store, settings: Settings) -> None:
        self.depot = depot
        self.store = store
        self.settings = settings
        self._framed = False

    def keep(self) -> int:
        """Copy everything that waits; return how many submissions that were.

        What cannot be copied goes on waiting; a record that somebody edited holds up no other.

        Raises:
            RepositoryError: at the end, the first thing that went wrong.
        """
        done = 0
        wrong: list[RepositoryError] = []
        with self._alone():
            with self.store.engine.begin() as connection:
                copies.settle(connection, self.depot.place)
            if not self._framed:
                self._push(self._frame())
                self._framed = True
            for batch in self._batches():
                for some in self._apart(batch):
                    try:
                        self._push(self._copies(some))
                        done += len(some)
                    except RepositoryError as error:
                        wrong.append(error)
            try:
                self._push(self._teams())
            except Edited as error:
                wrong.append(error)
        if wrong:
            raise wrong[0]
        return done

    def publications(self, *, everything: bool = False) -> Iterator[Publication]:
        """Yield what is to be published, in this order; each may look at what the last one did.

        With `everything` also submissions that were copied already: somebody may have edited them.
        So it is with another depot than the one to which copies go, of which nothing is noted.
        """
        with self._alone():
            with self.store.engine.connect() as connection:
                elsewhere = not copies.is_settled(connection, self.depot.place)
            yield from self._frame()
            for batch in self._batches(everything=everything or elsewhere):
                yield from self._copies(batch)
            yield from self._teams()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other process of this machine copy meanwhile: it could put back what has gone."""
        with FileLock(self.settings.data_dir / "keeping.lock"):
            yield

    def _push(self, publications: Iterator[Publication]) -> None:
        for publication in publications:
            plan(publication).push()

    def _batches(self, *, everything: bool = False) -> Iterator[Batch]:
        after = 0
        while found := copies.waiting(self.store.engine, MOST, after, everything=everything):
            yield self._written(found)
            after = found[-1].sequence

    def _written(self, found: Sequence[Waiting]) -> Batch:
        with self.store.engine.begin() as connection:
            take_turn(connection)
            return [Copy(one, ledger.write(connection, one.id)) for one in found]

    def _apart(self, batch: Batch) -> list[Batch]:
        """Return what can be pushed at once; where somebody edited one record, each one alone."""
        if not any(one.of.copied for one in batch):
            return [batch]
        try:
            plan(self._records(batch))
        except Edited:
            return [[one] for one in batch]
        return [batch]

    def _frame(self) -> Iterator[Publication]:
        """Yield what says of each repository what it is."""
        kinds: tuple[Kind, ...] = ("predictions", "requests")
        for kind in kinds:
            wanted = {
                LAYOUT_FILE: layout_file(kind),
                "README.md": card(kind, (), self.settings).encode(),
            }
            yield Publication(kind, getattr(self.depot, kind), wanted, "Card")

    def _copies(self, batch: Batch) -> Iterator[Publication]:
        """Yield what is to be published of some submissions."""
        content = {path: data for one in batch for path, data in one.pages.content.items()}
        yield Publication("predictions", self.depot.predictions, content, _title(batch))
        yield self._records(batch)
        if any(one.of.may_leave for one in batch):
            yield self._leftovers(batch, content)

    def _records(self, batch: Batch) -> Publication:
        wanted = {one.pages.path: one.pages.record for one in batch}
        # Others not yet: what they held before has to go first.
        done = partial(self._mark, [one for one in batch if not one.of.may_leave])
        return Publication("requests", self.depot.requests, wanted, _title(batch), done)

    def _leftovers(self, batch: Batch, content: Wanted) -> Publication:
        """Return how content goes that no record names any more, from former commits too."""
        places = {one.of.place for one in batch}
        there = trying()(self.depot.predictions.head).files
        gone = [path for path in there if ledger.place_of(path) in places and path not in content]
        return Publication(
            "predictions",
            self.depot.predictions,
            dict.fromkeys(gone),
            _title(batch),
            partial(self._forget, batch),
        )

    def _forget(self, batch: Batch) -> None:
        """Note what was copied; of what was withdrawn no former commit may tell either."""
        self._mark([one for one in batch if not one.of.withdrawn])
        withdrawn = [one for one in batch if one.of.withdrawn]
        if not withdrawn:
            return
        places = {one.of.place for one in withdrawn}
        trying()(self.depot.predictions.forget, lambda path: ledger.place_of(path) in places)
        self._mark(withdrawn)

    def _mark(self, batch: Batch) -> None:
        revisions = {one.of.id: one.of.revision for one in batch}
        copies.mark_copied(self.store.engine, self.depot.place, revisions)

    def _teams(self) -> Iterator[Publication]:
        """Yield who may submit: whoever is known here or there, revoked where it is here or there.

        A database that knows nobody may be of a machine that only publishes references.
        """
        with self.store.engine.connect() as connection:
            known = ledger.teams(connection)
        repository = self.depot.requests
        head = trying()(repository.head, [ledger.TEAMS])
        if ledger.TEAMS in head.files:
            there = signed.read(trying()(repository.read, ledger.TEAMS, head.commit))
            known = ledger.merged(known, there["tokens"] if there else [])
        wanted = {ledger.TEAMS: ledger.write_teams(known)}
        yield Publication("requests", repository, wanted, "Teams")


def _title(batch: Batch) -> str:
    return f"{len(batch)} submission(s)"
