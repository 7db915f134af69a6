"""An answer prepared for its key points: its clauses, and what each denies, measures and names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from evaluator.answers import normalised
from evaluator.encoders import Tokens
from evaluator.encoders.tokens import Floats
from evaluator.metrics.keypoints import negation
from evaluator.metrics.keypoints.alignment import Bools, mark
from evaluator.metrics.keypoints.clauses import Span, clauses, sentences
from evaluator.metrics.keypoints.quantities import Quantity, quantities
from evaluator.metrics.keypoints.sides import Side, sides

Indices = npt.NDArray[np.intp]

# An answer that holds this share of the question's text is one that copies it.
COPIED_SHARE = 0.5
COPIED_LETTERS = 8


@dataclass(frozen=True, eq=False)
class Reading:
    """An answer's text, cut into sentences and clauses, with its tokens sorted into the clauses.

    Only clauses with a token count. first: each clause's first token. sentence: the number of the
    sentence each clause stands in; `sentences` has only those with a clause.
    """

    text: str
    vectors: Floats = field(repr=False)
    denied: Bools = field(repr=False)
    clauses: Sequence[Span] = field(repr=False)
    first: Indices = field(repr=False)
    sentence: Indices = field(repr=False)
    sentences: Sequence[Span] = field(repr=False)

    @cached_property
    def sides(self) -> list[tuple[Side, ...]]:
        """What each sentence names of left and right, rise and fall, each once.

        Left is said once, and of what follows: 左眼剧痛，考虑青光眼.
        """
        named = (_sides(self.text[start:stop]) for start, stop in self.sentences)
        return [tuple(dict.fromkeys(found)) for found in named]

    @cached_property
    def quantities(self) -> list[tuple[Quantity, ...]]:
        """What each clause measures."""
        return [_quantities(self.text[start:stop]) for start, stop in self.clauses]

    @cached_property
    def wordings(self) -> list[str]:
        """Each sentence as it is compared literally."""
        return [normalised(self.text[start:stop]) for start, stop in self.sentences]

    def best(self, cosines: Floats) -> Floats:
        """Return the highest of (tokens, answer's tokens) in each clause: (tokens, clauses)."""
        highest: Floats = np.maximum.reduceat(cosines, self.first, axis=1)
        return highest

    def windows(self, best: Floats) -> Floats:
        """Return the highest of (tokens, clauses) in each two neighbouring sentences."""
        first = np.searchsorted(self.sentence, np.arange(len(self.sentences)))
        highest: Floats = np.maximum.reduceat(best, first, axis=1)
        return np.maximum(highest[:, :-1], highest[:, 1:]) if len(first) > 1 else highest


def read(text: str, tokens: Tokens, question: str = "") -> Reading:
    """Prepare an answer; sentences copied from the question are left out if they are half of it."""
    spans = tokens.spans[1:-1]
    parts = _own(text, sentences(text), question)
    pieces = [
        (number, clause) for number, part in enumerate(parts) for clause in clauses(text, part)
    ]
    starts = np.array([clause.start for _number, clause in pieces], dtype=np.intp)
    stops = np.array([clause.stop for _number, clause in pieces], dtype=np.intp)

    last = spans[:, 1].astype(np.intp) - 1
    clause = np.searchsorted(starts, last, side="right") - 1
    kept = (clause >= 0) & (last < stops[clause]) if len(pieces) else np.zeros(len(last), np.bool_)
    used, first = np.unique(clause[kept], return_index=True)
    numbers, sentence = np.unique([pieces[k][0] for k in used], return_inverse=True)
    return Reading(
        text=text,
        vectors=tokens.vectors[1:-1][kept],
        denied=mark(spans, negation.denied(text))[kept],
        clauses=[pieces[k][1] for k in used],
        first=first,
        sentence=sentence,
        sentences=[parts[int(k)] for k in numbers],
    )


def _own(text: str, parts: Sequence[Span], question: str) -> list[Span]:
    """Return the sentences that are not copied."""
    asked = normalised(question)
    copied = {
        part
        for part in parts
        if len(wording := normalised(text[part.start : part.stop])) >= COPIED_LETTERS
        and wording in asked
    }
    letters = sum({text[p.start : p.stop]: p.stop - p.start for p in copied}.values())
    if letters < COPIED_SHARE * max(len(asked), 1):
        return list(parts)
    return [part for part in parts if part not in copied]


# Many answers repeat themselves, some a thousand times.
@lru_cache(maxsize=4096)
def _sides(clause: str) -> tuple[Side, ...]:
    return sides(clause)


@lru_cache(maxsize=4096)
def _quantities(clause: str) -> tuple[Quantity, ...]:
    return quantities(clause)
