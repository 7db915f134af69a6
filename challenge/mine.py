"""The tab of a team's own submissions: what it lists, shows and reveals."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import gradio as gr

from challenge import views
from challenge.desk import Desk
from challenge.events import Events
from challenge.identity import Caller
from challenge.labels import label, shown
from challenge.requests import caller_of, language_of_request
from evaluator.entry import Entry
from evaluator.errors import EvaluatorError
from evaluator.texts import _


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
            reveal = gr.Button(
                label(_("Reveal the name of this model")),
                visible=False,
                size="md",
                elem_id="reveal",
            )
            question = shown("question")
            confirm = gr.Button(
                label(_("Yes, reveal it for good")),
                visible=False,
                size="md",
                variant="primary",
                elem_id="confirm",
            )
            found = shown("found")
        for asks in (show.click, asked.submit):
            asks(self.show, [asked, token], [found, of, reveal, question, confirm], **quick)
        reveal.click(self.ask, [of, token], [reveal, question, confirm], **quick)
        confirm.click(self.reveal, [of, token], [found, listed, question, confirm], **quick)
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
        """Show the submission of a number; offer its own team to reveal it if it is anonymous."""
        caller = caller_of(request, token, profile)
        page = self._events.standing(asked, language_of_request(request), caller)
        hidden = self._hidden(asked, caller) is not None
        return [page, asked, gr.Button(visible=hidden), "", gr.Button(visible=False)]

    def ask(
        self, shown: str, token: str, request: gr.Request, profile: gr.OAuthProfile | None
    ) -> list[Any]:
        """Say what revealing means before it is done."""
        entry = self._hidden(shown, caller_of(request, token, profile))
        question = views.reveal(language_of_request(request), entry) if entry else ""
        return [gr.Button(visible=False), question, gr.Button(visible=bool(entry))]

    def reveal(
        self, shown: str, token: str, request: gr.Request, profile: gr.OAuthProfile | None
    ) -> list[Any]:
        """Reveal the shown submission's model, and show both it and the list anew."""
        language = language_of_request(request)
        caller = caller_of(request, token, profile)
        try:
            self._desk.reveal(shown, caller)
        except EvaluatorError as error:
            return [gr.skip(), gr.skip(), views.failure(language, error), gr.skip()]
        page = self._events.standing(shown, language, caller)
        return [page, self.list_mine(token, request, profile), "", gr.Button(visible=False)]

    def _hidden(self, submission_id: str, caller: Caller) -> Entry | None:
        """Return what an anonymous submission hides, None where the caller may not reveal it."""
        with suppress(EvaluatorError):
            record = self._desk.standing(submission_id).record
            if record.submission.entry.pseudonym and self._desk.is_own(record, caller):
                return record.submission.entry
        return None
