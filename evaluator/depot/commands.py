"""The command of those who publish: publish."""

from __future__ import annotations

import argparse
import sys

from evaluator.depot.depot import open_depot
from evaluator.depot.model_results import model_results
from evaluator.depot.plan import plan
from evaluator.depot.publish import Publisher
from evaluator.opening import open_challenge
from evaluator.schema import open_database
from evaluator.settings import make_data_dir, settings
from evaluator.store import Store
from evaluator.texts import Sentence, _


def add_publish(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command to a command line."""
    parser = commands.add_parser("publish", help="push results to a Hub, or to a folder")
    parser.add_argument("--dry-run", action="store_true", help="only print what would change")
    parser.add_argument("--force", action="store_true", help="write over what others put there")
    parser.set_defaults(command=_publish)


def _publish(options: argparse.Namespace) -> None:
    chosen = settings()
    make_data_dir(chosen)
    store = Store(open_database(chosen.database_url))
    publisher = Publisher(open_depot(chosen), store, open_challenge(chosen), chosen)
    for publication in publisher.publications():
        planned = plan(publication, force=options.force)
        for line in planned.lines():
            print(line)
        values: dict[str, object] = {"files": len(planned.changes), "commits": 0}
        said = _("{files} file(s) of {name} would change.")
        if not options.dry_run:
            values = planned.push()._asdict()
            said = _("{files} file(s) of {name} changed, in {commits} commit(s).")
        print(Sentence(said, {**values, "name": publication.repository.name}).text(options.lang))
    for one in model_results(publisher, dry_run=options.dry_run):
        print(one.sentence.text(options.lang), file=sys.stderr if one.failed else sys.stdout)
