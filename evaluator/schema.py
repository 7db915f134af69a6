"""The tables of the store, and the engine that opens them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

BUSY_SECONDS = 30
METADATA = sa.MetaData()

submissions = sa.Table(
    "submissions",
    METADATA,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(150), nullable=False, unique=True),
    sa.Column("track", sa.String(64), nullable=False),
    sa.Column("phase", sa.String(64), nullable=False),
    sa.Column("team", sa.String(200), nullable=False, index=True),
    sa.Column("provenance", sa.String(20), nullable=False),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("organisation", sa.String(200), nullable=False),
    sa.Column("access", sa.String(20), nullable=False),
    sa.Column("parameters", sa.String(40), nullable=False),
    sa.Column("note", sa.Text),
    sa.Column("origin", sa.Text),
    sa.Column("released", sa.String(10), nullable=False, server_default=""),
    sa.Column("pseudonym", sa.String(16), nullable=False, server_default="", index=True),
    sa.Column("repository", sa.String(200), nullable=False, server_default=""),
    sa.Column("shared", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("file_hash", sa.String(64), nullable=False),
    sa.Column("created_at", sa.String(40), nullable=False),
    sa.Column("status", sa.String(20), nullable=False, index=True),
    sa.Column("items", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("message", sa.Text),
    # Of a withdrawn one: when that was, and how many runs it had had by then.
    sa.Column("withdrawn_at", sa.String(40)),
    sa.Column("withdrawn_runs", sa.Integer, nullable=False, server_default="0", index=True),
    # Raised with every change that is to be copied to the depot; `copied` is the one that was.
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("copied", sa.Integer, nullable=False, server_default="0"),
)

predictions = sa.Table(
    "predictions",
    METADATA,
    sa.Column("submission", sa.String(150), primary_key=True),
    sa.Column("packed", sa.LargeBinary, nullable=False),
)

statistics = sa.Table(
    "item_statistics",
    METADATA,
    sa.Column("submission", sa.String(150), primary_key=True),
    sa.Column("part", sa.String(80), primary_key=True),
    sa.Column("start", sa.Integer, primary_key=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("signature", sa.Text, nullable=False),
    sa.Column("rows", sa.Text, nullable=False),
)

runs = sa.Table(
    "runs",
    METADATA,
    sa.Column("submission", sa.String(150), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("finished_at", sa.String(40), nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("influences", sa.LargeBinary, nullable=False),
)

tokens = sa.Table(
    "tokens",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("team", sa.String(200), nullable=False),
    sa.Column("created_at", sa.String(40), nullable=False),
    sa.Column("revoked_at", sa.String(40)),
)


# Where submissions are copied to: one row.
depots = sa.Table("depots", METADATA, sa.Column("place", sa.Text, primary_key=True))


def open_database(url: str) -> sa.Engine:
    """Return an engine; SQLite waits for other writers and survives a power cut."""
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        if engine.url.database:
            _write_ahead(engine.url.database)
        sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def make_tables(engine: sa.Engine) -> None:
    """Create what a database lacks; one of a former version keeps its rows and gains columns."""
    # Not create_all, which looks first: a process that starts at the same time may be faster.
    with engine.begin() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
        if _missing_columns(connection):
            take_turn(connection)
            # Once more: whoever had the turn before may have added them.
            for column in _missing_columns(connection):
                written = CreateColumn(column).compile(dialect=engine.dialect)
                connection.execute(sa.text(f"ALTER TABLE {column.table} ADD COLUMN {written}"))
        for table in METADATA.sorted_tables:
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))


def take_turn(connection: sa.Connection) -> None:
    """Begin writing, so that from here on no other connection does until this one commits.

    So it is with SQLite, the only database that the settings name; others lock single rows.
    """
    connection.execute(submissions.update().where(submissions.c.id == "").values(status="queued"))


def _missing_columns(connection: sa.Connection) -> list[sa.Column[Any]]:
    """Return the columns that the tables of a former version do not have."""
    inspector = sa.inspect(connection)
    return [
        column
        for table in METADATA.sorted_tables
        for column in table.columns
        if column.name not in {found["name"] for found in inspector.get_columns(table.name)}
    ]


def _write_ahead(file: str) -> None:
    """Switch a SQLite file to its write-ahead log, which it then keeps.

    The switch does not wait for other connections, so two processes that open a new file at once
    would refuse each other; the lock lets them take turns.
    """
    with FileLock(f"{file}.lock"), closing(sqlite3.connect(file, timeout=BUSY_SECONDS)) as opened:
        opened.execute("PRAGMA journal_mode=WAL")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # A transaction that starts reading and then writes would fail at once when another process
    # has written in between; IMMEDIATE makes it wait instead.
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={1000 * BUSY_SECONDS}")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
