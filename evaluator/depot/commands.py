"""The command of those who publish: publish."""

from __future__ import annotations

import argparse

from evaluator.depot.opening import open_results
from evaluator.depot.publish import plan, title
from evaluator.depot.push import push
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
    repository = open_results(chosen, make=not options.dry_run)
    planned = plan(repository, store, open_challenge(chosen), chosen, force=options.force)
    for line in planned.lines():
        print(line)
    if options.dry_run:
        said = _("{files} file(s) of {name} would change.")
        values: dict[str, object] = {"files": len(planned.changes), "name": repository.name}
    else:
        pushed = push(repository, planned.wanted, title(planned))
        said = _("{files} file(s) of {name} changed, in {commits} commit(s).")
        values = {**pushed._asdict(), "name": repository.name}
    print(Sentence(said, values).text(options.lang))
