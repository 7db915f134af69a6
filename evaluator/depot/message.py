"""What a commit of results is called: how many runs are new, and why some were scored anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import orjson

from evaluator.comparison import reasons
from evaluator.depot.repository import Change
from evaluator.results import Result
from evaluator.store import Store

RUN = re.compile(r"runs/.+/(?P<submission>[^/]+)-(?P<number>[0-9]+)\.json")
# A reason for each dataset is enough to read; a commit is no report.
MOST = 20


def message(store: Store, found: Sequence[Change]) -> str:
    """Return the title of a commit of results and, after an empty line, what was scored anew."""
    runs = [(change, run) for change in found if change.content and (run := _run(change.path))]
    day = datetime.now(UTC).date().isoformat()
    anew = [(change, *run) for change, run in runs if run[1] > 1]
    if not anew:
        return f"Results of {day}: {len(runs)} run(s)"
    told = list(dict.fromkeys(why for one in anew for why in _why(store, *one)))
    lines = [*told[:MOST], *(["…"] if len(told) > MOST else [])]
    title = f"Results of {day}: {len(runs)} run(s), {len(anew)} of them scored anew"
    return "\n".join([title, "", *lines])


def _run(path: str) -> tuple[str, int] | None:
    found = RUN.fullmatch(path)
    return (found["submission"], int(found["number"])) if found else None


def _why(store: Store, change: Change, submission: str, number: int) -> Iterator[str]:
    before = store.scores.run(submission, number - 1)
    if before is None or change.content is None:
        return
    after = Result.model_validate(orjson.loads(change.content)["result"])
    yield from (sentence.text("en") for sentence in reasons(before, after))
