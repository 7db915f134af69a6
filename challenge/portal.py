"""The portal: Gradio pages through which people enter the challenge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from challenge.api import add_endpoints
from challenge.desk import Desk
from challenge.events import Events, choices
from challenge.form import entry_form
from challenge.labels import label, shown
from challenge.mine import Mine
from challenge.uploads import Uploads
from evaluator.texts import _

TITLE = _("Open medical LLM challenge")
FOLLOW_SECONDS = 1.0
QUICK: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
SLOW: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": 4}


def build_portal(desk: Desk, uploads: Uploads) -> gr.Blocks:
    """Return the pages and the named endpoints of one server."""
    events = Events(desk, uploads)
    with _Pages(title=TITLE, analytics_enabled=False, delete_cache=(30, 60)) as blocks:
        # First, so that no event of the pages takes an endpoint's name.
        add_endpoints(desk)
        _wire(blocks, _lay_out(desk, Mine(desk, events)), events)
    return blocks.queue(default_concurrency_limit=8)


class _Pages(gr.Blocks):
    """Blocks that take what a caller leaves out at the end as it stands in the component.

    gradio_client does so by itself; a program that posts a list of values would be refused as soon
    as an endpoint takes one more.
    """

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *more: Any) -> Any:
        """Return the values that a function is called with."""
        left_out = [component.value for component in block_fn.inputs[len(inputs) :]]
        return await super().preprocess_data(block_fn, [*inputs, *left_out], *more)


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
    entry: list[Component]
    submit: gr.Button
    standing: gr.Markdown
    cancel: gr.Button
    page: gr.Markdown
    guide: gr.Markdown
    held: gr.State
    followed: gr.Textbox
    pulse: gr.Timer


def _lay_out(desk: Desk, mine: Mine) -> _Page:
    """Build the components in the order of the page."""
    parts: dict[str, Any] = {"header": shown("header")}
    # Whether it is seen is said at each load: a token may be given while the server runs.
    with gr.Row(visible=False) as parts["identity"]:
        parts["token"] = gr.Textbox(
            label=label(_("Submission token of your team")),
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
        with gr.Tab(label(_("Submit"))):
            parts |= _submit_tab()
        mine.build(parts["token"], QUICK)
        with gr.Tab(label(_("Track"))):
            parts["page"] = shown("page")
        with gr.Tab(label(_("How to submit"))):
            parts["guide"] = shown("guide")
    return _Page(**parts)


def _chooser(desk: Desk) -> dict[str, Any]:
    """Build the choice of track and phase, which all tabs are about."""
    first = next(iter(desk.challenge.tracks.values()))
    parts: dict[str, Any] = {}
    with gr.Row():
        parts["track"] = gr.Dropdown(
            choices(desk.challenge, "en"), value=first.id, label=label(_("Track")), elem_id="track"
        )
        parts["phase"] = gr.Dropdown(
            [phase.id for phase in first.entered],
            value=first.entered[0].id,
            label=label(_("Phase")),
            elem_id="phase",
        )
    return parts


def _submit_tab() -> dict[str, Any]:
    parts: dict[str, Any] = {"window": shown("window")}
    parts["file"] = gr.File(
        label=label(_("Predictions (.zip, .jsonl or .jsonl.gz)")), height=150, elem_id="predictions"
    )
    parts["checked"] = shown("checked")
    parts["entry"] = entry_form()
    parts["submit"] = gr.Button(label(_("Submit for scoring")), variant="primary", elem_id="submit")
    parts["standing"] = shown("standing")
    parts["cancel"] = gr.Button(
        label(_("Cancel this submission")), visible=False, size="sm", elem_id="cancel"
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
