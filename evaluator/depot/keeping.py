"""Keeping: every submission that changed is copied to the depot, answers before what names them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from evaluator import copies
from evaluator.depot import ledger
from evaluator.depot.card import Kind, card
from evaluator.depot.depot import Depot
from evaluator.depot.layout import LAYOUT_FILE, layout_file
from evaluator.depot.plan import Publication, plan
from evaluator.depot.repository import Edited
from evaluator.settings import Settings
from evaluator.store import Store

# What is in memory at once; a commit takes fewer files anyway.
MOST = 50


# Some of the submissions that wait, and what is to be published of them, in this order.
Batch = tuple[Publication, Publication]


def batches(depot: Depot, store: Store, chosen: Settings) -> Iterator[tuple[dict[str, int], Batch]]:
    """Yield what waits to be copied, oldest first: revisions by id, and their publications.

    Of nothing there is one empty batch: who may submit is looked at all the same.
    """
    after = 0
    while True:
        found = copies.waiting(store.engine, MOST, after)
        if not found and after:
            return
        revisions = {one.id: one.revision for one in found}
        yield revisions, _batch(depot, store, chosen, revisions)
        if len(found) < MOST:
            return
        after = found[-1].sequence


def keep(depot: Depot, store: Store, chosen: Settings, *, force: bool = False) -> int:
    """Copy everything that waits; return how many submissions that were.

    One that somebody edited in the depot goes on waiting, and holds up no other.

    Raises:
        Edited: at the end, of the first such one.
        Refused, Busy, Conflict: a repository cannot be written; what was copied stays so.
    """
    done = 0
    edited: list[Edited] = []
    for revisions, batch in batches(depot, store, chosen):
        for some in _apart(revisions, batch, force=force):
            try:
                for publication in (
                    batch if some == revisions else _batch(depot, store, chosen, some)
                ):
                    plan(publication, force=force).push()
                done += len(some)
            except Edited as error:
                edited.append(error)
    if edited:
        raise edited[0]
    return done


def _apart(revisions: dict[str, int], batch: Batch, *, force: bool) -> list[dict[str, int]]:
    """Return what can be pushed at once; where somebody edited one record, each one alone."""
    try:
        for publication in batch:
            plan(publication, force=force)
    except Edited:
        return [{name: revision} for name, revision in revisions.items()]
    return [revisions]


def _batch(depot: Depot, store: Store, chosen: Settings, revisions: dict[str, int]) -> Batch:
    withdrawn: list[str] = []
    requests = _head("requests", chosen)
    content = _head("predictions", chosen)
    with store.engine.connect() as connection:
        for name in revisions:
            pages = ledger.write(connection, name)
            requests.update(pages.request)
            content.update(pages.content)
            withdrawn += pages.withdrawn
        requests[ledger.TEAMS] = ledger.write_teams(connection)
    title = f"{len(revisions)} submission(s)" if revisions else "Teams"
    copied = partial(copies.mark_copied, store.engine, revisions)
    return (
        Publication(
            "predictions", depot.predictions, content, title, partial(_forget, depot, withdrawn)
        ),
        Publication("requests", depot.requests, requests, title, copied),
    )


def _head(kind: Kind, chosen: Settings) -> dict[str, bytes | None]:
    """Return what says of a repository what it is."""
    return {LAYOUT_FILE: layout_file(kind), "README.md": card(kind, (), chosen).encode()}


def _forget(depot: Depot, paths: list[str]) -> None:
    """Delete what was withdrawn from former commits too."""
    if paths:
        depot.predictions.forget(paths)
