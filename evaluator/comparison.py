"""What differs between two results, and why: the words of `python -m evaluator compare`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from evaluator.metrics.metric import Statistic
from evaluator.results import Result, Score
from evaluator.signatures import Signature, read_signature
from evaluator.texts import Sentence, _

# Another processor or thread count may move an item's score by less than this.
TOLERANCE = 1e-5
SHOWN = 5
REASONS = {
    "metric": _("another metric"),
    "version": _("another version of the metric"),
    "data": _("other questions or references"),
    "encoder": _("another encoder or other weights"),
    "settings": _("other settings"),
}


def differences(a: Result, b: Result) -> list[Sentence]:
    """Return every difference of two results; none where they are the same."""
    found = [*_places(a, b), *_scores(a, b), *_scorers(a, b)]
    if found:
        found += _hardware(a.hardware, b.hardware)
    return found


def reasons(a: Result, b: Result) -> list[Sentence]:
    """Return why two results of the same answers differ: what made their signatures others."""
    found: list[Sentence] = []
    for name in sorted(a.datasets.keys() & b.datasets.keys()):
        before, after = a.datasets[name].signature, b.datasets[name].signature
        if before != after:
            found += _signatures(name, read_signature(before), read_signature(after))
    return [*found, *_scorers(a, b)]


def item_differences(
    a: Mapping[str, Sequence[Statistic]], b: Mapping[str, Sequence[Statistic]]
) -> list[Sentence]:
    """Return by part how many items score differently, and the first of them."""
    found: list[Sentence] = []
    for part in sorted(a.keys() & b.keys()):
        before = {row.item: row.values for row in a[part]}
        moved = [row.item for row in b[part] if _moved(before.get(row.item), row.values)]
        if moved:
            found.append(
                Sentence(
                    _("{part}: {count} item(s) score differently, first {items}."),
                    {"part": part, "count": len(moved), "items": ", ".join(moved[:SHOWN])},
                )
            )
    return found


def _places(a: Result, b: Result) -> Iterator[Sentence]:
    if (a.track, a.phase) != (b.track, b.phase):
        yield Sentence(
            _("The first is of {a}, the second of {b}: other questions, so they do not compare."),
            {"a": f"{a.track}/{a.phase}", "b": f"{b.track}/{b.phase}"},
        )
    for name in sorted(a.datasets.keys() ^ b.datasets.keys()):
        yield Sentence(_("{dataset} is in one of them only."), {"dataset": name})


def _scores(a: Result, b: Result) -> Iterator[Sentence]:
    if a.overall.value != b.overall.value:
        yield _moved_score("overall", a.overall, b.overall)
    for name in a.datasets:
        if name in b.datasets:
            yield from _dataset(name, a.datasets[name], b.datasets[name])


def _dataset(name: str, a: Score, b: Score) -> Iterator[Sentence]:
    if a.value != b.value:
        yield _moved_score(name, a, b)
    if a.signature != b.signature:
        yield from _signatures(name, read_signature(a.signature), read_signature(b.signature))
        return
    if abs(a.value - b.value) > TOLERANCE:
        yield Sentence(
            _("{dataset}: same evaluator and data, so the answers differ."), {"dataset": name}
        )


def _scorers(a: Result, b: Result) -> Iterator[Sentence]:
    if a.scorer != b.scorer:
        yield Sentence(
            _("Scores were put together by version {a} of the scorer, then by version {b}."),
            {"a": a.scorer, "b": b.scorer},
        )


def _moved_score(name: str, a: Score, b: Score) -> Sentence:
    values = {"name": name, "a": f"{100 * a.value:.4f}", "b": f"{100 * b.value:.4f}"}
    return Sentence(
        _("{name}: {a}, then {b} ({change})."),
        {**values, "change": f"{100 * (b.value - a.value):+.4f}"},
    )


def _signatures(name: str, a: Signature, b: Signature) -> Iterator[Sentence]:
    for part in Signature._fields:
        before, after = getattr(a, part), getattr(b, part)
        if before != after:
            yield Sentence(
                _("{dataset}: {reason}: {a}, then {b}."),
                {"dataset": name, "reason": Sentence(REASONS[part]), "a": before, "b": after},
            )


def _hardware(a: Mapping[str, str], b: Mapping[str, str]) -> Iterator[Sentence]:
    for name in sorted(a.keys() | b.keys()):
        if a.get(name) != b.get(name):
            yield Sentence(
                _("Computed with {name} {a}, then {b}."),
                {"name": name, "a": a.get(name, "?"), "b": b.get(name, "?")},
            )


def _moved(before: tuple[float, ...] | None, after: tuple[float, ...]) -> bool:
    if before is None or len(before) != len(after):
        return True
    return any(abs(x - y) > TOLERANCE for x, y in zip(before, after, strict=True))
