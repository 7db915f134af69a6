"""The form in which a team says what model it submits."""

from __future__ import annotations

import gradio as gr
from gradio.components import Component

from challenge.labels import label
from evaluator.texts import _


def entry_form() -> list[Component]:
    """Build the form; return what it asks for, in the order of `Events.submit`."""
    with gr.Row():
        model = _line(_("Model"), "model", 100)
        organisation = _line(_("Organisation"), "organisation", 100)
    with gr.Row():
        access = gr.Radio(
            [(label(_("Closed weights")), "closed"), (label(_("Open weights")), "open")],
            value="closed",
            label=label(_("Access")),
            elem_id="access",
        )
        parameters = _line(_("Parameters (such as 7B; may stay empty)"), "parameters", 20)
    with gr.Row():
        released = _line(_("Model released (YYYY-MM-DD; may stay empty)"), "released", 10)
        anonymous = gr.Checkbox(
            label=label(_("Show on the board under a pseudonym")),
            info=label(
                _(
                    "Hides the model's name, the organisation, the size, the date and the "
                    "repository from everybody but your team and the maintainers. Your team can "
                    "reveal them later."
                )
            ),
            elem_id="anonymous",
        )
    with gr.Row():
        repository = _line(_("Hub repository (OWNER/NAME; may stay empty)"), "repository", 200)
        shared = gr.Checkbox(
            label=label(_("Publish my predictions with the results")),
            info=label(
                _(
                    "Everybody can download your model's answer to every item under the licence of "
                    "the results: after the end of a phase with hidden references, else as soon as "
                    "the board shows exact scores. An anonymous model's answers stand under its "
                    "pseudonym."
                )
            ),
            elem_id="shared",
        )
    return [model, organisation, access, parameters, released, anonymous, repository, shared]


def _line(sentence: str, name: str, limit: int) -> gr.Textbox:
    return gr.Textbox(label=label(sentence), max_lines=1, max_length=limit, elem_id=name)
