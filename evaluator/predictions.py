"""A model's answers to every item of a track."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from evaluator.items import Question


@dataclass(frozen=True)
class Predictions:
    """Answers by dataset and item id, copy by copy; None where the item was not attempted."""

    answers: Mapping[str, Mapping[str, tuple[str | None, ...]]]

    @property
    def skipped(self) -> int:
        """Return how many items were not attempted (in any copy)."""
        return sum(None in copies for items in self.answers.values() for copies in items.values())

    @property
    def items(self) -> int:
        """Return how many items there are."""
        return sum(len(items) for items in self.answers.values())

    def pack(self) -> bytes:
        """Return the predictions as gzipped JSON; equal predictions give equal bytes."""
        return gzip.compress(orjson.dumps(self.answers), mtime=0)

    @staticmethod
    def unpack(packed: bytes) -> Predictions:
        """Return what `pack` packed."""
        written = orjson.loads(gzip.decompress(packed))
        return Predictions(
            {
                dataset: {key: tuple(copies) for key, copies in items.items()}
                for dataset, items in written.items()
            }
        )


def answer_line(question: Question, answer: str | None) -> bytes:
    """Return a question as a line of an upload, which ends; None was not attempted."""
    line = {**question.model_dump(mode="json", exclude_defaults=True), "answer": answer}
    if answer is None:
        line["skipped"] = True
    return orjson.dumps(line) + b"\n"
