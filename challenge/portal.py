"""The portal: Gradio pages through which people enter the challenge."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from challenge import views
from challenge.api import add_endpoints
from challenge.desk import Desk
from challenge.requests import caller_of, language_of_request
from challenge.uploads import Uploads
from evaluator.entry import read_entry
from evaluator.errors import EvaluatorError
from evaluator.problems import SubmissionRefused
from evaluator.store import Record
from evaluator.texts import LANGUAGES, Language, Sentence, _, catalogue, translate

TITLE = _("Open medical LLM challenge")
FOLLOW_SECONDS = 1.0
OPEN_STATES = ("queued", "scoring")
QUICK: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
SLOW: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": 4}
GONE = _("The upload was given up after a while without the page open; drop the file again.")


def build_portal(desk: Desk, uploads: Uploads) -> gr.Blocks:
    """Return the pages and the named endpoints of one server."""
    events = _Events(desk, uploads)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(30, 60)) as blocks:
        # First, so that no event of the pages takes an endpoint's name.
        add_endpoints(desk)
        _wire(blocks, _lay_out(desk), events)
    return blocks.queue(default_concurrency_limit=8)


def translations() -> gr.I18n:
    """Return every text of the catalogues for the parts that the browser translates."""
    sentences = catalogue("zh")
    texts = {
        language: {_key(sentence): translate(sentence, language) for sentence in sentences}
        for language in LANGUAGES
    }
    return gr.I18n(**{"en": texts["en"], "zh": texts["zh"], "zh-CN": texts["zh"]})


def theme() -> gr.themes.Base:
    """Return the portal's look; its fonts are those of the reader's system."""
    fonts = ["system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
    look = gr.themes.Default(
        primary_hue="teal",
        secondary_hue="teal",
        neutral_hue="slate",
        font=fonts,
        font_mono=["ui-monospace", "Consolas", "monospace"],
    )
    return look.set(
        body_background_fill="*neutral_50",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_title_text_weight="600",
        block_label_text_color="*neutral_700",
        input_border_color="*neutral_300",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_text_color="white",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
    )


def _key(sentence: str) -> str:
    # The browser's library reads dots in a key as a path.
    return "t" + hashlib.sha256(sentence.encode()).hexdigest()[:16]


def _text(sentence: str) -> Any:
    """Return a text that the browser shows in its own language."""
    return gr.I18n()(_key(sentence))


def _shown(name: str) -> gr.Markdown:
    """Return a place for what `views` makes.

    Markdown, because it lets HTML through (sanitised once more by the browser), while gr.HTML
    needs eval, which the content security policy forbids.
    """
    return gr.Markdown(elem_id=name, latex_delimiters=[])


@dataclass(frozen=True)
class _Page:
    """The components that events read and write."""

    header: gr.Markdown
    identity: gr.Row
    token: gr.Textbox
    track: gr.Dropdown
    phase: gr.Dropdown
    pack: gr.Markdown
    file: gr.File
    checked: gr.Markdown
    entry: tuple[gr.Textbox, gr.Textbox, gr.Radio, gr.Textbox]
    submit: gr.Button
    standing: gr.Markdown
    cancel: gr.Button
    asked: gr.Textbox
    show: gr.Button
    found: gr.Markdown
    mine: gr.Tab
    listed: gr.Markdown
    tracks: gr.Markdown
    guide: gr.Markdown
    held: gr.State
    followed: gr.Textbox
    pulse: gr.Timer


def _lay_out(desk: Desk) -> _Page:
    """Build the components in the order of the page."""
    parts: dict[str, Any] = {"header": _shown("header")}
    # Whether it is seen is said at each load: a token may be given while the server runs.
    with gr.Row(visible=False) as parts["identity"]:
        parts["token"] = gr.Textbox(
            label=_text(_("Submission token of your team")),
            type="password",
            max_lines=1,
            elem_id="token",
        )
    if desk.mode == "oauth":
        # Hidden: it brings the routes of the login, but its own click needs eval, which the
        # content security policy forbids. The header links to the routes.
        gr.LoginButton(visible=False)
    parts["held"] = gr.State("")
    parts["followed"] = gr.Textbox(visible=False)
    parts["pulse"] = gr.Timer(FOLLOW_SECONDS, active=False)
    with gr.Tabs():
        with gr.Tab(_text(_("Submit"))):
            parts |= _submit_tab(desk)
        with gr.Tab(_text(_("My submissions"))) as parts["mine"]:
            parts["listed"] = _shown("listed")
            with gr.Row(equal_height=True):
                parts["asked"] = gr.Textbox(
                    label=_text(_("Number of a submission")), max_lines=1, elem_id="asked", scale=4
                )
                parts["show"] = gr.Button(_text(_("Show")), scale=1)
            parts["found"] = _shown("found")
        with gr.Tab(_text(_("Tracks"))):
            parts["tracks"] = _shown("tracks")
        with gr.Tab(_text(_("How to submit"))):
            parts["guide"] = _shown("guide")
    return _Page(**parts)


def _submit_tab(desk: Desk) -> dict[str, Any]:
    first = next(iter(desk.challenge.tracks.values()))
    parts: dict[str, Any] = {}
    with gr.Row():
        parts["track"] = gr.Dropdown(
            _choices(desk, "en"), value=first.id, label=_text(_("Track")), elem_id="track"
        )
        parts["phase"] = gr.Dropdown(
            [phase.id for phase in first.phases],
            value=first.phases[0].id,
            label=_text(_("Phase")),
            elem_id="phase",
        )
    parts["pack"] = _shown("pack")
    parts["file"] = gr.File(
        label=_text(_("Predictions (.zip, .jsonl or .jsonl.gz)")), height=150, elem_id="predictions"
    )
    parts["checked"] = _shown("checked")
    with gr.Row():
        model = gr.Textbox(label=_text(_("Model")), max_lines=1, max_length=100, elem_id="model")
        organisation = gr.Textbox(
            label=_text(_("Organisation")), max_lines=1, max_length=100, elem_id="organisation"
        )
    with gr.Row():
        access = gr.Radio(
            [(_text(_("Closed weights")), "closed"), (_text(_("Open weights")), "open")],
            value="closed",
            label=_text(_("Access")),
            elem_id="access",
        )
        parameters = gr.Textbox(
            label=_text(_("Parameters (such as 7B; may stay empty)")),
            max_lines=1,
            max_length=20,
            elem_id="parameters",
        )
    parts["entry"] = (model, organisation, access, parameters)
    parts["submit"] = gr.Button(_text(_("Submit for scoring")), variant="primary", elem_id="submit")
    parts["standing"] = _shown("standing")
    parts["cancel"] = gr.Button(
        _text(_("Cancel this submission")), visible=False, size="sm", elem_id="cancel"
    )
    return parts


def _choices(desk: Desk, language: Language) -> list[tuple[str, str]]:
    return [(track.title.text(language), track.id) for track in desk.challenge.tracks.values()]


def _wire(blocks: gr.Blocks, page: _Page, events: _Events) -> None:
    """Connect what people do with what is answered."""
    place = [page.track, page.phase]
    recheck: dict[str, Any] = {
        "fn": events.recheck,
        "inputs": [page.held, *place],
        "outputs": page.checked,
        **SLOW,
    }
    blocks.load(
        events.load,
        None,
        [
            page.header,
            page.identity,
            *place,
            page.pack,
            page.tracks,
            page.guide,
            page.followed,
            page.standing,
            page.cancel,
            page.pulse,
        ],
        **QUICK,
    )
    page.track.input(events.choose_track, page.track, [page.phase, page.pack], **QUICK).then(
        **recheck
    )
    page.phase.input(events.choose_phase, place, page.pack, **QUICK).then(**recheck)
    page.file.upload(
        events.check, [page.file, page.held, *place], [page.checked, page.held, page.pulse], **SLOW
    )
    page.file.clear(events.clear, page.held, [page.checked, page.held], **QUICK)
    page.submit.click(
        events.submit,
        [page.held, *place, *page.entry, page.token],
        [
            page.standing,
            page.followed,
            page.cancel,
            page.held,
            page.file,
            page.checked,
            page.pulse,
        ],
        **SLOW,
    )
    page.pulse.tick(
        events.follow,
        [page.held, page.followed, page.token],
        [page.standing, page.cancel, page.pulse],
        **QUICK,
    )
    page.cancel.click(
        events.cancel, [page.followed, page.token], [page.standing, page.cancel], **QUICK
    )
    for asks in (page.show.click, page.asked.submit):
        asks(events.show, [page.asked, page.token], page.found, **QUICK)
    page.mine.select(events.list_mine, page.token, page.listed, **QUICK)


class _Events:
    """Answers what people do on the pages; what is said is made in `views`."""

    def __init__(self, desk: Desk, uploads: Uploads) -> None:
        self._desk = desk
        self._uploads = uploads

    def load(self, request: gr.Request, profile: gr.OAuthProfile | None) -> list[Any]:
        """Fill the page in the reader's language, with the submission named in its address."""
        language = language_of_request(request)
        desk = self._desk
        track = next(iter(desk.challenge.tracks.values()))
        followed = request.query_params.get("submission", "")
        standing = self._standing(followed, language) if followed else ""
        return [
            views.header(language, desk.mode, profile.username if profile else None),
            gr.Row(visible=desk.mode == "tokens"),
            gr.Dropdown(_choices(desk, language), value=track.id),
            self._phases(track.id, language),
            views.pack_link(language, track.id, track.phases[0].id),
            views.tracks(language, desk.challenge, desk.counts),
            views.guide(language, track, desk.settings.limits.upload_bytes // 1_000_000),
            followed,
            standing,
            gr.Button(visible=self._is_open(followed)),
            gr.Timer(active=bool(followed)),
        ]

    def choose_track(self, track_id: str, request: gr.Request) -> list[Any]:
        """Offer the track's phases and the first one's question pack."""
        language = language_of_request(request)
        first = self._desk.challenge.track(track_id).phases[0].id
        return [self._phases(track_id, language), views.pack_link(language, track_id, first)]

    def choose_phase(self, track_id: str, phase_id: str, request: gr.Request) -> str:
        """Offer the phase's question pack."""
        return views.pack_link(language_of_request(request), track_id, phase_id)

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
        token: str,
        request: gr.Request,
        profile: gr.OAuthProfile | None,
    ) -> list[Any]:
        """Store and queue the dropped file, and follow it from then on."""
        language = language_of_request(request)
        upload = self._uploads.take(held)
        if upload is None:
            sentence = Sentence(GONE if held else _("Drop a prediction file first."))
            return [views.failure(language, sentence), *[gr.skip()] * 2, "", *[gr.skip()] * 3]
        try:
            entry = read_entry(model, organisation, access, parameters)
            caller = caller_of(request, token, profile)
            key = self._desk.submit(upload.path, upload.name, track_id, phase_id, entry, caller)
        except EvaluatorError as error:
            self._uploads.put_back(held, upload)
            shown = (
                views.refusal(language, error)
                if isinstance(error, SubmissionRefused)
                else views.failure(language, error)
            )
            return [shown, *[gr.skip()] * 2, held, *[gr.skip()] * 3]
        upload.path.unlink(missing_ok=True)
        cancel = gr.Button(visible=True)
        return [self._standing(key, language), key, cancel, "", None, "", gr.Timer(active=True)]

    def cancel(
        self, followed: str, token: str, request: gr.Request, profile: gr.OAuthProfile | None
    ) -> list[Any]:
        """Withdraw the followed submission before it is scored."""
        language = language_of_request(request)
        try:
            self._desk.cancel(followed, caller_of(request, token, profile))
        except EvaluatorError as error:
            return [views.failure(language, error), gr.skip()]
        return [self._standing(followed, language), gr.Button(visible=False)]

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
        caller = None if open_still else caller_of(request, token, profile)
        shown = self._standing(followed, language, caller)
        return [shown, gr.Button(visible=open_still), gr.Timer(active=bool(waiting) or open_still)]

    def show(
        self, asked: str, token: str, request: gr.Request, profile: gr.OAuthProfile | None
    ) -> str:
        """Show the submission of a number."""
        return self._standing(
            asked, language_of_request(request), caller_of(request, token, profile)
        )

    def list_mine(self, token: str, request: gr.Request, profile: gr.OAuthProfile | None) -> str:
        """List the caller's submissions."""
        language = language_of_request(request)
        try:
            team = self._desk.team(caller_of(request, token, profile))
        except EvaluatorError as error:
            return views.failure(language, error)
        records: list[Record] = self._desk.store.of_team(team)
        return views.submissions(language, records)

    def _phases(self, track_id: str, language: Language) -> gr.Dropdown:
        phases = self._desk.challenge.track(track_id).phases
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

    def _standing(self, submission_id: str, language: Language, caller: Any = None) -> str:
        try:
            found = self._desk.standing(submission_id)
            track = self._desk.challenge.track(found.record.submission.track)
            items = self._desk.items_if_allowed(found, caller) if caller else None
            return views.standing(language, found, track, items)
        except EvaluatorError as error:
            return views.failure(language, error)
