"""Medical terms that say the same: a thesaurus, written for this project.

Each YAML file beside this module has sections of concepts, `name: [other names]`, and one section
`narrower`, `general: [specific, …]`: who names the specific thing has named the general one. It
was written by no physician; docs/metrics.md says what it is worth.

>>> [(found.name, found.concept) for found in mentions("患者房颤，口服拜阿司匹灵")]
[('房颤', '心房颤动'), ('拜阿司匹灵', '阿司匹林')]
>>> renamed("口服阿司匹林", "建议拜阿司匹灵每日一片。")
'口服拜阿司匹灵'
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml

from evaluator.answers import normalised
from evaluator.metrics.keypoints.clauses import Span

FOLDER = Path(__file__).parent
NARROWER = "narrower"
# What this section names has no other wording: an answer that does not name it does not say it.
NAMED_ONLY = "drugs"


class Mention(NamedTuple):
    """A name of the thesaurus in a text as it stands there, what it names, and where."""

    name: str
    concept: str
    place: Span


class Thesaurus(NamedTuple):
    """concepts: by normalised name. general: what else a concept says. drugs: who is named only.

    longest: letters of the longest name.
    """

    concepts: Mapping[str, str]
    general: Mapping[str, frozenset[str]]
    drugs: frozenset[str]
    longest: int


@cache
def thesaurus() -> Thesaurus:
    """Return what the YAML files declare."""
    concepts: dict[str, str] = {}
    specific: dict[str, set[str]] = defaultdict(set)
    drugs: set[str] = set()
    for path in sorted(FOLDER.glob("*.yaml")):
        for section, entries in yaml.safe_load(path.read_text("utf-8")).items():
            if section == NARROWER:
                for general, names in entries.items():
                    for name in names:
                        specific[name].add(general)
                continue
            for concept, names in entries.items():
                concepts |= {normalised(name): concept for name in (concept, *names)}
                if section == NAMED_ONLY:
                    drugs.add(concept)
    general = {concept: frozenset(_above(concept, specific)) for concept in specific}
    return Thesaurus(concepts, general, frozenset(drugs), max(map(len, concepts)))


def mentions(text: str) -> list[Mention]:
    """Return the names in a text, the longest where several begin; places are in order."""
    return list(_mentions(text))


def named(text: str) -> frozenset[str]:
    """Return the concepts a text names."""
    return frozenset(mention.concept for mention in mentions(text))


def said(text: str) -> frozenset[str]:
    """Return the concepts a text names, and the general ones these are kinds of."""
    general = thesaurus().general
    found = named(text)
    return found.union(*(general.get(concept, ()) for concept in found))


def unnamed_drugs(point: str, answer: str) -> bool:
    """Return whether a point names a drug that an answer does not name, nor a kind of it.

    Of drugs that a point gives as alternatives (“A或B”) one is enough.
    """
    wanted = named(point) & thesaurus().drugs
    missing = wanted - said(answer)
    return bool(missing) and ("或" not in point or missing == wanted)


def renamed(point: str, answer: str) -> str | None:
    """Return a point in the names its answer uses; None where these are the point's own."""
    used: dict[str, str] = {}
    for name, concept, _place in mentions(answer):
        for one in (concept, *thesaurus().general.get(concept, ())):
            used.setdefault(one, name)
    written, last = [], 0
    for name, concept, place in mentions(point):
        other = used.get(concept, name)
        if normalised(other) != normalised(name):
            written += [point[last : place.start], other]
            last = place.stop
    return "".join([*written, point[last:]]) if written else None


@lru_cache(maxsize=512)
def _mentions(text: str) -> tuple[Mention, ...]:
    known = thesaurus()
    letters = [(letter, k) for k, c in enumerate(text) for letter in _folded(c)]
    folded, places = "".join(letter for letter, _k in letters), [k for _letter, k in letters]
    found, start = [], 0
    while start < len(folded):
        ends = range(min(len(folded), start + known.longest), start + 1, -1)
        stop = next((stop for stop in ends if _is_name(folded, start, stop)), 0)
        if stop:
            place = Span(places[start], places[stop - 1] + 1)
            concept = known.concepts[folded[start:stop]]
            found.append(Mention(text[place.start : place.stop], concept, place))
        start = stop or start + 1
    return tuple(found)


def _folded(character: str) -> str:
    return unicodedata.normalize("NFKC", character).casefold()


def _is_name(text: str, start: int, stop: int) -> bool:
    """Return whether a name stands there, and is no part of a longer Latin word or number."""
    if text[start:stop] not in thesaurus().concepts:
        return False
    before, after = text[start - 1 : start], text[stop : stop + 1]
    return not (_joined(before, text[start]) or _joined(after, text[stop - 1]))


def _joined(beside: str, edge: str) -> bool:
    return bool(beside) and all(c.isascii() and c.isalnum() for c in (beside, edge))


def _above(concept: str, specific: Mapping[str, Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(specific.get(concept, ()))
    while waiting:
        general = waiting.pop()
        if general not in found:
            found.add(general)
            waiting += specific.get(general, ())
    return found
