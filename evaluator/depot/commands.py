"""The commands around the depot: publish and restore."""

from __future__ import annotations

import argparse
import sys

from evaluator.challenge import read_challenge
from evaluator.depot.depot import open_depot
from evaluator.depot.gold import pull_gold
from evaluator.depot.model_results import model_results
from evaluator.depot.plan import plan
from evaluator.depot.publish import Publisher
from evaluator.depot.restore import restore
from evaluator.durable import Queue
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
    parser.add_argument("--dry-run", action="store_true", help="only print what would change")
    parser.add_argument("--force", action="store_true", help="write over what others put there")
    parser.set_defaults(command=_publish)

    back = commands.add_parser("restore", help="put a lost data folder back from the depot")
    back.add_argument("--force", action="store_true", help="leave damaged submissions out")
    back.set_defaults(command=_restore)


def _publish(options: argparse.Namespace) -> None:
    chosen = settings()
    store = _store(chosen)
    publisher = Publisher(open_depot(chosen), store, open_challenge(chosen), chosen)
    for publication in publisher.publications():
        planned = plan(publication, force=options.force)
        for line in planned.lines():
            print(line)
        values: dict[str, object] = {"files": len(planned.changes), "commits": 0}
        said = WOULD_CHANGE
        if not options.dry_run:
            values = planned.push()._asdict()
            said = CHANGED
        print(Sentence(said, {**values, "name": publication.repository.name}).text(options.lang))
    for one in model_results(publisher, dry_run=options.dry_run):
        print(one.sentence.text(options.lang), file=sys.stderr if one.failed else sys.stdout)


def _restore(options: argparse.Namespace) -> None:
    chosen = settings()
    store = _store(chosen)
    depot = open_depot(chosen)
    references = pull_gold(depot.gold, read_challenge(chosen.challenge_dir, chosen.hub_dir))
    if references:
        pulled = _("{files} file(s) of references were missing and are here again.")
        print(Sentence(pulled, {"files": references}).text(options.lang))
    queue = Queue(store.engine)
    found = restore(depot, store, chosen, queue.enqueue, force=options.force)
    queue.close()
    said = Sentence(_("The database holds submissions or teams already; nothing was restored."))
    if found:
        said = Sentence(
            _(
                "{submissions} submission(s) restored, {unfinished} of them still to be scored; "
                "{days} board(s) of former days."
            ),
            found._asdict(),
        )
    print(said.text(options.lang))


def _store(chosen: Settings) -> Store:
    make_data_dir(chosen)
    return Store(open_database(chosen.database_url))
