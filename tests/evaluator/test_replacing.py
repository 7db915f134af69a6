"""A file is replaced as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.replacing import replacing


def test_the_file_is_the_old_one_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "board.txt"
    with replacing(path) as draft:
        draft.write_text("old")
    with replacing(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert [one.name for one in path.parent.iterdir()] == ["board.txt"]


def test_of_a_failure_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "board.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as draft:
        draft.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["board.txt"]
