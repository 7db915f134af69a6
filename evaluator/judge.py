"""LLM judge of open answers: rubric points, clipped at 0 (Arora et al. 2025, arXiv 2505.08775).

>>> import numpy as np
>>> totals = np.array([[1.5, 2.0, 4.0], [0.0, 0.0, 4.0]])  # sum of grades, judged, items
>>> {name: value.tolist() for name, value in aggregate(totals).items()}
{'score': [0.75, nan], 'judged_share': [0.5, 0.0], 'at_least': [0.375, 0.0]}
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from evaluator.answers import LONGEST_TEXT, final_answer
from evaluator.dataset import Dataset
from evaluator.items import AnsweredItem
from evaluator.judge_prompt import (
    PROMPT_HASH,
    JudgeError,
    Verdict,
    grade,
    messages,
    points_of,
    read_verdicts,
)
from evaluator.judge_server import JudgeServer, Reply
from evaluator.metrics.metric import Array, Reading, Statistic, ratio
from evaluator.settings import JudgeSettings
from evaluator.texts import Sentence, _

if TYPE_CHECKING:
    from openai import AsyncOpenAI


State = Literal["judged", "unanswered", "too_long", "failed"]
DatasetState = Literal["judged", "partly_judged", "failed", "not_configured"]

TOO_LONG = _("The answer has {length} characters; the judge reads at most {limit}, so it gets 0.")
NOTHING_TO_JUDGE_BY = _("The reference has neither a key point nor a sentence to judge by.")


class JudgeMetric(NamedTuple):
    """A metric whose statistics need a Judge; stored rows are aggregated without one."""

    name: str
    version: int
    title: str
    paper: str
    limits: str
    columns: tuple[str, ...]
    aggregate: Callable[[Array], Mapping[str, Array]]


def aggregate(totals: Array) -> Mapping[str, Array]:
    """Return the mean grade of the judged items, their share, and what is certain.

    Totals are of shape (..., 3): the sum of grades, judged items, items. The score is NaN where
    nothing was judged. `at_least` counts every item that was not as 0: nobody gains in it by an
    answer that makes the judge fail.
    """
    grades, judged, items = totals[..., 0], totals[..., 1], totals[..., -1]
    return {
        "score": np.where(judged > 0, ratio(grades, judged), np.nan),
        "judged_share": ratio(judged, items),
        "at_least": ratio(grades, items),
    }


JUDGE = JudgeMetric(
    name="judge",
    version=1,
    title=_("LLM judge"),
    paper="Arora et al. 2025, arXiv 2505.08775",
    limits=_("A model's opinion: it errs, favours its own kind, and can be talked round."),
    columns=("grade", "judged"),
    aggregate=aggregate,
)


def dataset_state(judged_share: float | None) -> DatasetState:
    """Return how far a dataset was judged; the share is None where there is no judge."""
    if judged_share is None:
        return "not_configured"
    if judged_share == 0:
        return "failed"
    return "judged" if judged_share == 1 else "partly_judged"


@dataclass(frozen=True)
class Judgement:
    """One item's grade in [0, 1] with the verdicts behind it; None where judging failed."""

    state: State
    grade: float | None = None
    reason: Sentence | None = None
    verdicts: tuple[Verdict, ...] = ()
    reply: Reply | None = None

    def statistic(self, item: str) -> Statistic:
        """Return the row of JUDGE: the grade, and 1 where the item counts as judged."""
        reading: Reading = "unanswered" if self.state == "unanswered" else "read"
        judged = self.grade is not None
        return Statistic(item, (self.grade or 0.0, float(judged)), self._extracted(), reading)

    def _extracted(self) -> dict[str, object]:
        reason = self.reason
        return {
            "state": self.state,
            "grade": self.grade,
            "reason": reason and {"zh": reason.text("zh"), "en": reason.text("en")},
            "verdicts": [verdict._asdict() for verdict in self.verdicts],
            "model": self.reply.model if self.reply else None,
            "request": self.reply.request if self.reply else None,
        }


class Judge:
    """Has a language model grade answers; what it cannot grade is said, never scored."""

    def __init__(self, settings: JudgeSettings) -> None:
        self._settings = settings
        self._server = JudgeServer(settings)

    @property
    def signature(self) -> str:
        """Return what makes its grades comparable: judge|version|model|prompt."""
        return f"{JUDGE.name}|v{JUDGE.version}|{self._settings.model}|prompt:{PROMPT_HASH}"

    def statistics(self, items: Sequence[AnsweredItem], dataset: Dataset) -> list[Statistic]:
        """Return one row of JUDGE an item, in order; the first copy of an item is judged.

        To be called where no event loop runs.
        """
        judged = asyncio.run(self._judge_all(items))
        return [found.statistic(item.id) for item, found in zip(items, judged, strict=True)]

    async def _judge_all(self, items: Sequence[AnsweredItem]) -> list[Judgement]:
        turns = asyncio.Semaphore(self._settings.parallel)
        async with self._server.client() as client:
            return await asyncio.gather(*(self._judge(client, turns, item) for item in items))

    async def _judge(
        self, client: AsyncOpenAI, turns: asyncio.Semaphore, item: AnsweredItem
    ) -> Judgement:
        answer = final_answer(item.answers[0] or "").strip()
        if not answer:
            return Judgement("unanswered", 0.0)
        if len(answer) > LONGEST_TEXT:
            sentence = Sentence(TOO_LONG, {"length": len(answer), "limit": LONGEST_TEXT})
            return Judgement("too_long", 0.0, sentence)
        points = points_of(item.references[0])
        if not points:
            return Judgement("failed", reason=Sentence(NOTHING_TO_JUDGE_BY))
        reply = None
        try:
            async with turns:
                reply = await self._server.ask(client, messages(item.questions[0], points, answer))
            verdicts = read_verdicts(reply.text, points, answer)
        except JudgeError as error:
            return Judgement("failed", reason=error.sentence, reply=reply)
        return Judgement("judged", grade(verdicts), None, verdicts, reply)
