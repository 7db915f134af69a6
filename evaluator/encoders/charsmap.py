"""SentencePiece's precompiled character map, written from a table of single characters.

Layout as `tokenizers.normalizers.Precompiled` reads it (SentencePiece, normalizer.cc): u32 byte
count of the trie, the trie, then the replacements in UTF-8, each ended by a zero byte. The trie is
a Darts-clone double array of u32 units: bits 0-7 the byte that leads here, bit 8 "a key ends here",
bits 10-30 the offset; a unit with bit 31 holds a value, the position of the replacement.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from itertools import accumulate

import numpy as np
import numpy.typing as npt

BLOCK = 256
ENDS = 1 << 8
VALUE = 1 << 31


def charsmap(table: Mapping[str, str]) -> bytes:
    """Return the precompiled map that replaces each key, one character, by its value.

    Works because the UTF-8 form of one character is never the beginning of another's: each inner
    node owns a block of 256 units, one a byte, and each key's value a unit after the blocks.
    """
    replacements = sorted(set(table.values()))
    sizes = [len(text.encode()) + 1 for text in replacements]
    positions = dict(zip(replacements, accumulate(sizes, initial=0), strict=False))

    keys = {key.encode(): positions[value] for key, value in table.items()}
    trie = _trie(keys).tobytes()
    strings = b"".join(text.encode() + b"\0" for text in replacements)
    return struct.pack("<I", len(trie)) + trie + strings


def _trie(keys: Mapping[bytes, int]) -> npt.NDArray[np.uint32]:
    prefixes = dict.fromkeys(key[:end] for key in keys for end in range(len(key)))
    blocks = {prefix: BLOCK * i for i, prefix in enumerate(sorted(prefixes, key=len))}
    values = BLOCK * len(blocks)

    # A reader looks anywhere in a value's own block of 256, so the last one is filled up.
    units = np.zeros(values + -(-len(keys) // BLOCK) * BLOCK, dtype="<u4")
    for prefix, block in blocks.items():
        if prefix:
            _link(units, blocks[prefix[:-1]], prefix[-1], block)
    for slot, (key, value) in enumerate(keys.items(), start=values):
        _link(units, blocks[key[:-1]], key[-1], slot, ENDS)
        units[slot] = VALUE | value
    return units


def _link(
    units: npt.NDArray[np.uint32], block: int, byte: int, target: int, flags: int = 0
) -> None:
    units[block + byte] = ((block + byte) ^ target) << 10 | flags | byte
