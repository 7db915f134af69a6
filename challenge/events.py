"""What the portal answers when people do something on its pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from challenge import views
from challenge.desk import Desk
from challenge.identity import Caller
from challenge.requests import caller_of, language_of_request
from challenge.single_items import single_items_if_allowed
from challenge.uploads import Uploads
from evaluator.challenge import Challenge
from evaluator.entry import read_entry
from evaluator.errors import EvaluatorError
from evaluator.problems import SubmissionRefused
from evaluator.texts import Language, Sentence, _

OPEN_STATES = ("queued", "scoring")
GONE = _("The upload was given up after a while without the page open; drop the file again.")


class Events:
    """Answers what people do on the pages; what is said is made in `views`."""

    def __init__(self, desk: Desk, uploads: Uploads) -> None:
        self._desk = desk
        self._uploads = uploads

    def load(self, request: gr.Request, profile: gr.OAuthProfile | None) -> list[Any]:
        """Fill the page in the reader's language, for the track and submission in its address."""
        language = language_of_request(request)
        desk = self._desk
        tracks = desk.challenge.tracks
        asked = request.query_params.get("track", "")
        track = tracks[asked] if asked in tracks else next(iter(tracks.values()))
        caller = caller_of(request, "", profile)
        followed = request.query_params.get("submission", "")
        standing = self.standing(followed, language, caller) if followed else ""
        return [
            views.header(language, desk.mode, profile.username if profile else None),
            gr.Row(visible=desk.mode == "tokens"),
            gr.Dropdown(choices(desk.challenge, language), value=track.id),
            self._phases(track.id, language),
            self._window(track.id, track.entered[0].id, caller, language),
            *self._pages(track.id, caller, language),
            followed,
            standing,
            gr.Button(visible=self._is_open(followed)),
            gr.Timer(active=bool(followed)),
        ]

    def choose_track(
        self, track_id: str, token: str, request: gr.Request, profile: gr.OAuthProfile | None
    ) -> list[Any]:
        """Offer the track's phases, how the first one stands, and the track's page."""
        language = language_of_request(request)
        first = self._desk.challenge.track(track_id).entered[0].id
        caller = caller_of(request, token, profile)
        return [
            self._phases(track_id, language),
            self._window(track_id, first, caller, language),
            *self._pages(track_id, caller, language),
        ]

    def choose_phase(
        self,
        track_id: str,
        phase_id: str,
        token: str,
        request: gr.Request,
        profile: gr.OAuthProfile | None,
    ) -> str:
        """Say how the phase stands, and what is left of the team's quota."""
        caller = caller_of(request, token, profile)
        return self._window(track_id, phase_id, caller, language_of_request(request))

    def check(
        self, file: str, held: str, track_id: str, phase_id: str, request: gr.Request
    ) -> list[Any]:
        """Take a dropped file out of the cache and say everything that is wrong with it."""
        self._uploads.drop(held)
        key = self._uploads.hold(Path(file))
        return [self._report(key, track_id, phase_id, request), key, gr.Timer(active=True)]

    def recheck(self, held: str, track_id: str, phase_id: str, request: gr.Request) -> str:
        """Check the file that was dropped before against another track or phase."""
        return self._report(held, track_id, phase_id, request) if held else ""

    def clear(self, held: str) -> list[Any]:
        """Forget a dropped file."""
        self._uploads.drop(held)
        return ["", ""]

    def submit(
        self,
        held: str,
        track_id: str,
        phase_id: str,
        model: str,
        organisation: str,
        access: str,
        parameters: str,
        released: str,
        anonymous: bool,
        repository: str,
        shared: bool,
        token: str,
        request: gr.Request,
        profile: gr.OAuthProfile | None,
    ) -> list[Any]:
        """Store and queue the dropped file, and follow it from then on."""
        language = language_of_request(request)
        upload = self._uploads.take(held)
        if upload is None:
            sentence = Sentence(GONE if held else _("Drop a prediction file first."))
            return [views.failure(language, sentence), *[gr.skip()] * 2, "", *[gr.skip()] * 4]
        try:
            entry = read_entry(
                model,
                organisation,
                access,
                parameters,
                released=released,
                anonymous=anonymous,
                repository=repository,
            )
            caller = caller_of(request, token, profile)
            file = (upload.path, upload.name)
            key = self._desk.submit(*file, track_id, phase_id, entry, caller, shared=shared)
        except EvaluatorError as error:
            self._uploads.put_back(held, upload)
            shown = (
                views.refusal(language, error)
                if isinstance(error, SubmissionRefused)
                else views.failure(language, error)
            )
            return [shown, *[gr.skip()] * 2, held, *[gr.skip()] * 4]
        upload.path.unlink(missing_ok=True)
        cancel = gr.Button(visible=True)
        window = self._window(track_id, phase_id, caller, language)
        pulse = gr.Timer(active=True)
        return [self.standing(key, language, caller), key, cancel, "", None, "", pulse, window]

    def cancel(
        self,
        followed: str,
        track_id: str,
        phase_id: str,
        token: str,
        request: gr.Request,
        profile: gr.OAuthProfile | None,
    ) -> list[Any]:
        """Withdraw the followed submission before it is scored."""
        language = language_of_request(request)
        caller = caller_of(request, token, profile)
        try:
            self._desk.cancel(followed, caller)
        except EvaluatorError as error:
            return [views.failure(language, error), gr.skip(), gr.skip()]
        window = self._window(track_id, phase_id, caller, language)
        return [self.standing(followed, language, caller), gr.Button(visible=False), window]

    def follow(
        self,
        held: str,
        followed: str,
        token: str,
        request: gr.Request,
        profile: gr.OAuthProfile | None,
    ) -> list[Any]:
        """Keep a dropped file while its page is open, and show how the scoring goes on."""
        waiting = held and self._uploads.get(held) is not None
        if not followed:
            return [gr.skip(), gr.skip(), gr.Timer(active=bool(waiting))]
        language = language_of_request(request)
        open_still = self._is_open(followed)
        shown = self.standing(followed, language, caller_of(request, token, profile))
        return [shown, gr.Button(visible=open_still), gr.Timer(active=bool(waiting) or open_still)]

    def standing(self, submission_id: str, language: Language, caller: Caller) -> str:
        """Show where a submission stands, to its own team with single items and under its name."""
        try:
            found = self._desk.standing(submission_id)
            record = found.record.submission
            track = self._desk.challenge.track(record.track)
            items = single_items_if_allowed(self._desk, found, caller)
            images = self._desk.library.images(track.id, record.phase) if items else None
            own = self._desk.is_own(found.record, caller)
            return views.standing(language, found, track, items, images, own=own)
        except EvaluatorError as error:
            return views.failure(language, error)

    def _window(self, track_id: str, phase_id: str, caller: Caller, language: Language) -> str:
        found = self._desk.window(track_id, phase_id, caller)
        return views.window(language, self._desk.challenge.track(track_id), found)

    def _pages(self, track_id: str, caller: Caller, language: Language) -> list[str]:
        """Return the track's page, and how to submit to it."""
        description = self._desk.library.describe(track_id)
        phases = description.track.phases
        windows = [self._desk.window(track_id, phase.id, caller) for phase in phases]
        limit = self._desk.settings.limits.upload_bytes // 1_000_000
        return [
            views.track(language, self._desk.challenge, description, windows),
            views.guide(language, description.track, limit),
        ]

    def _phases(self, track_id: str, language: Language) -> gr.Dropdown:
        phases = self._desk.challenge.track(track_id).entered
        choices = [(phase.title.text(language), phase.id) for phase in phases]
        return gr.Dropdown(choices, value=phases[0].id)

    def _report(self, key: str, track_id: str, phase_id: str, request: gr.Request) -> str:
        language = language_of_request(request)
        upload = self._uploads.get(key)
        if upload is None:
            return views.failure(language, Sentence(GONE))
        try:
            reading = self._desk.validate(upload.path, upload.name, track_id, phase_id)
        except SubmissionRefused as refused:
            return views.refusal(language, refused)
        except EvaluatorError as error:
            return views.failure(language, error)
        return views.report(language, reading)

    def _is_open(self, submission_id: str) -> bool:
        try:
            return self._desk.standing(submission_id).record.status in OPEN_STATES
        except EvaluatorError:
            return False


def choices(challenge: Challenge, language: Language) -> list[tuple[str, str]]:
    """Return title and id of each track."""
    return [(track.title.text(language), track.id) for track in challenge.tracks.values()]
