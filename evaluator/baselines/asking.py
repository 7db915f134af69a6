"""Having questions answered: provider, budget, progress and harness brought together."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from evaluator.baselines.budget import Budget
from evaluator.baselines.declaration import Model
from evaluator.baselines.harness import Harness
from evaluator.baselines.journal import Journal
from evaluator.baselines.progress import Bar
from evaluator.baselines.prompt import Asking
from evaluator.baselines.providers import open_provider
from evaluator.errors import EvaluatorError
from evaluator.texts import _


class Unfinished(EvaluatorError):
    """A run that has questions without an answer, so nothing was submitted."""


class Sheet(NamedTuple):
    """Questions, made anew at each call, and the journal that takes their answers."""

    journal: Journal
    questions: Callable[[], Iterable[Asking]]


def ask(model: Model, sheets: Sequence[Sheet], *, max_cost: float | None = None) -> None:
    """Have the questions of every sheet answered, one sheet after the other.

    `max_cost` in US dollars counts all sheets.

    Raises:
        Unfinished: it was interrupted, or questions are left without an answer.
        BudgetSpent: it would cost more.
        ProviderError, RunStopped: no request will be taken.
    """
    if not _left(sheets):
        # Without a key, for nothing is asked.
        return
    try:
        asyncio.run(_ask(model, sheets, max_cost))
    except KeyboardInterrupt:
        raise Unfinished(
            _("Interrupted; what was answered is kept, and the same command goes on from there.")
        ) from None
    if left := _left(sheets):
        raise Unfinished(
            _("{left} question(s) got no answer; the same command asks them again. {why}"),
            left=left,
            why=next((sheet.journal.failure for sheet in sheets if sheet.journal.failure), ""),
        )


def _left(sheets: Sequence[Sheet]) -> int:
    return sum(one.key not in sheet.journal for sheet in sheets for one in sheet.questions())


async def _ask(model: Model, sheets: Sequence[Sheet], max_cost: float | None) -> None:
    used = [used for sheet in sheets for used in (sheet.journal.usage, sheet.journal.assumed)]
    budget = Budget(model, max_cost, used)
    provider = open_provider(model, os.environ)
    try:
        for journal, questions in sheets:
            keys = [question.key for question in questions()]
            done = sum(key in journal for key in keys)
            with Bar(len(keys), done, budget.spent, priced=bool(model.price)) as bar:
                await Harness(model, provider, journal, budget, bar).run(questions())
    finally:
        await provider.close()
