"""Text encoders: what turns a text into contextual token vectors, named so that scores compare."""

from __future__ import annotations

from functools import lru_cache

from evaluator.encoders.baselines import baseline
from evaluator.encoders.encoder import Encoder
from evaluator.encoders.tokens import Tokens
from evaluator.errors import EvaluatorError
from evaluator.texts import _

__all__ = ["DEFAULT", "Encoder", "Tokens", "baseline", "load_encoder"]

DEFAULT = "packaged"


def load_encoder(name: str = DEFAULT) -> Encoder:
    """Load an encoder into memory, or return it if it was the last one asked for.

    `packaged` needs no network, `hub:<id>` is a model of the Hugging Face Hub, `path:<folder>`
    one saved with save_pretrained. Raises EvaluatorError for any other name, for a model that
    cannot be had, and for one that is not a text encoder.
    """
    return _load(name)


@lru_cache(maxsize=1)
def _load(name: str) -> Encoder:
    if name == DEFAULT:
        from evaluator.encoders import packaged

        return packaged.load()

    from evaluator.encoders import pretrained

    kind, _colon, place = name.partition(":")
    if kind == "hub" and place:
        return pretrained.from_hub(place)
    if kind == "path" and place:
        return pretrained.from_path(place)
    raise EvaluatorError(
        _("There is no encoder '{name}': write packaged, hub:<model id> or path:<folder>."),
        name=name,
    )
