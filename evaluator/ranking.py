"""Which submissions are entries of a board, in what order, and with which ranks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from evaluator.feedback import told
from evaluator.phase import Counts, Phase
from evaluator.records import Finished, part_id
from evaluator.results import SCORER_VERSION, Result
from evaluator.scoring import Scorer
from evaluator.store import Store
from evaluator.track import Track
from evaluator.withdrawal import retired

Worth = Callable[[Finished], Result | None]


def by_model(finished: Iterable[Finished]) -> dict[tuple[str, ...], list[Finished]]:
    """Return the submissions of each team and model, in the order given.

    What the maintainers ran and what was recorded elsewhere are not of one model.
    """
    found: dict[tuple[str, ...], list[Finished]] = {}
    for one in finished:
        found.setdefault(model_of(one), []).append(one)
    return found


def model_of(found: Finished) -> tuple[str, ...]:
    """Return what makes submissions tries of one model: team, name and provenance."""
    sent = found.record.submission
    return (sent.team, sent.entry.model, sent.provenance)


def counted(
    finished: Iterable[Finished], counts: Counts = "latest", worth: Worth = lambda one: one.result
) -> list[Finished]:
    """Return of each team and model the submission that counts: the latest, or the best.

    Of a baseline it is the latest: nobody would compare with the best of many tries.

    The best is that of what may be told (`worth`): of two that are told alike the earlier stays, so
    that a board of rounded scores does not tell by its choice which one is better.
    """
    chosen = []
    for tries in by_model(finished).values():
        best = max(tries, key=lambda one: _value(one, worth))
        latest = counts == "latest" or best.record.submission.provenance != "participant"
        chosen.append(tries[-1] if latest else best)
    return chosen


def _value(one: Finished, worth: Worth) -> tuple[bool, float]:
    """Return how good a submission is; one that skipped items never beats one without."""
    result = worth(one) or one.result
    value = result.overall.value
    return not result.skipped, value if math.isfinite(value) else -1.0


def fitting(store: Store, track: Track, phase: Phase) -> list[Finished]:
    """Return what is scored on just the dimensions and datasets that the track has now."""
    return [one for one in store.scores.finished(track.id, phase.id) if fits(one, track)]


def standing_entries(
    store: Store,
    track: Track,
    phase: Phase,
    moment: datetime | None = None,
    found: list[Finished] | None = None,
) -> list[Finished]:
    """Return the submissions that stand on the board of a phase, by default now.

    A private part shows the same submissions as the phase that it belongs to. Where the latest
    counts, a model whose latest try was withdrawn does not stand with an earlier one. What was
    scored on other dimensions or datasets than the track has now stands on no board. `found` is
    what `fitting` returns, where it was read already.
    """
    moment = moment or datetime.now(UTC)
    found = fitting(store, track, phase) if found is None else found
    if phase.part_of is None:
        gone = retired(store.engine, track.id, phase.id) if phase.counts == "latest" else ()
        standing = [one for one in found if model_of(one) not in gone]
        return counted(standing, phase.counts, lambda one: told(one.result, phase, moment))
    whole = standing_entries(store, track, track.phase(phase.part_of), moment)
    chosen = {part_id(one.record.id, phase.id) for one in whole}
    return [one for one in found if one.record.id in chosen]


def outdated_entries(store: Store, scorer: Scorer) -> list[Finished]:
    """Return the entries of a phase whose scores would come out differently made today."""
    found = standing_entries(store, scorer.track, scorer.phase)
    if not found:
        return []
    today = {name: str(signed) for name, signed in scorer.signatures().items()}
    judge = scorer.judge_signature
    return [
        one
        for one in found
        if _signatures(one) != today
        or one.result.scorer != SCORER_VERSION
        or (judge and any(opinion.signature != judge for opinion in one.result.judge.values()))
        or (judge and not one.result.judge)
    ]


def entries(finished: Iterable[Finished]) -> list[dict[str, Any]]:
    """Return the rows of a board for the submissions that stand on it, best first.

    Equal scores share a rank. An entry that skipped items, that has no finite score, or whose
    signatures are not those of the newest result, is shown after the others, without rank: it does
    not compare. A baseline, which the maintainers made themselves, compares but takes no rank.
    """
    found = list(finished)
    current = max(found, key=lambda one: one.finished_at, default=None)
    compared = {
        one.record.id
        for one in found
        if current
        and not one.result.skipped
        and math.isfinite(one.result.overall.value)
        and _signatures(one) == _signatures(current)
    }
    rows = sorted(
        (_row(one) for one in found),
        key=lambda row: (
            row["submission"] not in compared,
            not math.isfinite(row["overall"]),
            -row["overall"],
            row["submission"],
        ),
    )
    for row in rows:
        row["compared"] = row["submission"] in compared
    ranked = [row["overall"] for row in rows if row["compared"] and not is_baseline(row)]
    for row in rows:
        takes_rank = row["compared"] and not is_baseline(row)
        row["rank"] = ranked.index(row["overall"]) + 1 if takes_rank else None
    return rows


def is_baseline(row: Mapping[str, Any]) -> bool:
    """Whether a row of a board is the maintainers' own."""
    return bool(row["provenance"] != "participant")


def fits(found: Finished, track: Track) -> bool:
    """Whether a result has just the dimensions and datasets that the track has now."""
    return set(found.result.dimensions) == {d.id for d in track.dimensions} and set(
        found.result.datasets
    ) == {d.id for d in track.datasets}


def _signatures(found: Finished) -> dict[str, str]:
    return {name: score.signature for name, score in found.result.datasets.items()}


def _row(found: Finished) -> dict[str, Any]:
    record, result = found.record, found.result
    entry = record.submission.entry
    hidden, origin = bool(entry.pseudonym), record.submission.origin
    scores = {
        "overall": result.overall,
        **{f"dimension/{name}": score for name, score in result.dimensions.items()},
        **{f"dataset/{name}": score for name, score in result.datasets.items()},
    }
    return {
        "submission": record.id,
        "model": entry.pseudonym or entry.model,
        "anonymous": hidden,
        "organisation": "" if hidden else entry.organisation,
        "access": entry.access,
        "parameters": "" if hidden else entry.parameters,
        "released": "" if hidden else entry.released,
        "repository": "" if hidden else entry.repository,
        "provenance": record.submission.provenance,
        "origin": origin.model_dump_json(exclude_defaults=True) if origin and not hidden else None,
        "note_zh": entry.note.zh if entry.note and not hidden else None,
        "note_en": entry.note.en if entry.note and not hidden else None,
        "submitted_at": record.created_at,
        "skipped": result.skipped,
        **{name: score.value for name, score in scores.items()},
        **{f"{name}/low": score.interval.low for name, score in scores.items()},
        **{f"{name}/high": score.interval.high for name, score in scores.items()},
        **{
            f"part/{dataset}/{name}": value
            for dataset, score in result.datasets.items()
            for name, value in score.parts.items()
        },
        **{f"signature/{name}": score.signature for name, score in result.datasets.items()},
    }
