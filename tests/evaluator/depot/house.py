"""A database with a submission in every state, with answers, statistics and runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa

from evaluator.challenge import Challenge, load_challenge
from evaluator.entry import Entry
from evaluator.metrics.metric import Statistic
from evaluator.predictions import Predictions
from evaluator.records import Submission
from evaluator.results import Outcome, Result, Score
from evaluator.schema import METADATA, depots, open_database
from evaluator.scoring import Chunk
from evaluator.store import Store
from evaluator.texts import Sentence
from evaluator.tokens import issue_token
from evaluator.uncertainty import Interval
from tests.folders import mini_challenge

ANSWERS = Predictions({"Choice": {"c1": ("A",), "c2": (None,)}, "Report": {"r1": ("双肺清晰",)}})
# Of this database alone: how far it was copied.
OWN = ("revision", "copied")


class House(NamedTuple):
    """A store and the challenge whose submissions it holds."""

    store: Store
    challenge: Challenge
    data_dir: Path

    def submit(self, model: str = "甲", phase: str = "dev", **more: Any) -> str:
        """Accept a submission; return its id."""
        entry = Entry(model, "医院", "open", "7B", released="2026-01", repository="lab/model")
        made = Submission("mini", phase, more.pop("team", "team"), entry, "p.zip", "0" * 64)
        return self.store.accept(made, ANSWERS, nothing, **more)

    def score(self, key: str, overall: float = 0.5, number: int = 1) -> None:
        """Give a submission a run."""
        rows = [Statistic("c1", (1.0,), "A", "letter"), Statistic("c2", (0.0,), None, "unanswered")]
        self.store.begin(key)
        self.store.scores.keep(key, Chunk("Choice", 0, 2), rows, "signature")
        self.store.scores.finish(key, outcome(overall), number)

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Return all that the database holds of submissions and teams."""
        return {
            table.name: [
                {name: value for name, value in row.items() if name not in OWN}
                for row in self._all(table)
            ]
            for table in METADATA.sorted_tables
            if table is not depots
        }

    def _all(self, table: sa.Table) -> list[dict[str, Any]]:
        query = sa.select(table).order_by(*table.primary_key.columns)
        with self.store.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def build_house(folder: Path) -> House:
    """Return a house with a submission in every state, and a team with a token."""
    house = empty_house(folder / "data", mini_challenge(folder / "challenge"))
    store = house.store
    issue_token(store.engine, "team")
    finished, rescored, failed, withdrawn = (house.submit(name) for name in "甲乙丙丁")
    house.score(finished, 0.75)
    house.score(rescored, 0.5)
    house.score(rescored, 0.25, number=2)
    store.move(failed, "scoring")
    store.move(failed, "failed", Sentence("No luck with {id}.", {"id": failed}))
    store.withdraw(withdrawn)
    house.submit("戊")
    return house


def empty_house(data_dir: Path, challenge: Path) -> House:
    """Return a house on a new database."""
    data_dir.mkdir()
    store = Store(open_database(f"sqlite:///{data_dir / 'submissions.sqlite'}"))
    return House(store, load_challenge(challenge), data_dir)


def outcome(overall: float) -> Outcome:
    """Return what a run found."""
    score = Score(value=overall, interval=Interval(0.0, 1.0))
    result = Result(
        track="mini",
        phase="dev",
        overall=score,
        dimensions={"safety": score, "generation": score},
        datasets={"Choice": score, "Report": score},
        skipped=0,
    )
    return Outcome(result, {"Choice": np.array([0.25, -0.25]), "Report": np.array([0.5])})


def nothing(connection: sa.Connection, submission_id: str) -> None:
    """Queue nothing."""
