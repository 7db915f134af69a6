"""The portal: Gradio pages through which people enter the challenge."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import gradio as gr

from challenge.api import add_endpoints
from challenge.desk import Desk
from challenge.events import Events, choices
from challenge.uploads import Uploads
from evaluator.texts import LANGUAGES, _, catalogue, translate

TITLE = _("Open medical LLM challenge")
FOLLOW_SECONDS = 1.0
QUICK: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
SLOW: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": 4}


def build_portal(desk: Desk, uploads: Uploads) -> gr.Blocks:
    """Return the pages and the named endpoints of one server."""
    events = Events(desk, uploads)
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
    window: gr.Markdown
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
    page: gr.Markdown
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
    parts |= _chooser(desk)
    with gr.Tabs():
        with gr.Tab(_text(_("Submit"))):
            parts |= _submit_tab()
        with gr.Tab(_text(_("My submissions"))) as parts["mine"]:
            parts["listed"] = _shown("listed")
            with gr.Row(equal_height=True):
                parts["asked"] = gr.Textbox(
                    label=_text(_("Number of a submission")), max_lines=1, elem_id="asked", scale=4
                )
                parts["show"] = gr.Button(_text(_("Show")), scale=1)
            parts["found"] = _shown("found")
        with gr.Tab(_text(_("Track"))):
            parts["page"] = _shown("page")
        with gr.Tab(_text(_("How to submit"))):
            parts["guide"] = _shown("guide")
    return _Page(**parts)


def _chooser(desk: Desk) -> dict[str, Any]:
    """Build the choice of track and phase, which all tabs are about."""
    first = next(iter(desk.challenge.tracks.values()))
    parts: dict[str, Any] = {}
    with gr.Row():
        parts["track"] = gr.Dropdown(
            choices(desk.challenge, "en"), value=first.id, label=_text(_("Track")), elem_id="track"
        )
        parts["phase"] = gr.Dropdown(
            [phase.id for phase in first.entered],
            value=first.entered[0].id,
            label=_text(_("Phase")),
            elem_id="phase",
        )
    return parts


def _submit_tab() -> dict[str, Any]:
    parts: dict[str, Any] = {"window": _shown("window")}
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


def _wire(blocks: gr.Blocks, page: _Page, events: Events) -> None:
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
            page.window,
            page.page,
            page.guide,
            page.followed,
            page.standing,
            page.cancel,
            page.pulse,
        ],
        **QUICK,
    )
    page.track.input(
        events.choose_track,
        [page.track, page.token],
        [page.phase, page.window, page.page, page.guide],
        **QUICK,
    ).then(**recheck)
    page.phase.input(events.choose_phase, [*place, page.token], page.window, **QUICK).then(
        **recheck
    )
    page.token.blur(events.choose_phase, [*place, page.token], page.window, **QUICK)
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
            page.window,
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
        events.cancel,
        [page.followed, *place, page.token],
        [page.standing, page.cancel, page.window],
        **QUICK,
    )
    for asks in (page.show.click, page.asked.submit):
        asks(events.show, [page.asked, page.token], page.found, **QUICK)
    page.mine.select(events.list_mine, page.token, page.listed, **QUICK)
