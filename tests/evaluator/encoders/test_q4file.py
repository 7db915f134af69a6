import struct
from pathlib import Path

import numpy as np
import pytest

from evaluator.encoders.q4file import Q4File, Shape, SpecialIds, open_q4
from evaluator.errors import EvaluatorError

SHAPE = Shape(32, 0, 1, 32, 2, 8, 1, 1e-12)
SCALES = np.array([0.5, -2.0], "<f2").tobytes()
# Byte j holds weight j in its low half and weight j + 16 in its high half.
BLOCKS = SCALES[:2] + bytes(range(16)) + SCALES[2:] + bytes([0x0F] * 16)
FLOATS = np.array([1.5, -0.25], "<f4").tobytes()


def packed(version: int = 1, block: int = 32) -> bytes:
    """Return a whole file: two pieces, two replacements, one tensor of each kind."""
    head = struct.pack("<4sI7ifi", b"E5S1", version, *SHAPE, block)
    pieces = struct.pack("<5iQ3I2f", 2, 0, 1, 0, 1, 4, 0, 1, 4, -1.0, -2.5) + "a热".encode()
    table = struct.pack("<iI", 2, 22)
    table += struct.pack("<IB2I", ord("㎎"), 2, ord("m"), ord("g")) + struct.pack("<IB", 1, 0)
    size = len(head) + len(pieces) + len(table) + 4 + 2 * (2 + 1 + 21)
    directory = struct.pack("<i", 2)
    directory += struct.pack("<H1sBIQQ", 1, b"q", 1, 64, size, 36)
    directory += struct.pack("<H1sBIQQ", 1, b"f", 0, 2, size + 36, 8)
    return head + pieces + table + directory + BLOCKS + FLOATS


@pytest.fixture
def file(tmp_path: Path) -> Q4File:
    path = tmp_path / "tiny.bin"
    path.write_bytes(packed())
    return open_q4(path)


def test_head(file: Q4File) -> None:
    assert file.shape == pytest.approx(SHAPE)
    assert file.special == SpecialIds(begin=0, end=1, padding=0, unknown=1)
    assert file.pieces == (("a", -1.0), ("热", -2.5))
    assert file.replacements == {"㎎": "mg", "\x01": ""}


def test_four_bit_tensor(file: Q4File) -> None:
    low = [(nibble - 8) * 0.5 for nibble in range(16)]
    assert file.tensor("q").tolist() == low + [-4.0] * 16 + [-14.0] * 16 + [16.0] * 16


def test_float_tensor(file: Q4File) -> None:
    assert file.tensor("f").tolist() == [1.5, -0.25]


@pytest.mark.parametrize(
    "data", [packed(version=2), packed(block=64), b"GGUF" + packed()[4:]], ids=["v2", "64", "GGUF"]
)
def test_another_format_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(data)
    with pytest.raises(EvaluatorError, match=r"other\.bin is not a weight file"):
        open_q4(path)
