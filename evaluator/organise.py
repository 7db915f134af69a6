"""The commands of those who run a challenge: what they write, check, tell and take back."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from evaluator.check import Finding, check_challenge
from evaluator.description import describe
from evaluator.description_text import page
from evaluator.durable import Queue
from evaluator.errors import EvaluatorError
from evaluator.hub import fetch
from evaluator.opening import open_challenge
from evaluator.schema import open_database
from evaluator.settings import settings
from evaluator.shuffle import shuffle_dataset
from evaluator.store import Store
from evaluator.texts import Sentence, _

SKELETON = Path(__file__).parent / "skeleton"


class ChallengeRefused(EvaluatorError):
    """A challenge in which something is wrong; everything was printed."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add these commands to a command line."""
    new = commands.add_parser("new-challenge", help="write a commented skeleton of a challenge")
    new.add_argument("folder", type=Path)
    new.set_defaults(command=_new)

    check = commands.add_parser("check-challenge", help="say everything that is wrong with one")
    check.add_argument("folder", type=Path)
    check.set_defaults(command=_check)

    mix = commands.add_parser("shuffle", help="make copies of choice items with shuffled options")
    mix.add_argument("folder", type=Path, help="a dataset: questions.jsonl and references.jsonl")
    mix.add_argument("--copies", type=int, default=4, help="copies of each item (default: 4)")
    mix.add_argument("--seed", type=int, default=0, help="the same seed, the same order")
    mix.set_defaults(command=_shuffle)

    tell = commands.add_parser("describe", help="print a track's page as Markdown")
    tell.add_argument("track")
    tell.set_defaults(command=_describe)

    take = commands.add_parser("withdraw", help="delete a submission's content, scored or not")
    take.add_argument("submission")
    take.add_argument("--reason", default="", help="what its team is told")
    take.set_defaults(command=_withdraw)


def _new(options: argparse.Namespace) -> None:
    folder: Path = options.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise EvaluatorError(
            _("{folder} exists and is not empty; name a folder that does not."), folder=folder
        )
    shutil.copytree(SKELETON, folder, dirs_exist_ok=True)
    said = _("Written to {folder}. Read its README.md, then: python -m evaluator check-challenge")
    print(Sentence(said, {"folder": folder}).text(options.lang), folder)


def _check(options: argparse.Namespace) -> None:
    chosen = settings()
    found: list[Finding] = []
    for finding in check_challenge(options.folder, chosen.hub_dir, chosen.gold_token, _show_begun):
        print(finding.text(options.lang), flush=True)
        found.append(finding)
    errors = sum(finding.level == "error" for finding in found)
    counts = {"errors": errors, "warnings": len(found) - errors}
    summary = _("{errors} error(s), {warnings} warning(s).")
    if errors:
        raise ChallengeRefused(summary, **counts)
    print(Sentence(summary, counts).text(options.lang))


def _show_begun(folder: Path) -> None:
    if sys.stderr.isatty():
        print(f"{folder} …", file=sys.stderr)


def _shuffle(options: argparse.Namespace) -> None:
    if options.copies < 1:
        raise EvaluatorError(_("There must be at least one copy of each item."))
    lines = shuffle_dataset(options.folder, options.copies, options.seed)
    said = Sentence(_("{lines} lines written."), {"lines": lines})
    print(said.text(options.lang))


def _describe(options: argparse.Namespace) -> None:
    chosen = settings()
    challenge = open_challenge(chosen)
    track = challenge.track(options.track)
    # Of phases that show their references, an example is printed with its answer.
    shown = [phase for phase in track.entered if phase.references == "open"]
    fetch(challenge, track, shown, references=True, token=chosen.gold_token)
    description = describe(challenge, track)
    if chosen.database_file.is_file():
        store = Store(open_database(chosen.database_url))
        phases = [(track.id, phase.id) for phase in track.entered]
        took_part = store.participation(phases)
        description = description._replace(participation=took_part)
    print(page(description, options.lang), end="")


def _withdraw(options: argparse.Namespace) -> None:
    chosen = settings()
    store = Store(open_database(chosen.database_url))
    key = store.record(options.submission).id
    reason = options.reason.strip()
    message = Sentence(_("Withdrawn by the maintainers."))
    if reason:
        message = Sentence(_("Withdrawn by the maintainers: {reason}"), {"reason": reason})
    if not store.withdraw(key, scored=True, message=message):
        raise EvaluatorError(_("The submission is withdrawn already."))
    queue = Queue(store.engine, keeps=chosen.keeps_records)
    queue.keep()
    queue.close()
    said = _("{id} is withdrawn and its content deleted; the board follows within seconds.")
    print(Sentence(said, {"id": key}).text(options.lang))
