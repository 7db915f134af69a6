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
                    "Hides the model's name, the organisation, the size and the date from "
                    "everybody but your team and the maintainers. Your team can reveal them later."
                )
            ),
            elem_id="anonymous",
        )
    return [model, organisation, access, parameters, released, anonymous]


def _line(sentence: str, name: str, limit: int) -> gr.Textbox:
    return gr.Textbox(label=label(sentence), max_lines=1, max_length=limit, elem_id=name)
