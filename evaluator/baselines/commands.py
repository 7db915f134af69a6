"""The commands of those who run baselines: baseline run, repeat, import, list, reported."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from evaluator.baselines.asking import Sheet, ask
from evaluator.baselines.declaration import Model
from evaluator.baselines.journal import Journal
from evaluator.baselines.library import declared, find_model
from evaluator.baselines.repeat import agreement, journal_of, subset
from evaluator.baselines.run import Run, open_run
from evaluator.baselines.submitting import check_enterable, import_file, submit
from evaluator.baselines.trial import estimate, shown
from evaluator.declaration import read_declaration
from evaluator.errors import DeclarationError, EvaluatorError
from evaluator.opening import open_challenge
from evaluator.origin import Day
from evaluator.reported import publish_reported
from evaluator.reported_file import ReportedRefused, take_reported
from evaluator.settings import Settings, make_data_dir, settings
from evaluator.texts import Sentence, _

SHOWN_PROMPTS = 3


def add_baseline(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add these commands to a command line."""
    parser = commands.add_parser("baseline", help="run models over a track, as the maintainers do")
    kinds = parser.add_subparsers(required=True, metavar="COMMAND")

    run = _placed(kinds.add_parser("run", help="answer every question, and submit the answers"))
    _asking(run)
    run.add_argument("--dry-run", action="store_true", help="print three prompts and the cost")
    run.add_argument("--no-submit", action="store_true", help="keep the answers, submit nothing")
    run.set_defaults(command=_run)

    again = _placed(kinds.add_parser("repeat", help="ask some questions again: do answers agree?"))
    _asking(again)
    again.add_argument("--items", type=_count, default=20, help="how many items (default: 20)")
    again.add_argument("--runs", type=_several, default=3, help="how often (default: 3)")
    again.add_argument("--seed", type=int, default=0, help="the same seed, the same items")
    again.set_defaults(command=_repeat)

    take = _placed(kinds.add_parser("import", help="submit outputs that were recorded elsewhere"))
    take.add_argument("file", type=Path, help="a prediction file as participants upload it")
    take.add_argument("--recorded-on", type=_day, required=True, help="YYYY-MM-DD, or its month")
    take.add_argument("--source", required=True, help="who recorded them, and where they are")
    take.add_argument("--licence", required=True, help="on what terms they may be used")
    take.set_defaults(command=_import)

    known = kinds.add_parser("list", help="say which models are declared")
    known.set_defaults(command=_list)

    figures = kinds.add_parser("reported", help="let a CSV file be the figures reported elsewhere")
    figures.add_argument("file", type=Path)
    figures.set_defaults(command=_reported)


def _placed(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--model", required=True, help="a declared name, or a file: baseline list")
    parser.add_argument("--track", required=True)
    parser.add_argument("--phase", default="dev", help="phase of the track (default: dev)")
    return parser


def _asking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--max-cost", type=_positive, help="stop before it costs more, in USD")
    parser.add_argument("--parallel", type=_count, help="so many at once, instead of as declared")


def _checked(kind: Any, said: str) -> Callable[[str], Any]:
    """Return what reads an argument, or says what it must be."""
    adapter = TypeAdapter(kind)

    def read(written: str) -> Any:
        try:
            return adapter.validate_python(written)
        except ValidationError:
            raise argparse.ArgumentTypeError(said) from None

    return read


_day = _checked(Day, "write YYYY-MM-DD, YYYY-MM or YYYY")
_positive = _checked(Annotated[float, Field(gt=0, allow_inf_nan=False)], "write a number above 0")
_count = _checked(Annotated[int, Field(ge=1, le=512)], "write a whole number from 1 to 512")
_several = _checked(Annotated[int, Field(ge=2, le=100)], "write a whole number from 2 to 100")


def _run(options: argparse.Namespace) -> None:
    chosen = settings()
    run = _opened(options, chosen)
    if options.dry_run:
        prompts = [shown(asking) for asking in islice(run.questions(), SHOWN_PROMPTS)]
        print("\n\n".join([*prompts, estimate(run).text(options.lang)]))
        return
    if not options.no_submit:
        check_enterable(run, chosen)
    run.begin()
    with Journal(run.journal) as journal:
        try:
            ask(run.model, [Sheet(journal, run.questions)], max_cost=options.max_cost)
        finally:
            print(_counted(journal).text(options.lang), file=sys.stderr)
        if options.no_submit:
            print(run.write_predictions(journal))
            return
        print(submit(run, journal, chosen))


def _opened(options: argparse.Namespace, chosen: Settings) -> Run:
    make_data_dir(chosen)
    challenge = open_challenge(chosen)
    track = challenge.track(options.track)
    model = find_model(options.model, chosen.challenge_dir)
    if getattr(options, "parallel", None):
        pace = model.pace.model_copy(update={"parallel": options.parallel})
        model = model.model_copy(update={"pace": pace})
    return open_run(challenge, track, track.phase(options.phase), model, chosen.data_dir)


def _counted(journal: Journal) -> Sentence:
    states = ", ".join(f"{name} {count}" for name, count in sorted(journal.states.items()))
    values = {
        "answers": states or "–",
        "input": journal.usage.input_tokens,
        "output": journal.usage.output_tokens,
    }
    return Sentence(_("{answers}; {input} tokens in, {output} tokens out."), values)


def _repeat(options: argparse.Namespace) -> None:
    run = _opened(options, settings())
    run.begin()
    asked = subset(run, options.items, options.seed)
    with ExitStack() as stack:
        journals = [
            stack.enter_context(Journal(journal_of(run, number)))
            for number in range(1, options.runs + 1)
        ]
        sheets = [Sheet(journal, lambda: asked) for journal in journals]
        ask(run.model, sheets, max_cost=options.max_cost)
        found = agreement(asked, journals)
    for one in found:
        print(f"{one.dataset:24} {one.alike:5} / {one.questions:<5} {one.pairwise:6.1%}")
    said = _("{alike} of {total} questions were answered alike in all {runs} runs.")
    values = {
        "alike": sum(one.alike for one in found),
        "total": sum(one.questions for one in found),
        "runs": options.runs,
    }
    print(Sentence(said, values).text(options.lang))


def _import(options: argparse.Namespace) -> None:
    if not options.file.is_file():
        raise EvaluatorError(_("There is no file {file}."), file=options.file)
    chosen = settings()
    run = _opened(options, chosen)
    said = (options.recorded_on, options.source, options.licence)
    print(import_file(run, options.file, chosen, *said))


def _list(options: argparse.Namespace) -> None:
    for name, file in declared(settings().challenge_dir).items():
        try:
            model = read_declaration(file, Model)
        except DeclarationError as error:
            print(error.text(options.lang), file=sys.stderr)
            continue
        print(f"{name:24} {model.provider:12} {model.model:36} {model.key or '–'}")


def _reported(options: argparse.Namespace) -> None:
    chosen = settings()
    try:
        taken = take_reported(options.file, chosen.challenge_dir)
    except ReportedRefused as refused:
        for fault in refused.faults:
            print(fault.text(options.lang), file=sys.stderr)
        raise
    publish_reported(chosen.challenge_dir, chosen.board_dir)
    print(taken)
