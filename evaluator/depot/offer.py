"""Offering one model's repository its results: one file, by pull request.

Nothing is remembered here. What is wanted is compared with what the Hub shows, so that whoever was
killed, refused or late looks again and goes on, and nothing is offered twice.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from evaluator.depot.eval_results import ResultsFile
from evaluator.depot.model_repository import ModelRepository, PullRequest, Version
from evaluator.depot.push import trying
from evaluator.depot.repository import Conflict
from evaluator.texts import LANGUAGES, Sentence, _

if TYPE_CHECKING:
    from huggingface_hub import EvalResultEntry

ROUNDS = 8
LONGEST_TITLE = 150

OFFERED = _(
    "This adds what the public board of {benchmark} says of this model; the file names its source. "
    "Answers came from whoever entered the model there. Merge it to show the scores on the model's "
    "page, or close it: then it is not opened again. While it is open it follows the board."
)
CHANGED = _("The board changed: {differences}.")
WITHDRAWN = _("The entry was taken from the board, so this is withdrawn.")
NEEDLESS = _("The file says so already.")
DOUBLE = _("Another pull request offers the same.")
OUTDATED = _("The file was changed meanwhile; a new pull request follows.")


class Step(NamedTuple):
    """One thing to be done on the Hub, and how it is told."""

    told: Sentence
    do: Callable[[], None]


class Offer(NamedTuple):
    """What one model's repository is to hold of ours: these entries in this file, or none."""

    repository: ModelRepository
    file: ResultsFile
    wanted: Sequence[EvalResultEntry]

    def steps(self) -> list[Step]:
        """Return what has to be done now, as the Hub stands.

        Raises:
            Busy, Refused: the Hub cannot be read, or the file is no list of results.
        """
        main, requests = self.repository.version(), self.repository.requests()
        opened = [one for one in requests if one.is_open]
        target = self.file.renewed(main.content, self.wanted)
        if target == main.content:
            why = NEEDLESS if self.wanted else WITHDRAWN
            return [self._close(one, why) for one in opened]
        if opened:
            first, *later = opened
            return [*(self._close(one, DOUBLE) for one in later), *self._renew(first, main, target)]
        return [] if self._is_declined(main, requests) else [self._open(main, target)]

    def push(self) -> None:
        """Do what has to be done until nothing is left.

        Raises:
            Refused: the repository takes no pull request of ours.
            Busy, Conflict: it could not be done after many tries.
        """
        for _round in range(ROUNDS):
            if not trying()(self._do):
                return
        raise Conflict(_("{name} was changed meanwhile."), name=self.repository.name)

    def _do(self) -> int:
        steps = self.steps()
        for step in steps:
            step.do()
        return len(steps)

    def _renew(self, request: PullRequest, main: Version, target: bytes | None) -> list[Step]:
        """Return what lets an open pull request say what is wanted, and say so."""
        history = self.repository.history(request)
        if history.conflicts:
            return [self._close(request, OUTDATED), self._open(main, target)]
        there = self.repository.version(request.ref)
        content = self.file.renewed(there.content, self.wanted)
        if content != there.content:
            return [self._commit(request, there, content)]
        return [self._comment(request, history.unsaid)] if history.unsaid else []

    def _is_declined(self, main: Version, requests: Sequence[PullRequest]) -> bool:
        """Whether the owner has decided already; what we closed ourselves was no decision.

        Where the file has nothing of ours, one refusal is for good, and so is taking out what was
        merged. Where it has, only what was refused is not offered again.
        """
        for one in reversed(requests):
            if one.is_merged:
                offered = self.file.ours(self.repository.version(one.ref).content)
                return bool(self.wanted and offered) and not self.file.ours(main.content)
            if self.repository.history(one).refused:
                there = self.repository.version(one.ref).content
                same = self.file.renewed(there, self.wanted) == there
                return same or not self.file.ours(main.content)
        return False

    def _open(self, main: Version, target: bytes | None) -> Step:
        told = Sentence(_("{change} (pull request)"), {"change": self._change(main, target)})
        text = _bilingual(OFFERED if self.wanted else WITHDRAWN, benchmark=self.file.benchmark)
        return Step(told, lambda: self.repository.offer(target, main.commit, text))

    def _commit(self, request: PullRequest, there: Version, content: bytes | None) -> Step:
        differences = ", ".join(self.file.differences(there.content, self.wanted))
        short = textwrap.shorten(differences, LONGEST_TITLE, placeholder=" …")
        return Step(
            self._told(_("{change} (pull request {number})"), request, there, content),
            lambda: self.repository.renew(request, content, there.commit, short),
        )

    def _comment(self, request: PullRequest, differences: str) -> Step:
        return Step(
            self._told(_("{change} (comment on pull request {number})"), request),
            lambda: self.repository.comment(request, _bilingual(CHANGED, differences=differences)),
        )

    def _close(self, request: PullRequest, why: str) -> Step:
        return Step(
            self._told(_("{change} (pull request {number} is closed)"), request),
            lambda: self.repository.close(request, _bilingual(why)),
        )

    def _told(
        self,
        template: str,
        request: PullRequest,
        there: Version | None = None,
        content: bytes | None = None,
    ) -> Sentence:
        change = self._change(there, content) if there else f"= {self._place}"
        return Sentence(template, {"change": change, "number": request.number})

    def _change(self, there: Version, content: bytes | None) -> str:
        sign = "-" if content is None else "+" if there.content is None else "~"
        return f"{sign} {self._place}"

    @property
    def _place(self) -> str:
        return f"{self.repository.name}/{self.file.path}"


def _bilingual(template: str, **values: object) -> str:
    """Return a text for the Hub, whose readers choose no language, in all of ours."""
    return "\n\n".join(Sentence(template, values).text(language) for language in LANGUAGES[::-1])
