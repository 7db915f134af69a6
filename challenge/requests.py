"""What a Gradio request says: who sends it, and in which language they read."""

from __future__ import annotations

import gradio as gr

from challenge.identity import FORWARDED, Caller
from evaluator.texts import Language, language_of


def caller_of(
    request: gr.Request, token: str | None = "", profile: gr.OAuthProfile | None = None
) -> Caller:
    """Return the sender of a request."""
    return Caller(
        address=request.client.host if request.client else "",
        host=request.headers.get("host", ""),
        forwarded=any(name in request.headers for name in FORWARDED),
        token=token,
        username=profile.username if profile else None,
    )


def language_of_request(request: gr.Request) -> Language:
    """Return the language of ?lang= in the page's address, else the browser's."""
    return language_of(request.query_params.get("lang"), request.headers.get("accept-language"))
