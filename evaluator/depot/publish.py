"""Publishing results: what would change, whether it may, and the push."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from evaluator.challenge import Challenge
from evaluator.depot.push import changes
from evaluator.depot.repository import Change, Head, Refused, Repository
from evaluator.depot.results import LAYOUT, LAYOUT_FILE, RUNS, is_whole, results
from evaluator.settings import Settings
from evaluator.store import Store
from evaluator.texts import _

# What a Hub puts into a new repository by itself.
OF_THE_HUB = (".gitattributes", "README.md")


class Plan(NamedTuple):
    """What is wanted, and what of it is not there yet."""

    wanted: dict[str, bytes]
    changes: Sequence[Change]
    head: Head

    def lines(self) -> list[str]:
        """Return a line for each file that would change: + for a new one, ~ for another content."""
        return [
            f"{'~' if change.path in self.head.files else '+'} {change.path}"
            for change in self.changes
        ]


def plan(
    repository: Repository, store: Store, challenge: Challenge, chosen: Settings, *, force: bool
) -> Plan:
    """Return what publishing would change.

    Raises:
        Refused: the repository is not this challenge's, newer, or a run was edited by hand; with
            `force` only the second stops.
    """
    wanted = results(store, challenge, chosen.board_dir, chosen.hub_licence)
    head = repository.head()
    _check_layout(repository, head, force=force)
    found = changes(wanted, head)
    if not force:
        _check_runs(repository, head, found)
    return Plan(wanted, found, head)


def title(planned: Plan) -> str:
    """Return what the commits are called."""
    runs = sum(change.path.startswith(f"{RUNS}/") for change in planned.changes)
    day = datetime.now(UTC).date().isoformat()
    return f"Results of {day}: {runs} run(s), {len(planned.changes)} file(s)"


def _check_layout(repository: Repository, head: Head, *, force: bool) -> None:
    layout = _layout(repository.read(LAYOUT_FILE, head.commit)) if LAYOUT_FILE in head.files else 0
    if layout > LAYOUT:
        raise Refused(
            _(
                "{name} was written by a newer version of this software (layout {found}, here "
                "{known}); update it first."
            ),
            name=repository.name,
            found=layout,
            known=LAYOUT,
        )
    if layout:
        return
    others = sorted(head.files.keys() - set(OF_THE_HUB))
    if others and not force:
        raise Refused(
            _(
                "{name} holds files that this software did not put there, such as {file}; name "
                "another repository, or use --force to publish into this one."
            ),
            name=repository.name,
            file=others[0],
        )


def _layout(content: bytes) -> int:
    """Return which layout a repository says it has; 0 where it says none of ours."""
    try:
        written = orjson.loads(content)
    except orjson.JSONDecodeError:
        return 0
    found = written.get("layout") if isinstance(written, dict) else None
    return found if isinstance(found, int) else 0


def _check_runs(repository: Repository, head: Head, found: Sequence[Change]) -> None:
    """Refuse to write over a run that somebody edited."""
    known = [
        change.path
        for change in found
        if change.path.startswith(f"{RUNS}/") and change.path in head.files
    ]
    for path in known:
        if not is_whole(repository.read(path, head.commit)):
            raise Refused(
                _(
                    "{file} in {name} was edited by hand: its hash does not fit. Put it back, or "
                    "use --force to write over it."
                ),
                file=path,
                name=repository.name,
            )
