"""Reading answers as models really write them; what cannot be read is a format mismatch."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeAlias

from evaluator.answers.choice import read_letters
from evaluator.answers.corrections import Correction, read_corrections
from evaluator.answers.entities import read_entities
from evaluator.answers.events import read_events
from evaluator.answers.fields import read_fields
from evaluator.answers.labels import read_labels
from evaluator.answers.relations import read_relations
from evaluator.answers.sections import read_sections
from evaluator.answers.text import LONGEST_TEXT, NONE, apart, final_answer, normalised, open_text

__all__ = [
    "LONGEST_TEXT",
    "NONE",
    "READERS",
    "SET_READERS",
    "Correction",
    "Labels",
    "apart",
    "final_answer",
    "normalised",
    "open_text",
    "read_corrections",
    "read_entities",
    "read_events",
    "read_fields",
    "read_labels",
    "read_letters",
    "read_relations",
    "read_sections",
]

Labels: TypeAlias = frozenset[Hashable]

# Each takes an answer and the closed set of its dataset, which may be empty.
SET_READERS: Mapping[str, Callable[[str, Sequence[str]], Labels | None]] = {
    "letter": read_letters,
    "labels": read_labels,
    "entities": read_entities,
    "relations": read_relations,
    "events": read_events,
}
READERS: Mapping[str, Callable[[str, Sequence[str]], object]] = {
    **SET_READERS,
    "corrections": read_corrections,
    "sections": read_sections,
    "fields": read_fields,
}
