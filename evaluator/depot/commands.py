"""The commands around the depot: publish and restore."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from evaluator.challenge import read_challenge
from evaluator.depot.depot import Depot, open_depot
from evaluator.depot.gold import pull_gold
from evaluator.depot.model_results import model_results
from evaluator.depot.plan import plan
from evaluator.depot.publish import Publisher
from evaluator.depot.push import trying
from evaluator.depot.restore import restore
from evaluator.durable import Queue
from evaluator.errors import EvaluatorError
from evaluator.opening import open_challenge
from evaluator.schema import open_database
from evaluator.settings import Settings, make_data_dir, settings
from evaluator.store import Store
from evaluator.texts import Sentence, _

WOULD_CHANGE = _("{files} file(s) of {name} would change.")
CHANGED = _("{files} file(s) of {name} changed, in {commits} commit(s).")


def add_publish(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command to a command line."""
    parser = commands.add_parser("publish", help="push results to a Hub, or to a folder")
    parser.add_argument(
        "what", nargs="*", metavar="WHAT", help=f"some of {', '.join(Depot._fields)}; else all"
    )
    parser.add_argument("--dry-run", action="store_true", help="only print what would change")
    parser.add_argument(
        "--force",
        metavar="REASON",
        default="",
        help="write over what others put, and say why",
    )
    parser.set_defaults(command=_publish)

    back = commands.add_parser("restore", help="put a lost data folder back from the depot")
    back.add_argument("--force", action="store_true", help="leave damaged submissions out")
    back.set_defaults(command=_restore)


def _publish(options: argparse.Namespace) -> None:
    chosen = settings()
    kinds = _kinds(options.what)
    if {"requests", "predictions"} & set(kinds):
        check_keeping(chosen)
    store = _store(chosen)
    publisher = Publisher(open_depot(chosen), store, open_challenge(chosen), chosen)
    for publication in publisher.publications(kinds):
        planned = plan(publication, force=options.force)
        name = {"name": publication.repository.name}
        if planned.changes and not planned.head.commit:
            made = _("{name} is not there yet, or this token does not see it; it is to be made.")
            print(Sentence(made, name).text(options.lang))
        for line in planned.lines():
            print(line)
        values: dict[str, object] = {"files": len(planned.changes), "commits": 0}
        said = WOULD_CHANGE
        if not options.dry_run:
            values = planned.push()._asdict()
            said = CHANGED
        print(Sentence(said, {**values, **name}).text(options.lang))
    if options.what:
        return
    for one in model_results(publisher, dry_run=options.dry_run):
        print(one.sentence.text(options.lang), file=sys.stderr if one.failed else sys.stdout)


def _kinds(written: Sequence[str]) -> Sequence[str]:
    """Return which repositories are meant; without any, all."""
    for name in written:
        if name not in Depot._fields:
            raise EvaluatorError(
                _("There is no repository of “{name}”; there are: {known}."),
                name=name,
                known=", ".join(Depot._fields),
            )
    return written or Depot._fields


def _restore(options: argparse.Namespace) -> None:
    chosen = settings()
    check_keeping(chosen)
    store = _store(chosen)
    depot = open_depot(chosen)
    challenge = read_challenge(chosen.challenge_dir, chosen.hub_dir)
    references = trying()(pull_gold, depot.gold, challenge)
    if references:
        pulled = _("{files} file(s) of references were missing and are here again.")
        print(Sentence(pulled, {"files": references}).text(options.lang))
    queue = Queue(store.engine)
    found = restore(depot, store, chosen, queue.enqueue, force=options.force)
    queue.close()
    said = Sentence(_("The database holds submissions already; nothing was restored."))
    if found:
        said = Sentence(
            _(
                "{submissions} submission(s) restored, {unfinished} of them still to be scored; "
                "{days} board(s) of former days."
            ),
            found._asdict(),
        )
    print(said.text(options.lang))


def check_keeping(chosen: Settings) -> None:
    """Refuse names that would have teams told of copies on the very disk that may be lost."""
    hub = chosen.hub
    named = bool(hub.requests), bool(hub.predictions)
    if any(named) and not (all(named) and hub.token):
        raise EvaluatorError(
            _(
                "HUB_REQUESTS, HUB_PREDICTIONS and HUB_TOKEN belong together: submissions are "
                "copied to both repositories, or to none. Set all three, or none."
            )
        )


def _store(chosen: Settings) -> Store:
    make_data_dir(chosen)
    return Store(open_database(chosen.database_url))
