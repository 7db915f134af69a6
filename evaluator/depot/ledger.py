"""The ledger: a submission as files of the depot, and back.

Private repositories hold it. In `requests` lies `TRACK/PHASE/ID.json`, what is known of a
submission, signed, with the hashes of its files in `predictions`: `answers/TRACK/PHASE/ID.json.gz`,
which never changes, and `scores/TRACK/PHASE/ID.json.gz`, its runs and the statistics of its items.
Of a withdrawn one only the first is left, a tombstone.
"""

from __future__ import annotations

import gzip
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa

from evaluator.depot.signed import signed
from evaluator.schema import predictions, runs, statistics, submissions, tokens

TEAMS = "teams.json"
# How far it was copied is of this database alone.
_OWN = ("revision", "copied")


class Pages(NamedTuple):
    """The files of one submission, by path: in `requests`, and in `predictions` (None: none).

    `withdrawn` are the paths of those that were there and may be nowhere any more.
    """

    request: Mapping[str, bytes]
    content: Mapping[str, bytes | None]
    withdrawn: Sequence[str] = ()


def write(connection: sa.Connection, submission_id: str) -> Pages:
    """Return the files of a submission, which must exist, as it is now."""
    query = sa.select(submissions).where(submissions.c.id == submission_id)
    [row] = _rows(connection, query)
    place = f"{row['track']}/{row['phase']}/{row['id']}"
    content = {
        answers_path(place): _answers(connection, submission_id),
        scores_path(place): _scores(connection, submission_id),
    }
    hashes = {path: digest(data) for path, data in content.items() if data is not None}
    known = {name: value for name, value in row.items() if name not in _OWN}
    request = {f"{place}.json": signed({"submission": known, "files": hashes})}
    return Pages(request, content, list(content) if row["status"] == "withdrawn" else ())


def write_teams(connection: sa.Connection) -> bytes:
    """Return who may submit: the digests of tokens, from which no token can be told."""
    query = sa.select(tokens).order_by(tokens.c.created_at, tokens.c.digest)
    return signed({"tokens": _rows(connection, query)})


def read(
    connection: sa.Connection, record: Mapping[str, Any], files: Mapping[str, bytes]
) -> dict[str, Any]:
    """Put a submission back as `write` wrote it; return its row."""
    row = dict(record["submission"])
    # Where it stood in the middle of its first scoring, that begins anew.
    if row["status"] == "scoring":
        row.update(status="queued", items=0)
    connection.execute(submissions.insert().values(**row, revision=1, copied=1))
    place = f"{row['track']}/{row['phase']}/{row['id']}"
    if answers := files.get(answers_path(place)):
        connection.execute(predictions.insert().values(submission=row["id"], packed=answers))
    if scores := files.get(scores_path(place)):
        _read_scores(connection, row["id"], orjson.loads(gzip.decompress(scores)))
    return row


def read_teams(connection: sa.Connection, record: Mapping[str, Any]) -> None:
    """Put back who may submit."""
    for row in record["tokens"]:
        connection.execute(tokens.insert().values(**row))


def answers_path(place: str) -> str:
    """Return where answers lie; `place` is TRACK/PHASE/ID."""
    return f"answers/{place}.json.gz"


def scores_path(place: str) -> str:
    """Return where runs and statistics lie; `place` is TRACK/PHASE/ID."""
    return f"scores/{place}.json.gz"


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(data).hexdigest()


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[dict[str, Any]]:
    # A column's name may be more than a text, which JSON does not take.
    return [
        {str(name): value for name, value in row.items()}
        for row in connection.execute(query).mappings()
    ]


def _answers(connection: sa.Connection, submission_id: str) -> bytes | None:
    query = sa.select(predictions.c.packed).where(predictions.c.submission == submission_id)
    return connection.execute(query).scalar_one_or_none()


def _scores(connection: sa.Connection, submission_id: str) -> bytes | None:
    """Return runs and statistics of a submission that has a run, gzipped; equal ones are equal."""
    made = sa.select(runs).where(runs.c.submission == submission_id).order_by(runs.c.number)
    found = _rows(connection, made)
    if not found:
        return None
    kept = (
        sa.select(statistics)
        .where(statistics.c.submission == submission_id)
        .order_by(statistics.c.part, statistics.c.start)
    )
    for run in found:
        run["influences"] = b64encode(run["influences"]).decode()
    rows = _rows(connection, kept)
    return gzip.compress(orjson.dumps({"runs": found, "statistics": rows}), mtime=0)


def _read_scores(connection: sa.Connection, submission_id: str, found: Mapping[str, Any]) -> None:
    for run in found["runs"]:
        run["influences"] = b64decode(run["influences"])
        connection.execute(runs.insert().values(**{**run, "submission": submission_id}))
    for row in found["statistics"]:
        connection.execute(statistics.insert().values(**{**row, "submission": submission_id}))
