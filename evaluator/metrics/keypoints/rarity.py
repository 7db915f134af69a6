"""How much a word says: the rarer, the more. Shannon 1948: information is −log p."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

WORD_START = "▁"


def surprisal(piece: str) -> float:
    """Return −log p of a piece of text, in nats: about 3 for “the” and 的, 13 for a rare drug.

    p is its share of the running text that multilingual-e5-small's Unigram tokenizer was trained
    on, in a hundred languages, whatever encoder is in use. A piece the tokenizer does not know
    counts as its rarest.
    """
    scores = _scores()
    return scores.get(piece.strip().casefold(), scores[""])


@cache
def _scores() -> Mapping[str, float]:
    """Return the surprisal of each known piece, the case and the word start mark left out."""
    from evaluator.encoders.packaged import weights_path
    from evaluator.encoders.q4file import open_q4

    pieces = [(text, -score) for text, score in open_q4(weights_path()).pieces if score < 0]
    known: dict[str, float] = {}
    for text, cost in pieces:
        name = text.replace(WORD_START, "").casefold()
        known[name] = min(cost, known.get(name, cost))
    return known | {"": max(known.values())}
