"""The command that puts a challenge into a Space: deploy-space."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from evaluator.challenge import load_challenge
from evaluator.depot.commands import CHANGED, WOULD_CHANGE, check_keeping
from evaluator.depot.depot import open_depot
from evaluator.depot.hub import open_api
from evaluator.depot.hub_space import HubSpace, is_space_name
from evaluator.depot.push import trying
from evaluator.depot.space import Deployment, deployment
from evaluator.depot.space_files import space_files
from evaluator.depot.space_guard import check_gold
from evaluator.depot.space_settings import space_settings
from evaluator.depot.space_waiting import Wait, wait_for
from evaluator.errors import EvaluatorError
from evaluator.settings import settings
from evaluator.texts import Language, Sentence, _

TIMEOUT_SECONDS = 1800


def add_deploy_space(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command to a command line."""
    parser = commands.add_parser("deploy-space", help="put this challenge into a Space on a Hub")
    parser.add_argument("space", metavar="ORG/NAME")
    parser.add_argument("--dry-run", action="store_true", help="only print what would change")
    parser.add_argument("--private", action="store_true", help="only your organisation sees it")
    parser.add_argument(
        "--timeout",
        type=int,
        default=TIMEOUT_SECONDS,
        metavar="SECONDS",
        help="how long to wait until it runs (default: %(default)s)",
    )
    parser.add_argument("--renew-secrets", action="store_true", help="write those it has anew")
    parser.add_argument(
        "--force", metavar="REASON", default="", help="write over what others put, and say why"
    )
    parser.set_defaults(command=_deploy_space)


def _deploy_space(options: argparse.Namespace) -> None:
    found = _deployment(options)
    say = _sayer(options.lang)
    for line in found.plan.lines():
        print(line)
    for sentence in found.sentences():
        say(sentence)
    name = {"name": found.space.name}
    if options.dry_run:
        say(Sentence(WOULD_CHANGE, {**name, "files": len(found.plan.changes)}))
        return
    say(Sentence(CHANGED, {**name, **found.push(options.force)._asdict()}))
    token = settings().hub.token
    wait = Wait(options.timeout, say, (*found.settings.secrets.values(), token))
    commit = trying()(found.space.head).commit
    address = wait_for(found.space, commit, wait, token)
    say(Sentence(_("{name} runs and is well: {address}"), {**name, "address": address}))


def _sayer(language: Language) -> Callable[[Sentence], None]:
    """Return what prints a sentence at once: whoever waits wants to see it."""
    return lambda sentence: print(sentence.text(language), flush=True)


def _deployment(options: argparse.Namespace) -> Deployment:
    """Return what deploying would change."""
    chosen = settings()
    if not is_space_name(options.space):
        raise EvaluatorError(
            _("“{written}” names no Space; write ORG/NAME."), written=options.space
        )
    if not chosen.hub.token:
        raise EvaluatorError(
            _("HUB_TOKEN is not set; deploying needs a token that may write the Space.")
        )
    check_keeping(chosen)
    challenge = load_challenge(chosen.challenge_dir, chosen.hub_dir)
    files = space_files(challenge)
    trying()(check_gold, challenge, chosen.hub.gold, open_depot(chosen).gold)
    space = HubSpace(
        options.space,
        open_api(chosen.hub.token),
        private=options.private,
    )
    wanted = space_settings(os.environ)
    return trying()(
        deployment, space, files, wanted, force=bool(options.force), renew=options.renew_secrets
    )
