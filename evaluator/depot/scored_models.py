"""What the repositories of models may be offered: what the boards tell exactly of each model."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

import sqlalchemy as sa

from evaluator.depot.publish import Publisher
from evaluator.depot.results import exact_boards, run_path
from evaluator.entry import Provenance
from evaluator.phase import Phase
from evaluator.ranking import by_model, entries, fitting
from evaluator.records import Finished
from evaluator.results import Result
from evaluator.schema import submissions
from evaluator.store import Store
from evaluator.track import Track
from evaluator.withdrawal import is_scored

if TYPE_CHECKING:
    from huggingface_hub import EvalResultEntry

# Of several entries of one repository the first of these stands for it.
PREFERRED: tuple[Provenance, ...] = ("participant", "self-run", "recorded")
PAGE = "leaderboard/model"
LONGEST_SIGNATURE = 100
DIGITS = 16


class Scored(NamedTuple):
    """What one board says of a model that names this repository.

    One that does not compare waits: the others of its board are scored anew already.
    """

    repository: str
    provenance: Provenance
    entry: EvalResultEntry
    compares: bool


def named_repositories(store: Store) -> list[str]:
    """Return every repository that a submission names, unless it was withdrawn before its score.

    An anonymous one was offered nothing, and nobody is to see that it is looked at.
    """
    columns = submissions.c
    query = sa.select(columns.repository).where(
        columns.repository != "",
        columns.pseudonym == "",
        (columns.status != "withdrawn") | is_scored(),
    )
    with store.engine.connect() as connection:
        return sorted(connection.execute(query.distinct()).scalars())


def unserved_repositories(publisher: Publisher) -> set[str]:
    """Return the repositories with a score on a track that is not served, as one with a fault."""
    columns = submissions.c
    query = sa.select(columns.repository).where(
        columns.repository != "",
        columns.status == "finished",
        columns.track.not_in(list(publisher.challenge.tracks)),
    )
    with publisher.store.engine.connect() as connection:
        return set(connection.execute(query.distinct()).scalars())


def scored_models(publisher: Publisher, revision: str, moment: datetime) -> list[Scored]:
    """Return what may be offered at a moment, the one to be preferred first.

    A participant's own entry goes before the maintainers' run, that before a recorded one, and of
    several the best. `revision` is that of the questions. An entry stands aside that is anonymous
    or skipped items.
    """
    found = [
        Scored(sent.entry.repository, sent.provenance, entry, compares)
        for track, phase, standing in exact_boards(publisher.store, publisher.challenge, moment)
        for one, compares in _named(standing)
        for sent in [one.record.submission]
        for entry in [_entry(publisher, track, phase, one, revision)]
    ]
    return sorted(found, key=lambda one: PREFERRED.index(one.provenance))


def chosen(scored: Collection[Scored], names: Collection[str]) -> list[EvalResultEntry]:
    """Return of each task the entry that stands for the repository with these names."""
    found: dict[str, EvalResultEntry] = {}
    for one in scored:
        if one.repository in names and one.compares:
            found.setdefault(one.entry.task_id, one.entry)
    return list(found.values())


def is_awaited(scored: Collection[Scored], names: Collection[str]) -> bool:
    """Whether a task of the repository with these names has only entries that wait."""
    tasks = {one.task_id for one in chosen(scored, names)}
    return any(one.repository in names and one.entry.task_id not in tasks for one in scored)


def may_name(team: str, repository: str) -> bool:
    """Whether a team's score may be offered to a repository.

    Anybody can log in with the Hub and name a rival's, so such a user only to his own. Teams that
    maintainers gave a token to, and the maintainers, are known to them.

    >>> may_name("hf:ann", "ann/model"), may_name("hf:ann", "bob/model"), may_name("Ward 5", "b/m")
    (True, False, True)
    """
    user = team.removeprefix("hf:")
    owner = repository.partition("/")[0]
    return bool(repository) and (user == team or user.lower() == owner.lower())


def entry_page(site_url: str, track_id: str, phase_id: str, entry_id: str) -> str:
    """Return the address at which the public reads of an entry."""
    return f"{site_url}/{PAGE}?" + urlencode(
        {"track": track_id, "phase": phase_id, "entry": entry_id}
    )


def _named(standing: list[Finished]) -> Iterator[tuple[Finished, bool]]:
    """Yield a board's whole entries with a name and a repository, best first, if they compare."""
    by_id = {one.record.id: one for one in standing}
    for row in entries(standing):
        one = by_id[row["submission"]]
        whole = not row["skipped"] and math.isfinite(row["overall"])
        sent = one.record.submission
        if whole and not row["anonymous"] and may_name(sent.team, sent.entry.repository):
            yield one, row["compared"]


def _entry(
    publisher: Publisher, track: Track, phase: Phase, found: Finished, revision: str
) -> EvalResultEntry:
    from huggingface_hub import EvalResultEntry

    url = _source(publisher, track, phase, found)
    return EvalResultEntry(
        dataset_id=publisher.settings.hub.questions or "",
        task_id=f"{track.id}--{phase.id}",
        value=round(100 * found.result.overall.value, 2),
        dataset_revision=revision,
        date=found.finished_at,
        source_url=url,
        source_name=f"{track.title.en} · {phase.title.en}" if url else None,
        notes=f"{found.record.submission.provenance}; {_signature(found.result)}",
    )


def _source(publisher: Publisher, track: Track, phase: Phase, found: Finished) -> str | None:
    """Return where the score is to be read: on the board, else in the repository of results."""
    settings = publisher.settings
    if settings.site_url:
        # The first try of a model names its entry, so that a new one changes no address.
        [model] = by_model([found])
        first = by_model(fitting(publisher.store, track, phase))[model][0]
        return entry_page(settings.site_url, track.id, phase.id, first.record.id)
    if settings.hub.results is None:
        return None
    from huggingface_hub import constants

    path = run_path(track, phase, found)
    return f"{constants.ENDPOINT}/datasets/{settings.hub.results}/blob/main/{path}"


def _signature(result: Result) -> str:
    """Return what makes the score comparable: its signature, or a hash of all of them.

    The hash is the SHA-256 of a line `DATASET SIGNATURE` for each dataset, sorted.
    """
    lines = sorted(f"{name} {score.signature}" for name, score in result.datasets.items())
    if len(lines) == 1 and len(lines[0]) <= LONGEST_SIGNATURE:
        return f"signature {lines[0]}"
    digest = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    return f"{len(lines)} signatures sha256:{digest[:DIGITS]}"
