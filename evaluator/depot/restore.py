"""Restoring: a data folder that was lost, made anew from the depot, or not at all.

All of it is checked, and written in one transaction: a restore that was interrupted, or met a file
that is damaged, has restored nothing and begins anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from evaluator.depot import ledger, signed
from evaluator.depot.depot import Depot
from evaluator.depot.layout import LAYOUT_FILE, OF_THE_HUB, check_layout
from evaluator.depot.push import trying
from evaluator.depot.repository import Edited, Head, Refused, Repository
from evaluator.depot.results import BOARDS
from evaluator.replacing import replacing
from evaluator.schema import submissions, take_turn, tokens
from evaluator.settings import Settings
from evaluator.store import Store
from evaluator.texts import _

Enqueue = Callable[[sa.Connection, str], None]
# What is in memory at once.
MOST = 200
UNFINISHED = ("queued", "scoring")

log = logging.getLogger(__name__)


class Restored(NamedTuple):
    """How many submissions were put back, how many of them wait for a score, and days of boards."""

    submissions: int
    unfinished: int
    days: int


def restore(
    depot: Depot, store: Store, settings: Settings, enqueue: Enqueue, *, force: bool = False
) -> Restored | None:
    """Put back what the depot knows, unless the database knows something itself (None).

    With `force` a submission whose files are damaged is left out and logged, instead of stopping
    everything.

    Raises:
        Edited: a file is not as it was written.
        Refused, Busy: a repository cannot be read.
    """
    if not _is_empty(store):
        return None
    records = _Records(depot, force)
    with store.engine.begin() as connection:
        take_turn(connection)
        restored = [_put_back(connection, *found, enqueue) for found in records.all()]
        if records.teams:
            ledger.read_teams(connection, records.teams)
    days = _restore_days(depot.results, settings)
    return Restored(len(restored), sum(restored), days)


def _put_back(
    connection: sa.Connection,
    record: Mapping[str, Any],
    files: Mapping[str, bytes],
    enqueue: Enqueue,
) -> bool:
    """Put one submission back; return whether it waits to be scored."""
    row = ledger.read(connection, record, files)
    waits = row["status"] in UNFINISHED
    if waits:
        enqueue(connection, row["id"])
    return waits


class _Records:
    """What the private repositories hold, read and checked."""

    def __init__(self, depot: Depot, force: bool) -> None:
        self.force = force
        self._requests, self._predictions = depot.requests, depot.predictions
        self._head = trying()(_head, depot.requests, "requests")
        self._content = trying()(_head, depot.predictions, "predictions")
        self.teams: dict[str, Any] | None = None

    def all(self) -> Iterator[tuple[dict[str, Any], dict[str, bytes]]]:
        """Yield every submission with its files, in the order in which they were accepted."""
        found = self._records()
        self.teams = found.pop(ledger.TEAMS, None)
        ordered = sorted(found.values(), key=lambda record: record["submission"]["sequence"])
        for start in range(0, len(ordered), MOST):
            yield from self._with_files(ordered[start : start + MOST])

    def _records(self) -> dict[str, dict[str, Any]]:
        # What a Hub puts there itself, and the layout, are no records.
        paths = sorted(self._head.files.keys() - {LAYOUT_FILE, *OF_THE_HUB})
        records = {}
        for path, content in _read(self._requests, self._head, paths).items():
            record = signed.read(content)
            if record is None:
                self._damaged(self._requests, path)
                continue
            records[path] = record
        return records

    def _with_files(
        self, records: Sequence[dict[str, Any]]
    ) -> Iterator[tuple[dict[str, Any], dict[str, bytes]]]:
        wanted = [path for record in records for path in record["files"]]
        there = [path for path in wanted if path in self._content.files]
        content = _read(self._predictions, self._content, there)
        for record in records:
            files = {path: content.get(path, b"") for path in record["files"]}
            bad = [
                path for path, data in files.items() if ledger.digest(data) != record["files"][path]
            ]
            if bad:
                self._damaged(self._predictions, bad[0])
                continue
            yield record, files

    def _damaged(self, repository: Repository, path: str) -> None:
        error = Edited(
            _(
                "{file} in {name} is missing or is not as it was written: its hash does not fit. "
                "Put it back from the repository's history, or use restore --force to leave that "
                "submission out."
            ),
            file=path,
            name=repository.name,
        )
        if not self.force:
            raise error
        log.error("%s", error)


def _head(repository: Repository, kind: str) -> Head:
    """Return the head of a repository that is this challenge's, and made if it is not there.

    A Hub says of a private one that a token may not see what it says of one that does not exist; to
    take that for an empty one would forget everything.
    """
    repository.make()
    head = repository.head()
    if not head.commit:
        raise Refused(
            _("{name} cannot be read: its token may make it, but not see it."), name=repository.name
        )
    check_layout(repository, head, kind)
    return head


def _read(repository: Repository, head: Head, paths: Sequence[str]) -> dict[str, bytes]:
    """Return files at a commit; what was read before a Hub was busy is not read again."""
    return trying()(repository.read_all, paths, head.commit)


def _is_empty(store: Store) -> bool:
    with store.engine.connect() as connection:
        return not any(
            connection.execute(sa.select(table.c[column]).limit(1)).first()
            for table, column in ((submissions, "id"), (tokens, "digest"))
        )


def _restore_days(results: Repository, settings: Settings) -> int:
    """Put back the boards of former days; those of today are published from the database."""
    head = trying()(_head, results, "results")
    paths = [path for path in head.files if path.startswith(f"{BOARDS}/") and "/history/" in path]
    for path, content in _read(results, head, paths).items():
        file = settings.board_dir / path.removeprefix(f"{BOARDS}/")
        if not file.exists():
            with replacing(file) as draft:
                draft.write_bytes(content)
    return len(paths)
