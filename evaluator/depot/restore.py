"""Restoring: a data folder that was lost, made anew from the depot, or not at all.

All of it is checked, and written in one transaction: a restore that was interrupted, or met a file
that is damaged, has restored nothing and begins anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from evaluator import copies
from evaluator.depot import ledger, signed
from evaluator.depot.depot import Depot
from evaluator.depot.layout import LAYOUT_FILE, OF_THE_HUB, check_layout
from evaluator.depot.push import trying
from evaluator.depot.repository import Edited, Head, Refused, Repository
from evaluator.depot.results import BOARDS
from evaluator.replacing import replacing
from evaluator.schema import submissions, take_turn
from evaluator.settings import Settings
from evaluator.store import Store
from evaluator.texts import _

Enqueue = Callable[[sa.Connection, str], None]
# What is in memory at once.
MOST = 200
UNFINISHED = ("queued", "scoring")
DAMAGED = _(
    "{file} in {name} is missing or is not as it was written: its hash does not fit. Put it back "
    "from the repository's history, or use restore --force: then a submission without its answers "
    "or record is left out, one without its scores is scored again, and teams need new tokens."
)

log = logging.getLogger(__name__)


class Restored(NamedTuple):
    """How many submissions were put back, how many of them wait for a score, and days of boards."""

    submissions: int
    unfinished: int
    days: int


def restore(
    depot: Depot, store: Store, settings: Settings, enqueue: Enqueue, *, force: bool = False
) -> Restored | None:
    """Put back what the depot knows, unless the database knows submissions itself (None).

    With `force` what is damaged is left out and logged, instead of stopping everything.

    Raises:
        Edited: a file is not as it was written.
        Refused, Busy: a repository cannot be read.
    """
    if not store.is_empty():
        return None
    records = _Records(depot, force)
    with store.engine.begin() as connection:
        take_turn(connection)
        restored = [_put_back(connection, *found, enqueue) for found in records.all()]
        if records.teams:
            ledger.read_teams(connection, records.teams)
        copies.settle(connection, depot.place)
        connection.execute(submissions.update().values(copied=submissions.c.revision))
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
        self._check_named(found)
        for path, record in found.items():
            self._check_known(path, record)
        ordered = sorted(found.values(), key=_accepted)
        for start in range(0, len(ordered), MOST):
            yield from self._with_files(ordered[start : start + MOST])

    def _records(self) -> dict[str, dict[str, Any]]:
        # What a Hub puts there itself, and the layout, are no records.
        paths = sorted(self._head.files.keys() - {LAYOUT_FILE, *OF_THE_HUB})
        records = {}
        for path, content in _read(self._requests, self._head, paths).items():
            record = signed.read(content)
            if record is None or not _is_at_its_place(path, record):
                self._damaged(self._requests, path)
                continue
            records[path] = record
        return records

    def _check_named(self, records: Mapping[str, Any]) -> None:
        """Refuse records of which there are none, beside answers: they are of another depot."""
        orphan = next((path for path in self._content.files if ledger.place_of(path)), None)
        if orphan and not records and not self.force:
            raise Refused(
                _(
                    "{name} holds no submission, but {others} holds answers, such as {file}. Check "
                    "that both are of the same challenge, or use restore --force to begin anew."
                ),
                name=self._requests.name,
                others=self._predictions.name,
                file=orphan,
            )

    def _check_known(self, path: str, record: Mapping[str, Any]) -> None:
        if not ledger.knows(record):
            raise Refused(
                _("{file} in {name} was written by a newer version of this software; update it."),
                file=path,
                name=self._requests.name,
            )

    def _with_files(
        self, records: Sequence[dict[str, Any]]
    ) -> Iterator[tuple[dict[str, Any], dict[str, bytes]]]:
        wanted = [path for record in records for path in record["files"]]
        there = [path for path in wanted if path in self._content.files]
        content = _read(self._predictions, self._content, there)
        for record in records:
            files = {
                path: content[path]
                for path, digest in record["files"].items()
                if path in content and ledger.digest(content[path]) == digest
            }
            bad = sorted(record["files"].keys() - files.keys())
            for path in bad:
                self._damaged(self._predictions, path)
            if not any(path.startswith(ledger.ANSWERS) for path in bad):
                yield record, files

    def _damaged(self, repository: Repository, path: str) -> None:
        if not self.force:
            raise Edited(DAMAGED, file=path, name=repository.name)
        log.error("%s in %s is missing or damaged; it is left out", path, repository.name)


def _is_at_its_place(path: str, record: Mapping[str, Any]) -> bool:
    """Whether a file is what its name says: somebody may have copied it."""
    if path == ledger.TEAMS:
        return "tokens" in record
    told = record.get("submission", {})
    place = "/".join(str(told.get(name)) for name in ("track", "phase", "id"))
    return path == ledger.record_path(place)


def _accepted(record: Mapping[str, Any]) -> tuple[str, int, str]:
    """Return what orders submissions; two servers may have given one number twice."""
    told = record["submission"]
    return (told["created_at"], told["sequence"], told["id"])


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
    """Return files at a commit, some at a time: of those a Hub that is busy is asked again."""
    return {
        path: content
        for start in range(0, len(paths), MOST)
        for path, content in trying()(
            repository.read_all, paths[start : start + MOST], head.commit
        ).items()
    }


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
