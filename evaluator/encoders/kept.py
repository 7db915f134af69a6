"""Vectors of references and key points, kept on disk from one submission to the next.

On disk, because a challenge's references do not fit into memory: 1.5 kB a token, 4 GB for six
datasets of 1,000 items. In SQLite, because a half-written row is never seen and several workers
may read and write. Answers are not kept. The file says what hidden references mean, so only its
owner may read it.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from evaluator.encoders.encoder import Encoder
from evaluator.encoders.tokens import Tokens

PAGE_BYTES = 16_384
PATIENCE_SECONDS = 30.0
# Rows given up at a time when the file is full.
EVICTED = 64
# What may change the last digits of a vector besides the encoder itself.
LIBRARIES = ("torch", "transformers", "tokenizers")
SCHEMA = """
CREATE TABLE IF NOT EXISTS texts (
    key BLOB PRIMARY KEY,
    day INTEGER NOT NULL,
    windows INTEGER NOT NULL,
    spans BLOB NOT NULL,
    vectors BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS texts_by_day ON texts (day);
"""

log = logging.getLogger(__name__)


class _Row(NamedTuple):
    """A kept text: hash of encoder and text, day of its last use, and what was read."""

    key: bytes
    day: int
    windows: int
    spans: bytes
    vectors: bytes


class Nothing:
    """Keeps nothing: every text is read anew."""

    def tokens(self, encoder: Encoder, texts: Sequence[str]) -> list[Tokens]:
        """Return the texts' vectors."""
        return encoder.tokens(texts)


class Kept:
    """Keeps vectors in one file of at most `limit` bytes.

    A file that cannot be read or written costs speed, not scores: the reason is logged once.
    """

    def __init__(self, file: Path, limit: int) -> None:
        self._file = file
        self._limit = limit
        self._told: set[str] = set()
        self._libraries = "\0".join(version(name) for name in LIBRARIES)
        file.touch(mode=0o600)
        file.chmod(0o600)
        if file.stat().st_size > limit:
            self._shrink()

    def tokens(self, encoder: Encoder, texts: Sequence[str]) -> list[Tokens]:
        """Return the texts' vectors; what is not kept yet is read and kept."""
        keys = {text: self._key(encoder, text) for text in texts}
        found = self._find(list(keys.values()), encoder.hidden)
        missing = [text for text, key in keys.items() if key not in found]
        fresh = dict(zip(missing, encoder.tokens(missing), strict=True))
        if fresh:
            self._keep([_row(keys[text], tokens) for text, tokens in fresh.items()])
        return [fresh[text] if text in fresh else found[keys[text]] for text in texts]

    def _key(self, encoder: Encoder, text: str) -> bytes:
        named = f"{encoder.signature}\0{self._libraries}\0{text}"
        return hashlib.sha256(named.encode(errors="surrogatepass")).digest()

    def _find(self, keys: Sequence[bytes], hidden: int) -> Mapping[bytes, Tokens]:
        marks = ",".join("?" * len(keys))
        try:
            with self._open() as connection:
                rows = connection.execute(
                    f"SELECT key, day, windows, spans, vectors FROM texts WHERE key IN ({marks})",
                    keys,
                ).fetchall()
                stale = [(_today(), row[0]) for row in rows if row[1] < _today()]
                connection.executemany("UPDATE texts SET day = ? WHERE key = ?", stale)
        except sqlite3.Error as error:
            self._tell(error)
            return {}
        return {row[0]: _tokens(_Row(*row), hidden) for row in rows}

    def _keep(self, rows: Sequence[_Row]) -> None:
        """Write the rows; where the file is full, what was last used on an earlier day gives way.

        What was used today stays: references are read in the same order for every submission, and
        giving up the oldest would lose each of them just before it is needed again.
        """
        try:
            while not self._write(rows):
                if not self._evict():
                    log.info("%s is full (%d bytes)", self._file.name, self._limit)
                    return
        except sqlite3.Error as error:
            self._tell(error)

    def _write(self, rows: Sequence[_Row]) -> bool:
        """Write all rows or none; False where there is no room."""
        try:
            with self._open() as connection:
                connection.executemany("INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?, ?)", rows)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                return False
            raise
        return True

    def _evict(self) -> bool:
        with self._open() as connection:
            oldest = "SELECT key FROM texts WHERE day < ? ORDER BY day LIMIT ?"
            gone = connection.execute(
                f"DELETE FROM texts WHERE key IN ({oldest})", (_today(), EVICTED)
            )
            return gone.rowcount > 0

    def _shrink(self) -> None:
        """Empty a file that an earlier, higher limit let grow."""
        try:
            with self._open() as connection:
                connection.execute("DELETE FROM texts")
            with closing(sqlite3.connect(self._file, timeout=PATIENCE_SECONDS)) as connection:
                connection.execute("VACUUM")
        except sqlite3.Error as error:
            self._tell(error)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection of this thread; what is done with it is done as a whole."""
        with closing(sqlite3.connect(self._file, timeout=PATIENCE_SECONDS)) as connection:
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            connection.execute(f"PRAGMA max_page_count = {max(1, self._limit // PAGE_BYTES)}")
            connection.executescript(SCHEMA)
            with connection:
                yield connection

    def _tell(self, error: sqlite3.Error) -> None:
        if str(error) not in self._told:
            log.warning(
                "%s keeps no vectors (%s): scoring goes on, slower; delete the file if it is "
                "damaged",
                self._file,
                error,
            )
        self._told.add(str(error))


def _today() -> int:
    return int(time.time() // 86_400)


def _row(key: bytes, tokens: Tokens) -> _Row:
    return _Row(key, _today(), tokens.windows, tokens.spans.tobytes(), tokens.vectors.tobytes())


def _tokens(row: _Row, hidden: int) -> Tokens:
    return Tokens(
        np.frombuffer(row.vectors, dtype=np.float32).reshape(-1, hidden),
        np.frombuffer(row.spans, dtype=np.int32).reshape(-1, 2),
        row.windows,
    )
