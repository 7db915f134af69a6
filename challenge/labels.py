"""Labels of the pages' parts, which the browser shows in its own language."""

from __future__ import annotations

import hashlib
from typing import Any

import gradio as gr

from evaluator.texts import LANGUAGES, catalogue, translate


def translations() -> gr.I18n:
    """Return every text of the catalogues for the parts that the browser translates."""
    sentences = catalogue("zh")
    texts = {
        language: {_key(sentence): translate(sentence, language) for sentence in sentences}
        for language in LANGUAGES
    }
    return gr.I18n(**{"en": texts["en"], "zh": texts["zh"], "zh-CN": texts["zh"]})


def label(sentence: str) -> Any:
    """Return a text that the browser shows in its own language."""
    return gr.I18n()(_key(sentence))


def shown(name: str) -> gr.Markdown:
    """Return a place for what `views` makes.

    Markdown, because it lets HTML through (sanitised once more by the browser), while gr.HTML
    needs eval, which the content security policy forbids.
    """
    return gr.Markdown(elem_id=name, latex_delimiters=[])


def _key(sentence: str) -> str:
    # The browser's library reads dots in a key as a path.
    return "t" + hashlib.sha256(sentence.encode()).hexdigest()[:16]
