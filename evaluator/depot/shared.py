"""The answers that teams share, in the repository of results: files that score as uploads do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import sqlalchemy as sa

from evaluator.challenge import Challenge
from evaluator.depot.results import standing
from evaluator.phase import Phase
from evaluator.predictions import Predictions, answer_line
from evaluator.records import part_id
from evaluator.schema import submissions
from evaluator.sharing import path_of, tells_answers
from evaluator.store import Store
from evaluator.submission import ItemsByDataset, asked
from evaluator.track import Track


def shared(
    store: Store, challenge: Challenge, moment: datetime | None = None
) -> dict[str, bytes | None]:
    """Return the files of answers by path; None for those that are not, or no longer, shared.

    Only submissions of this database are spoken of. Of answers to other items than the phase asks
    now nothing is said: they cannot be scored again, and a file that has them stays.
    """
    moment = moment or datetime.now(UTC)
    return {
        path: content
        for track, phase in challenge.boards()
        for path, content in _of_phase(store, challenge, track, phase, moment)
    }


def _of_phase(
    store: Store, challenge: Challenge, track: Track, phase: Phase, moment: datetime
) -> Iterator[tuple[str, bytes | None]]:
    told = tells_answers(track, phase, moment)
    found = standing(store, track, phase, moment) if told else ()
    shown = {one.record.id for one in found if one.record.submission.shared}
    items = asked(challenge, track, phase) if shown else {}
    for key in _known(store, track, phase):
        path = path_of(track.id, phase.id, key)
        if key not in shown:
            yield path, None
        elif content := _content(items, _answers(store, phase, key, items)):
            yield path, content


def _known(store: Store, track: Track, phase: Phase) -> list[str]:
    """Return the id of every submission to a phase, wherever it stands."""
    columns = submissions.c
    place = (columns.track == track.id) & (columns.phase == phase.id)
    query = sa.select(columns.id).where(place).order_by(columns.sequence)
    with store.engine.connect() as connection:
        return list(connection.execute(query).scalars())


def _answers(
    store: Store, phase: Phase, key: str, parts: Iterable[str]
) -> dict[str, Predictions | None]:
    """Return what a submission answers by part; None for a part that came after it."""
    keys = {part: key if part == phase.id else part_id(key, part) for part in parts}
    return {
        part: store.predictions(of_part) if store.has(of_part) else None
        for part, of_part in keys.items()
    }


def _content(
    asked_now: Mapping[str, ItemsByDataset], given: Mapping[str, Predictions | None]
) -> bytes | None:
    """Return the answers as an upload; None where other items are asked now."""
    lines = []
    for part, by_dataset in asked_now.items():
        answers = given[part]
        if answers is None or not _fits(answers, by_dataset):
            return None
        lines += [
            answer_line(question, answer)
            for dataset, items in by_dataset.items()
            for name, item in items.items()
            for question, answer in zip(item.copies, answers.answers[dataset][name], strict=True)
        ]
    return b"".join(lines)


def _fits(given: Predictions, by_dataset: ItemsByDataset) -> bool:
    answered = {
        (dataset, name): len(copies)
        for dataset, items in given.answers.items()
        for name, copies in items.items()
    }
    return answered == {
        (dataset, name): len(item.copies)
        for dataset, items in by_dataset.items()
        for name, item in items.items()
    }
