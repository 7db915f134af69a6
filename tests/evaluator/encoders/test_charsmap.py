import struct
import unicodedata

import pytest
from tokenizers.normalizers import Precompiled

from evaluator.encoders.charsmap import charsmap

TABLE = {"Ａ": "A", "℃": "°C", "㎎": "mg", "\t": " ", "½": "1⁄2", "𝐀": "A", "﷽": "x" * 18}


def test_layout_of_a_map_with_one_character() -> None:
    # Root block 0 (256 units) and one value unit filled up to a second block: 512 units of 4 bytes.
    raw = charsmap({"\t": " "})
    assert struct.unpack_from("<I", raw) == (2048,)
    units = struct.unpack_from("<512I", raw, 4)
    assert units[9] == (9 ^ 256) << 10 | 1 << 8 | 9
    assert units[256] == 1 << 31
    assert raw[2052:] == b" \0"


@pytest.mark.parametrize(("character", "replacement"), TABLE.items())
def test_each_character_is_replaced(character: str, replacement: str) -> None:
    normalizer = Precompiled(charsmap(TABLE))
    assert normalizer.normalize_str(f"a{character}{character}b") == f"a{replacement * 2}b"


def test_nothing_else_is_touched() -> None:
    normalizer = Precompiled(charsmap(TABLE))
    others = [chr(code) for code in range(1, 0x20000) if not 0xD800 <= code < 0xE000]
    changed = [c for c in others if c not in TABLE and normalizer.normalize_str(c) != c]
    assert changed == []


def test_a_large_table() -> None:
    folded = {
        chr(c): unicodedata.normalize("NFKC", chr(c))
        for c in range(0xA0, 0x1F000)
        if not 0xD800 <= c < 0xE000
    }
    table = {c: text for c, text in folded.items() if c != text}
    normalizer = Precompiled(charsmap(table))
    assert len(table) > 4000
    assert {c: normalizer.normalize_str(c) for c in table} == table
