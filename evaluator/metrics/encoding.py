"""Token vectors of everything an open item is compared by, made in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evaluator.answers import final_answer
from evaluator.encoders import Tokens, load_encoder
from evaluator.items import AnsweredItem, KeyPoint


class Encoded(NamedTuple):
    """One open item: the answer's text, and vectors of answer, reference and key points.

    `forms[k]` holds the vectors of point k and of its aliases.
    """

    text: str
    answer: Tokens
    reference: Tokens
    points: tuple[KeyPoint, ...]
    forms: tuple[tuple[Tokens, ...], ...]


def encode(items: Sequence[AnsweredItem], encoder_name: str) -> list[Encoded]:
    """Return the items with their vectors; forbidden points are left out."""
    texts = [final_answer(item.answers[0] or "") for item in items]
    points = [
        tuple(point for point in item.references[0].point if point.kind != "forbidden")
        for item in items
    ]
    wanted = [
        [
            text,
            item.references[0].answer,
            *(form for point in item_points for form in _forms(point)),
        ]
        for text, item, item_points in zip(texts, items, points, strict=True)
    ]
    tokens = iter(load_encoder(encoder_name).tokens([text for row in wanted for text in row]))
    return [
        Encoded(
            text,
            next(tokens),
            next(tokens),
            item_points,
            tuple(tuple(next(tokens) for _ in _forms(point)) for point in item_points),
        )
        for text, item_points in zip(texts, points, strict=True)
    ]


def _forms(point: KeyPoint) -> tuple[str, ...]:
    return (point.text, *point.aliases)
