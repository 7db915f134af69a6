"""Submitting a baseline: its answers go in as every upload does, with where they came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from evaluator.baselines.journal import Journal
from evaluator.baselines.run import Run
from evaluator.durable import Queue
from evaluator.entering import KEY_DIGITS, Entrance, sha256
from evaluator.origin import Origin
from evaluator.pseudonyms import settled
from evaluator.records import MAINTAINERS
from evaluator.schema import open_database
from evaluator.settings import Settings
from evaluator.store import Store


def submit(run: Run, journal: Journal, chosen: Settings) -> str:
    """Submit the answers of a run, which must be complete, once; return the submission's id.

    Of a team's own address it is the team's entry, which takes a rank; else the maintainers'. What
    the declaration says of the model otherwise than before is another submission, which replaces
    the former on the board.
    """
    path, origin, team = run.write_predictions(journal), run.origin(journal), run.model.team
    with _entrance(run, chosen) as entrance:
        return entrance.enter(
            path,
            (run.track, run.phase),
            run.model.entry,
            "participant" if team else "self-run",
            _key("self-run", run, origin),
            origin=origin,
            team=team or MAINTAINERS,
        )


def check_enterable(run: Run, chosen: Settings) -> None:
    """Check before anything is asked and paid that the entry could stand.

    Raises:
        NotAllowed: the team has entered the model under a pseudonym.
    """
    store = Store(open_database(chosen.database_url))
    with store.engine.connect() as connection:
        settled(connection, run.model.team or MAINTAINERS, run.model.entry)


def import_file(
    run: Run, file: Path, chosen: Settings, recorded_on: str, source: str, licence: str
) -> str:
    """Submit outputs of a run's model that were recorded elsewhere; return the submission's id.

    Raises:
        SubmissionRefused: with every problem of the file.
    """
    model, file_hash = run.model, sha256(file)
    origin = Origin(
        asked=model.model,
        first=recorded_on,
        last=recorded_on,
        outputs_hash=file_hash,
        licence=licence,
        source=source,
    )
    with _entrance(run, chosen) as entrance:
        return entrance.enter(
            file,
            (run.track, run.phase),
            model.entry,
            "recorded",
            _key("recorded", run, origin),
            origin=origin,
        )


def _key(kind: str, run: Run, origin: Origin) -> str:
    """Return an id that is the same for the same answers of which the same is said."""
    place = [run.track.id, run.phase.id, run.model.team]
    said = repr([place, run.model.entry, origin.model_dump_json()])
    return f"{kind}-{hashlib.sha256(said.encode()).hexdigest()[:KEY_DIGITS]}"


@contextmanager
def _entrance(run: Run, chosen: Settings) -> Iterator[Entrance]:
    store = Store(open_database(chosen.database_url))
    with closing(Queue(store.engine)) as queue:
        yield Entrance(run.challenge, store, queue, chosen.limits)
