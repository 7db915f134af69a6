"""Token vectors of everything an open item is compared by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from evaluator.encoders import Tokens, known_tokens, load_encoder
from evaluator.items import AnsweredItem, KeyPoint
from evaluator.metrics.legible import legible
from evaluator.metrics.said import answer_text

# Characters of answers read at a time; 16 usual answers have 8,000.
TOGETHER = 20_000


class Encoded(NamedTuple):
    """One open item: texts of answer and reference, and vectors of both and of the key points.

    `text` is what the answer says, "" if it can't be read.

    `forms[k]` holds the vectors of point k and of its aliases.
    """

    text: str
    answer: Tokens
    reference: Tokens
    points: tuple[KeyPoint, ...]
    forms: tuple[tuple[Tokens, ...], ...]
    reference_text: str

    @property
    def windowed(self) -> bool:
        """Whether answer or reference was too long for the encoder to be read at once."""
        return max(self.answer.windows, self.reference.windows) > 1


def encode(
    items: Sequence[AnsweredItem], encoder_name: str, *, points: bool = True
) -> Iterator[Encoded]:
    """Yield the items with their vectors; without `points` those of the key points are left out.

    Several items are read at a time to keep every thread busy, a long one alone: an answer of
    1 MB has 400 MB of vectors.
    """
    encoder = load_encoder(encoder_name)
    for group in _groups([_texts(item, points) for item in items]):
        answers = encoder.tokens([texts.answer for texts in group])
        known = iter(known_tokens(encoder, [t for texts in group for t in texts.known]))
        for texts, answer in zip(group, answers, strict=True):
            yield Encoded(
                texts.answer,
                answer,
                next(known),
                texts.points,
                tuple(tuple(next(known) for _form in wordings) for wordings in texts.forms),
                texts.reference,
            )


class _Texts(NamedTuple):
    """The texts of one item, as they are read."""

    answer: str
    reference: str
    points: tuple[KeyPoint, ...]
    forms: tuple[tuple[str, ...], ...]

    @property
    def known(self) -> list[str]:
        """Return what every submission meets again."""
        return [self.reference, *(form for wordings in self.forms for form in wordings)]


def _texts(item: AnsweredItem, points: bool) -> _Texts:
    wanted = item.references[0].point if points else ()
    answer = answer_text(item.answers[0])
    reference = legible(item.references[0].answer)
    return _Texts(answer, reference, wanted, tuple(map(forms, wanted)))


def _groups(items: Sequence[_Texts]) -> Iterator[list[_Texts]]:
    """Yield runs of items whose answers have about TOGETHER characters, at least one item."""
    group: list[_Texts] = []
    for item in items:
        if group and sum(len(texts.answer) for texts in group) + len(item.answer) > TOGETHER:
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def forms(point: KeyPoint) -> tuple[str, ...]:
    """Return the wordings of a key point, as they are read."""
    return tuple(legible(wording) for wording in (point.text, *point.aliases))
