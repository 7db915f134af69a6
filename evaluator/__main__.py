"""The command line: the portal's own code without the portal."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from evaluator.baselines.commands import add_baseline
from evaluator.challenge import Challenge
from evaluator.comparison import differences, item_differences
from evaluator.declaration import faults
from evaluator.depot.commands import add_publish
from evaluator.depot.space_command import add_deploy_space
from evaluator.errors import EvaluatorError
from evaluator.hub import fetch
from evaluator.judge import Judge
from evaluator.metrics import METRICS
from evaluator.metrics.bertscore_package import replay_notices, replayed
from evaluator.opening import open_challenge
from evaluator.organise import add_commands
from evaluator.phase import Phase
from evaluator.problems import SubmissionRefused
from evaluator.results import Result
from evaluator.schema import open_database
from evaluator.scoring import Scorer, Statistics
from evaluator.settings import Settings, make_data_dir, settings
from evaluator.store import Store
from evaluator.submission import Reading, read_submission
from evaluator.texts import LANGUAGES, Language, Sentence, _, translate
from evaluator.tokens import issue_token, revoke_tokens
from evaluator.track import Track
from evaluator.worker import FOLLOW_PARENT, work

REFUSED = 1
INTERRUPTED = _("Interrupted.")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 0, or 1 with a sentence on standard error."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for talkative in ("dbos", "httpx2"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    options = _parser().parse_args(arguments)
    try:
        command: Callable[[argparse.Namespace], None] = options.command
        command(options)
    except SubmissionRefused as refused:
        print(refused.report(options.lang), file=sys.stderr)
        return REFUSED
    except EvaluatorError as error:
        print(error.text(options.lang), file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print(translate(INTERRUPTED, options.lang), file=sys.stderr)
        return REFUSED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evaluator", description=__doc__)
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="language of messages")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    validate = _with_file(commands.add_parser("validate", help="check a prediction file"))
    validate.set_defaults(command=_validate)

    score = _with_file(commands.add_parser("score", help="score a prediction file here"))
    score.add_argument("--json", action="store_true", help="print the result as JSON")
    score.add_argument(
        "--bertscore-engine",
        choices=("ours", "package"),
        default="ours",
        help="package: compute BERTScore with the package bert-score, to check ours",
    )
    score.set_defaults(command=_score)

    compare = commands.add_parser("compare", help="say what differs between two results, and why")
    compare.add_argument("results", nargs=2, help="a result's JSON file, or a submission's id")
    compare.set_defaults(command=_compare)

    rescore = commands.add_parser("rescore", help="queue what another evaluator or data scored")
    rescore.add_argument("--dry-run", action="store_true", help="only say what would be queued")
    rescore.set_defaults(command=_rescore)

    issue = commands.add_parser("issue-token", help="give a team a token for submitting")
    issue.add_argument("team")
    issue.set_defaults(command=_issue_token)

    revoke = commands.add_parser("revoke-tokens", help="revoke every token of a team")
    revoke.add_argument("team")
    revoke.set_defaults(command=_revoke_tokens)

    add_commands(commands)
    add_baseline(commands)
    add_publish(commands)
    add_deploy_space(commands)

    export = commands.add_parser("export-board", help="write the boards as one HTML page")
    export.add_argument("folder", type=Path, help="where index.html is written")
    export.add_argument(
        "--phase", action="append", default=[], help="only boards of this phase; may be repeated"
    )
    export.set_defaults(command=_export_board)

    worker = commands.add_parser("work", help="score queued submissions until interrupted")
    worker.add_argument(
        FOLLOW_PARENT, action="store_true", help="end when standard input is closed"
    )
    worker.set_defaults(command=_work)
    return parser


def _with_file(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("track")
    parser.add_argument("file", type=Path)
    parser.add_argument("--phase", default="dev", help="phase of the track (default: dev)")
    return parser


def _read(options: argparse.Namespace) -> tuple[Challenge, Track, Phase, Reading]:
    chosen = settings()
    challenge = open_challenge(chosen)
    track = challenge.track(options.track)
    phase = track.phase(options.phase)
    if not options.file.is_file():
        raise EvaluatorError(_("There is no file {file}."), file=options.file)
    reading = read_submission(
        options.file, options.file.name, challenge, track, phase, chosen.limits
    )
    return challenge, track, phase, reading


def _validate(options: argparse.Namespace) -> None:
    reading = _read(options)[-1]
    for notice in reading.notices:
        print(notice.text(options.lang))
    valid = Sentence(_("The file is valid: {items} items."), {"items": reading.items})
    print(valid.text(options.lang))


def _score(options: argparse.Namespace) -> None:
    challenge, track, phase, reading = _read(options)
    chosen = settings()
    if options.bertscore_engine == "package":
        track = replayed(track)
    fetch(challenge, track, [phase], references=True, token=chosen.gold_token)
    scorer = Scorer(challenge, track, phase, Judge(chosen.judge) if chosen.judge else None)
    scored = scorer.score(reading.predictions, _show_progress)
    if options.bertscore_engine == "package":
        columns = {d.id: METRICS[d.metric.name].columns(d) for d in track.datasets}
        own = {name: rows for name, rows in scored.statistics.items() if name in columns}
        for notice in replay_notices(own, columns):
            print(notice.text(options.lang), file=sys.stderr)
    result = scored.result
    print(result.model_dump_json(indent=2) if options.json else _shown(result, track, options.lang))


def _compare(options: argparse.Namespace) -> None:
    found = [_result(written) for written in options.results]
    told = differences(*(result for result, _rows in found))
    told += item_differences(*(rows for _result, rows in found))
    same = Sentence(_("They are the same."))
    print("\n".join(sentence.text(options.lang) for sentence in told or [same]))


def _result(written: str) -> tuple[Result, Statistics]:
    """Return a result and, where it is in the database, the statistics of its items."""
    if Path(written).is_file():
        return _result_file(Path(written)), {}
    store = _database(settings())
    key = store.record(written).id
    result = store.scores.result(key)
    if result is None:
        raise EvaluatorError(_("Submission {id} is not scored yet."), id=key)
    return result, store.scores.statistics(key)


def _result_file(file: Path) -> Result:
    try:
        return Result.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise EvaluatorError(
            _("{file} is no result as score --json prints it: {faults}."),
            file=file,
            faults=faults(error),
        ) from error


def _rescore(options: argparse.Namespace) -> None:
    from evaluator.durable import Queue
    from evaluator.ranking import outdated_entries

    chosen = settings()
    challenge, store = open_challenge(chosen), _database(chosen)
    for track in challenge.tracks.values():
        fetch(challenge, track, references=True, token=chosen.gold_token)
    found = [
        one
        for track, phase in challenge.boards()
        for one in outdated_entries(store, Scorer(challenge, track, phase))
    ]
    for one in found:
        entry = one.record.submission.entry
        print(one.record.id, entry.pseudonym or entry.model)
    if options.dry_run or not found:
        return
    queue = Queue(store.engine)
    for one in found:
        queue.enqueue_again(one.record.id, one.run + 1)
    queue.close()


def _show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} / {total}", end="\n" if done == total else "", file=sys.stderr)


def _shown(result: Result, track: Track, language: Language) -> str:
    rows = [("overall", result.overall)]
    for dimension in track.dimensions:
        rows.append((dimension.title.text(language), result.dimensions[dimension.id]))
        rows += [(f"  {d.id}", result.datasets[d.id]) for d in dimension.datasets]
    return "\n".join(
        f"{100 * score.value:6.2f}  [{100 * score.interval.low:6.2f}, "
        f"{100 * score.interval.high:6.2f}]  {name}"
        for name, score in rows
    )


def _database(chosen: Settings) -> Store:
    make_data_dir(chosen)
    return Store(open_database(chosen.database_url))


def _issue_token(options: argparse.Namespace) -> None:
    print(issue_token(_database(settings()).engine, options.team))


def _revoke_tokens(options: argparse.Namespace) -> None:
    print(revoke_tokens(_database(settings()).engine, options.team))


def _export_board(options: argparse.Namespace) -> None:
    # The board stands above the engine; of all commands only this one needs it.
    from leaderboard.export import export_board

    path, faults = export_board(settings().board_dir, options.folder, options.phase)
    for fault in faults:
        print(fault.text(options.lang), file=sys.stderr)
    print(path)


def _work(options: argparse.Namespace) -> None:
    parent = sys.stdin.buffer if options.follow_parent else None
    work(settings(), parent)


if __name__ == "__main__":
    sys.exit(main())
