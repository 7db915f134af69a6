"""The harness: so many questions at once, each answer kept, stopped where going on is no use."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Protocol, get_args

from evaluator.baselines.answering import answered, unanswered
from evaluator.baselines.budget import Budget
from evaluator.baselines.declaration import Model
from evaluator.baselines.journal import Answer, Journal
from evaluator.baselines.prompt import Asking
from evaluator.baselines.reply import Outcome, Provider, ProviderError, Temporary, Unfit, Usage
from evaluator.baselines.trying import Tally, Tries
from evaluator.errors import EvaluatorError
from evaluator.texts import _

# An outage, or a request that fits no question, must not be asked through every item.
FAILURES_IN_A_ROW = 16
UNFIT_AT_FIRST = 3


class RunStopped(EvaluatorError):
    """The run ends before its last question; what was answered is kept."""


class Progress(Protocol):
    """Is told of every answer, and what was spent until then."""

    def __call__(self, answer: Answer, spent: float) -> None: ...


class Harness:
    """Asks one model; `run` may be called again with other questions."""

    def __init__(
        self,
        model: Model,
        provider: Provider,
        journal: Journal,
        budget: Budget,
        progress: Progress,
    ) -> None:
        self._model = model
        self._tries = Tries(provider, model.pace)
        self._journal = journal
        self._budget = budget
        self._progress = progress
        self._failures = 0
        # Whether any request was ever replied to.
        self._heard = not journal.states.keys() <= {"skipped"}
        # Not taken by the provider: whether it is the question's fault, a reply to another tells.
        self._doubted: list[Answer] = []
        self._keeping: set[asyncio.Task[None]] = set()

    async def run(self, questions: Iterable[Asking]) -> None:
        """Answer every question that the journal has no answer to.

        Raises:
            RunStopped: the model failed too often in a row, or is another than declared.
            BudgetSpent: what is left does not suffice for the next request.
            ProviderError: no request will be taken.
            JournalError: answers cannot be kept.
        """
        waiting = iter(questions)
        try:
            async with asyncio.TaskGroup() as group:
                for _slot in range(self._model.pace.parallel):
                    group.create_task(self._work(waiting))
            await self._settle_doubted()
        except* EvaluatorError as errors:
            raise _first(errors) from None
        finally:
            # What came was paid for: it is kept however the run ends.
            await asyncio.gather(*self._keeping, return_exceptions=True)

    async def _work(self, waiting: Iterator[Asking]) -> None:
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        kept.set_result(None)
        for asking in waiting:
            if asking.key not in self._journal:
                answer = await self._answer(asking)
                if answer.state == "unfit":
                    self._doubt(answer)
                    continue
                # The disk has as long as the next answer takes.
                before, kept = kept, self._begin_keeping(answer)
                if answer.state in get_args(Outcome):
                    await self._settle_doubted()
                await asyncio.shield(before)
        await asyncio.shield(kept)

    def _begin_keeping(self, answer: Answer) -> asyncio.Task[None]:
        task = asyncio.create_task(self._keep(answer))
        self._keeping.add(task)
        task.add_done_callback(self._end_keeping)
        return task

    def _end_keeping(self, task: asyncio.Task[None]) -> None:
        self._keeping.discard(task)
        if not task.cancelled():
            # Looked at, since a slot that was stopped does not: asyncio would complain.
            task.exception()

    async def _keep(self, answer: Answer) -> None:
        declared = self._model.snapshot
        other = bool(declared and answer.model and answer.model != declared)
        # What another model said was paid for, but is no answer of this one.
        kept = answer.model_copy(update={"state": "failed"}) if other else answer
        await self._journal.append(kept)
        self._progress(kept, self._budget.spent)
        if other:
            raise RunStopped(
                _("The provider answered as {found}, not as the declared snapshot {declared}."),
                found=answer.model,
                declared=declared,
            )
        self._count_failures(kept)

    async def _answer(self, asking: Asking) -> Answer:
        if asking.pictures and not self._model.images:
            return unanswered(asking, "skipped", "the model takes no images")
        turns = asking.turns()
        # A token for every byte of the text, and as many tokens of answer as it may have.
        tally = Tally(Usage(asking.size, self._model.decoding.max_tokens))
        aside, used = await self._budget.begin(tally.most), Usage()
        try:
            asked = await self._tries.ask(turns, tally)
            used, self._heard = asked.reply.usage, True
            if used == Usage() and asked.reply.outcome != "filtered":
                tally.lost += 1
        except Temporary as error:
            failed = unanswered(asking, "failed", str(error), self._model.pace.tries)
            return failed.model_copy(update={"assumed": tally.assumed()})
        except Unfit as error:
            return unanswered(asking, "unfit", str(error), 1)
        finally:
            await self._budget.end(aside, used.plus(tally.assumed()))
        return answered(asking, asked, tally.assumed())

    def _doubt(self, answer: Answer) -> None:
        """Keep in mind that a request was not taken; stop where it is not the question's fault.

        Raises:
            RunStopped: too many in a row, of which nothing is kept.
        """
        self._doubted.append(answer)
        if len(self._doubted) >= (FAILURES_IN_A_ROW if self._heard else UNFIT_AT_FIRST):
            raise RunStopped(
                _(
                    "Stopped: {times} requests in a row were not taken. {why} Look at decoding, "
                    "at what the model takes, and at the account."
                ),
                times=len(self._doubted),
                why=answer.reason,
            )

    async def _settle_doubted(self) -> None:
        """Keep what was doubted as final, now that another question was replied to.

        Raises:
            RunStopped: none ever was.
        """
        if self._doubted and not self._heard:
            raise RunStopped(
                _("Stopped: the provider took no request. {why}"), why=self._doubted[-1].reason
            )
        doubted, self._doubted = self._doubted, []
        for task in [self._begin_keeping(answer) for answer in doubted]:
            await asyncio.shield(task)

    def _count_failures(self, answer: Answer) -> None:
        self._failures = self._failures + 1 if answer.state == "failed" else 0
        if self._failures >= FAILURES_IN_A_ROW:
            raise RunStopped(
                _("Stopped: {times} questions in a row got no answer, the last because: {why}"),
                times=self._failures,
                why=answer.reason,
            )


def _first(errors: ExceptionGroup[EvaluatorError]) -> EvaluatorError:
    """Return the error to show: one that a provider's refusal caused, if there is one."""
    found = list(errors.exceptions)
    told = [one for one in found if isinstance(one, ProviderError | RunStopped)]
    first = (told or found)[0]
    return first if isinstance(first, EvaluatorError) else _first(first)
