"""Text encoders: what turns a text into contextual token vectors, named so that scores compare."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

from evaluator.encoders.baselines import baseline
from evaluator.encoders.encoder import Encoder
from evaluator.encoders.kept import Kept, Nothing
from evaluator.encoders.tokens import Tokens
from evaluator.errors import EvaluatorError
from evaluator.texts import _

__all__ = [
    "DEFAULT",
    "Encoder",
    "Tokens",
    "baseline",
    "keep_vectors",
    "known_tokens",
    "load_encoder",
]

DEFAULT = "packaged"

_kept: Kept | Nothing = Nothing()
_loading = Lock()


def load_encoder(name: str = DEFAULT) -> Encoder:
    """Load an encoder into memory, or return it if it was the last one asked for.

    `packaged` needs no network, `hub:<id>` is a model of the Hugging Face Hub, `path:<folder>`
    one saved with save_pretrained. Raises EvaluatorError for any other name, for a model that
    cannot be had, and for one that is not a text encoder.
    """
    # Two threads would each build the model, and the import of transformers fails in one of them.
    with _loading:
        return _load(name)


def keep_vectors(file: Path | None, limit: int = 0) -> None:
    """Keep what `known_tokens` reads in a file of at most `limit` bytes; None: nowhere.

    For this process, from now on; its folder must exist. Until called nothing is kept.
    """
    global _kept
    _kept = Nothing() if file is None else Kept(file, limit)


def known_tokens(encoder: Encoder, texts: Sequence[str]) -> list[Tokens]:
    """Return the vectors of texts that every submission meets again: references, key points."""
    return _kept.tokens(encoder, texts)


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
