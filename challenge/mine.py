"""The tab of a team's own submissions: what it lists, shows, reveals and withdraws."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

import gradio as gr

from challenge import views
from challenge.desk import Desk
from challenge.events import Events
from challenge.identity import Caller
from challenge.labels import label, shown
from challenge.requests import caller_of, language_of_request
from evaluator.entry import Entry
from evaluator.errors import EvaluatorError
from evaluator.records import Record
from evaluator.texts import _

Variant = Literal["primary", "secondary", "stop"]


class Mine:
    """Builds the tab, and answers what people do in it."""

    def __init__(self, desk: Desk, events: Events) -> None:
        self._desk = desk
        self._events = events

    def build(self, token: gr.Textbox, quick: dict[str, Any]) -> None:
        """Lay the tab out; `quick` is how its events run."""
        with gr.Tab(label(_("My submissions"))) as tab:
            listed = shown("listed")
            with gr.Row(equal_height=True):
                asked = gr.Textbox(
                    label=label(_("Number of a submission")), max_lines=1, elem_id="asked", scale=4
                )
                show = gr.Button(label(_("Show")), scale=1)
            # Of the submission that is shown, not of the number that is being written.
            of = gr.State("")
            with gr.Row():
                reveal = _button(_("Reveal the name of this model"), "reveal")
                withdraw = _button(_("Withdraw this submission"), "withdraw")
            question = shown("question")
            with gr.Row():
                never_mind = _button(_("No, leave it as it is"), "never-mind")
                confirm = _button(_("Yes, reveal it for good"), "confirm", variant="primary")
                give_up = _button(_("Yes, delete it for good"), "give-up", variant="stop")
            found = shown("found")
        asking = [reveal, withdraw, question, never_mind, confirm, give_up]
        for asks in (show.click, asked.submit):
            asks(self.show, [asked, token], [found, of, *asking], **quick)
        reveal.click(self.ask, [of, token], asking, **quick)
        withdraw.click(self.ask_to_withdraw, [of, token], asking, **quick)
        never_mind.click(self.offer, [of, token], asking, **quick)
        confirm.click(self.reveal, [of, token], [found, listed, *asking], **quick)
        give_up.click(self.withdraw, [of, token], [found, listed, *asking], **quick)
        tab.select(self.list_mine, token, listed, **quick)

    def list_mine(self, token: str, request: gr.Request, profile: gr.OAuthProfile | None) -> str:
        """List the caller's submissions."""
        language = language_of_request(request)
        try:
            records = self._desk.of_team(caller_of(request, token, profile))
        except EvaluatorError as error:
            return views.failure(language, error)
        return views.submissions(language, records)

    def show(
        self, asked: str, token: str, request: gr.Request, profile: gr.OAuthProfile | None
    ) -> list[Any]:
        """Show the submission of a number; offer its own team what it may do with it."""
        caller = caller_of(request, token, profile)
        page = self._events.standing(asked, language_of_request(request), caller)
        return [page, asked, *self._offers(asked, caller)]

    def ask(
        self, shown: str, token: str, request: gr.Request, profile: gr.OAuthProfile | None
    ) -> list[Any]:
        """Say what revealing means before it is done."""
        caller = caller_of(request, token, profile)
        entry = self._hidden(shown, caller)
        if entry is None:
            return self._offers(shown, caller)
        question = views.reveal(language_of_request(request), entry)
        return [*_hide(2), question, *_show(2), *_hide(1)]

    def ask_to_withdraw(
        self, shown: str, token: str, request: gr.Request, profile: gr.OAuthProfile | None
    ) -> list[Any]:
        """Say what withdrawing means before it is done."""
        caller = caller_of(request, token, profile)
        record = self._removable(shown, caller)
        if record is None:
            return self._offers(shown, caller)
        return [
            *_hide(2),
            views.withdraw(language_of_request(request), record),
            *_show(1),
            *_hide(1),
            *_show(1),
        ]

    def offer(
        self, shown: str, token: str, request: gr.Request, profile: gr.OAuthProfile | None
    ) -> list[Any]:
        """Ask nothing any more."""
        return self._offers(shown, caller_of(request, token, profile))

    def reveal(
        self, shown: str, token: str, request: gr.Request, profile: gr.OAuthProfile | None
    ) -> list[Any]:
        """Reveal the shown submission's model, and show both it and the list anew."""
        return self._done(self._desk.reveal, shown, token, request, profile)

    def withdraw(
        self, shown: str, token: str, request: gr.Request, profile: gr.OAuthProfile | None
    ) -> list[Any]:
        """Withdraw the shown submission, and show what is left of it and the list anew."""
        return self._done(self._desk.withdraw, shown, token, request, profile)

    def _done(
        self,
        action: Callable[[str, Caller], None],
        shown: str,
        token: str,
        request: gr.Request,
        profile: gr.OAuthProfile | None,
    ) -> list[Any]:
        language = language_of_request(request)
        caller = caller_of(request, token, profile)
        try:
            action(shown, caller)
        except EvaluatorError as error:
            failed = views.failure(language, error)
            return [*[gr.skip()] * 4, failed, *[gr.skip()] * 3]
        page = self._events.standing(shown, language, caller)
        return [page, self.list_mine(token, request, profile), *self._offers(shown, caller)]

    def _offers(self, submission_id: str, caller: Caller) -> list[Any]:
        """Return the buttons as they are before anything is asked."""
        hidden = self._hidden(submission_id, caller) is not None
        own = self._removable(submission_id, caller) is not None
        return [gr.Button(visible=hidden), gr.Button(visible=own), "", *_hide(3)]

    def _hidden(self, submission_id: str, caller: Caller) -> Entry | None:
        """Return what an anonymous submission hides, None where the caller may not reveal it."""
        record = self._own(submission_id, caller)
        return record.submission.entry if record and record.submission.entry.pseudonym else None

    def _removable(self, submission_id: str, caller: Caller) -> Record | None:
        """Return a submission that the caller may still withdraw, None where that is not so."""
        record = self._own(submission_id, caller)
        return record if record and record.status != "withdrawn" else None

    def _own(self, submission_id: str, caller: Caller) -> Record | None:
        """Return a submission of the caller's team, None where it is none."""
        with suppress(EvaluatorError):
            record = self._desk.standing(submission_id).record
            if self._desk.is_own(record, caller):
                return record
        return None


def _button(sentence: str, name: str, variant: Variant = "secondary") -> gr.Button:
    return gr.Button(label(sentence), visible=False, size="md", variant=variant, elem_id=name)


def _hide(count: int) -> list[gr.Button]:
    return [gr.Button(visible=False) for _number in range(count)]


def _show(count: int) -> list[gr.Button]:
    return [gr.Button(visible=True) for _number in range(count)]
