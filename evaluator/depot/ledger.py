"""The ledger: a submission as files of the depot, and back.

Private repositories hold it. In `requests` lies `TRACK/PHASE/ID.json`, what is known of a
submission, signed, with the hashes of its files in `predictions`: `answers/TRACK/PHASE/ID.json.gz`,
and `scores/TRACK/PHASE/ID/HASH.json.gz`, its runs and the statistics of its items. A file never
changes: other scores are another file. Of a withdrawn submission only the record is left, a
tombstone.
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
ANSWERS, SCORES = "answers", "scores"
DIGITS = 16
# How far it was copied is of this database alone.
_OWN = ("revision", "copied")


class Pages(NamedTuple):
    """The files of one submission: where its record lies, the record, and its content by path."""

    path: str
    record: bytes
    content: Mapping[str, bytes]


def write(connection: sa.Connection, submission_id: str) -> Pages:
    """Return the files of a submission, which must exist; of a withdrawn one only its record.

    To be called where nobody else writes: a record has to name just the content beside it.
    """
    [row] = _rows(connection, sa.select(submissions).where(submissions.c.id == submission_id))
    place = f"{row['track']}/{row['phase']}/{row['id']}"
    content = {}
    if answers := _answers(connection, submission_id):
        content[f"{ANSWERS}/{place}.json.gz"] = answers
    if scores := _scores(connection, submission_id):
        content[f"{SCORES}/{place}/{digest(scores)[:DIGITS]}.json.gz"] = scores
    known = {name: value for name, value in row.items() if name not in _OWN}
    hashes = {path: digest(data) for path, data in content.items()}
    return Pages(record_path(place), signed({"submission": known, "files": hashes}), content)


def record_path(place: str) -> str:
    """Return where the record of a submission lies; `place` is TRACK/PHASE/ID."""
    return f"{place}.json"


def place_of(path: str) -> str | None:
    """Return which submission a file is of, as TRACK/PHASE/ID; None of any other file.

    >>> place_of("answers/main/dev/ab.json.gz"), place_of("scores/main/dev/ab/0123.json.gz")
    ('main/dev/ab', 'main/dev/ab')
    """
    kind, _slash, rest = path.partition("/")
    if kind == ANSWERS:
        return rest.removesuffix(".json.gz")
    return rest.rpartition("/")[0] if kind == SCORES else None


def teams(connection: sa.Connection) -> list[dict[str, Any]]:
    """Return who may submit: the digests of tokens, from which no token can be told."""
    return _rows(connection, sa.select(tokens))


def merged(
    ours: Sequence[dict[str, Any]], theirs: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return all tokens that are known here or there, revoked where they are so here or there."""
    found = {row["digest"]: row for row in theirs}
    for row in ours:
        other = found.get(row["digest"], row)
        found[row["digest"]] = {**row, "revoked_at": row["revoked_at"] or other["revoked_at"]}
    return list(found.values())


def write_teams(known: Sequence[dict[str, Any]]) -> bytes:
    """Return the file that says who may submit."""
    return signed({"tokens": sorted(known, key=lambda row: (row["created_at"], row["digest"]))})


def read(
    connection: sa.Connection, record: Mapping[str, Any], files: Mapping[str, bytes]
) -> dict[str, Any]:
    """Put a submission back as it was written, behind those put back before; return its row.

    Where it stood in the middle of its first scoring, or its scores are not there, that begins
    anew.
    """
    row = {name: value for name, value in record["submission"].items() if name != "sequence"}
    scores = next((data for path, data in files.items() if path.startswith(SCORES)), None)
    if row["status"] == "scoring" or (row["status"] == "finished" and scores is None):
        row.update(status="queued", items=0)
    connection.execute(submissions.insert().values(**row, revision=1, copied=1))
    answers = next((data for path, data in files.items() if path.startswith(ANSWERS)), None)
    if answers is not None:
        connection.execute(predictions.insert().values(submission=row["id"], packed=answers))
    if scores is not None:
        _read_scores(connection, row["id"], orjson.loads(gzip.decompress(scores)))
    return row


def knows(record: Mapping[str, Any]) -> bool:
    """Whether a record says only what this version knows."""
    return set(record["submission"]) <= {column.name for column in submissions.c}


def read_teams(connection: sa.Connection, record: Mapping[str, Any]) -> None:
    """Put back who may submit, beside those who are known here already."""
    known = set(connection.execute(sa.select(tokens.c.digest)).scalars())
    for row in record["tokens"]:
        if row["digest"] not in known:
            connection.execute(tokens.insert().values(**row))


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
