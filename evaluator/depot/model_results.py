"""The results that models' repositories are offered, for the Hub's own leaderboards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from evaluator.depot.eval_results import ResultsFile, results_path
from evaluator.depot.hub import open_api
from evaluator.depot.model_repository import ModelRepository
from evaluator.depot.offer import Offer
from evaluator.depot.publish import Publisher
from evaluator.depot.push import trying
from evaluator.depot.repository import Busy, Refused, RepositoryError
from evaluator.depot.scored_models import (
    chosen,
    is_awaited,
    named_repositories,
    scored_models,
    unserved_repositories,
)
from evaluator.texts import Sentence, _

T = TypeVar("T")
R = TypeVar("R")

# So many repositories in a row that cannot be reached are the Hub's fault: the rest waits.
MOST_BUSY = 3


class Said(NamedTuple):
    """What was done, or would be; or what went wrong with one repository."""

    sentence: Sentence
    failed: bool = False


def model_results(
    publisher: Publisher, *, dry_run: bool = False, moment: datetime | None = None
) -> Iterator[Said]:
    """Let models' repositories have what the boards say of them; yield what is done, or would be.

    Without a benchmark's name, a repository of questions or a token nothing is done. What goes
    wrong with one repository is said, and the others go on.
    """
    hub = publisher.settings.hub
    names = named_repositories(publisher.store)
    if not (hub.benchmark and hub.questions and hub.token and names):
        return
    try:
        revision = _revision(publisher)
    except RepositoryError as error:
        yield Said(error.sentence, failed=True)
        return
    called: dict[str, list[str]] = {}
    for found in _each(_repositories(publisher, names), _current_name):
        if isinstance(found, Said):
            yield found
        else:
            called.setdefault(found.now, []).append(found.name)
    offers = _offers(publisher, called, revision, moment or datetime.now(UTC))
    for done in _each(offers, lambda offer: _done(offer, dry_run=dry_run)):
        yield from [done] if isinstance(done, Said) else done


def _revision(publisher: Publisher) -> str:
    """Return the commit of the questions that scores are said to be of."""
    questions = publisher.depot.questions
    commit = trying()(questions.head).commit
    if not commit:
        raise Refused(
            _("{name} is not on the Hub yet, so models are offered no results; publish it first."),
            name=questions.name,
        )
    return commit


class _Named(NamedTuple):
    """The name that submissions give a repository, and the one that it has now."""

    name: str
    now: str


def _current_name(repository: ModelRepository) -> _Named:
    return _Named(repository.name, trying()(repository.current_name))


def _repositories(publisher: Publisher, names: Iterable[str]) -> list[ModelRepository]:
    hub = publisher.settings.hub
    api, path = open_api(hub.token), results_path(hub.benchmark)
    return [ModelRepository(name, api, path, f"Results of {hub.benchmark}") for name in names]


def _offers(
    publisher: Publisher, called: Mapping[str, Sequence[str]], revision: str, moment: datetime
) -> list[Offer]:
    """Return what each repository is to hold; `called` are its names in submissions.

    One whose entry waits to be scored anew, or whose track is not served, is left as it is.
    """
    unserved = unserved_repositories(publisher)
    hub, scored = publisher.settings.hub, scored_models(publisher, revision, moment)
    return [
        Offer(
            one,
            ResultsFile(one.name, hub.benchmark, hub.questions or ""),
            chosen(scored, called[one.name]),
        )
        for one in _repositories(publisher, called)
        if unserved.isdisjoint(called[one.name]) and not is_awaited(scored, called[one.name])
    ]


def _done(offer: Offer, *, dry_run: bool) -> list[Said]:
    steps = trying()(offer.steps)
    if steps and not dry_run:
        offer.push()
    return [Said(step.told) for step in steps]


def _each(items: Iterable[T], do: Callable[[T], R]) -> Iterator[R | Said]:
    """Yield what is done with each; what goes wrong with one is said in its place."""
    busy = 0
    for item in items:
        try:
            done = do(item)
        except RepositoryError as error:
            yield Said(error.sentence, failed=True)
            busy = busy + 1 if isinstance(error, Busy) else 0
            if busy == MOST_BUSY:
                return
            continue
        busy = 0
        yield done
