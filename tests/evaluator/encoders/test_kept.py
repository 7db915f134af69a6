"""Vectors kept between submissions: the same, few enough, private, and never in the way."""

from __future__ import annotations

import logging
import multiprocessing
import sqlite3
import stat
from pathlib import Path

import numpy as np
import pytest

from evaluator.encoders import Encoder, Tokens, keep_vectors, kept, known_tokens, load_encoder
from evaluator.encoders.kept import PAGE_BYTES, Kept
from tests.evaluator.encoders.small import LETTERS, letter_tokenizer, save, small_bert

MEGABYTE = 1_000_000
TEXTS = ["fever", "", "no fever", LETTERS, "fever"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("models") / "small", small_bert(), letter_tokenizer())


@pytest.fixture
def small(folder: Path) -> Encoder:
    return load_encoder(f"path:{folder}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "vectors.sqlite"


class Unread:
    """Stands for an encoder that must not be asked."""

    def __init__(self, encoder: Encoder) -> None:
        self.signature, self.hidden = encoder.signature, encoder.hidden

    def tokens(self, texts: list[str]) -> list[Tokens]:
        assert texts == []
        return []


def same(one: Tokens, other: Tokens) -> bool:
    """Whether two readings of a text agree to the last bit."""
    return (
        np.array_equal(one.vectors, other.vectors)
        and np.array_equal(one.spans, other.spans)
        and one.windows == other.windows
    )


def kept_texts(file: Path) -> int:
    with sqlite3.connect(file) as connection:
        return connection.execute("SELECT count(*) FROM texts").fetchone()[0]


def test_cold_and_warm_are_what_the_encoder_reads(small: Encoder, file: Path) -> None:
    fresh = small.tokens(TEXTS)
    cold = Kept(file, MEGABYTE).tokens(small, TEXTS)
    warm = Kept(file, MEGABYTE).tokens(Unread(small), TEXTS)

    assert all(map(same, cold, fresh))
    assert all(map(same, warm, fresh))
    # 26 letters through windows of 10.
    assert warm[3].windows == 5


def test_kept_vectors_cannot_be_changed(small: Encoder, file: Path) -> None:
    for _time in range(2):
        (tokens,) = Kept(file, MEGABYTE).tokens(small, ["fever"])
        with pytest.raises(ValueError, match="read-only"):
            tokens.vectors[0] = 0


def test_another_encoder_reads_anew(small: Encoder, file: Path, tmp_path: Path) -> None:
    Kept(file, MEGABYTE).tokens(small, ["fever"])
    place = save(tmp_path / "small", small_bert(seed=1), letter_tokenizer())
    other = load_encoder(f"path:{place}")

    (tokens,) = Kept(file, MEGABYTE).tokens(other, ["fever"])

    assert same(tokens, other.tokens(["fever"])[0])
    assert not same(tokens, small.tokens(["fever"])[0])


def test_other_libraries_read_anew(
    small: Encoder, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Kept(file, MEGABYTE).tokens(small, ["fever"])
    monkeypatch.setattr(kept, "version", lambda name: "0.0")
    Kept(file, MEGABYTE).tokens(small, ["fever"])
    assert kept_texts(file) == 2


def test_only_the_owner_may_read_the_file(small: Encoder, file: Path) -> None:
    file.touch(mode=0o644)
    Kept(file, MEGABYTE).tokens(small, TEXTS)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert modes == {"vectors.sqlite": 0o600}


def test_no_text_is_written(small: Encoder, file: Path) -> None:
    Kept(file, MEGABYTE).tokens(small, ["secretreference"])
    assert b"secret" not in file.read_bytes()


def test_the_file_stays_within_its_limit_and_scores_stay_right(small: Encoder, file: Path) -> None:
    limit = 10 * PAGE_BYTES
    shelf = Kept(file, limit)
    texts = [first + second for first in LETTERS for second in LETTERS]
    for start in range(0, len(texts), 4):
        group = texts[start : start + 4]
        assert all(map(same, shelf.tokens(small, group), small.tokens(group)))
        assert file.stat().st_size <= limit
    assert 0 < kept_texts(file) < len(texts)


def test_what_was_used_today_stays_when_the_file_is_full(
    small: Encoder, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Kept(file, 10 * PAGE_BYTES)
    texts = [first + second for first in LETTERS for second in LETTERS]
    shelf.tokens(small, ["fever"])
    for text in texts:
        shelf.tokens(small, [text])
    before = kept_texts(file)
    assert same(shelf.tokens(Unread(small), ["fever"])[0], small.tokens(["fever"])[0])

    # A day later "fever" is asked for again, the others are not: they give way.
    monkeypatch.setattr(kept, "_today", lambda: 10**6)
    shelf.tokens(Unread(small), ["fever"])
    for text in ("chill", "cough"):
        shelf.tokens(small, [text])
    shelf.tokens(Unread(small), ["fever", "chill", "cough"])
    assert kept_texts(file) < before


def test_a_lower_limit_empties_the_file(small: Encoder, file: Path) -> None:
    texts = [first + second for first in LETTERS for second in LETTERS]
    Kept(file, MEGABYTE).tokens(small, texts)
    assert file.stat().st_size > 20 * PAGE_BYTES
    Kept(file, 20 * PAGE_BYTES)
    assert file.stat().st_size <= 20 * PAGE_BYTES


@pytest.mark.parametrize("damage", [b"not a database at all" * 1000, None], ids=["text", "cut"])
def test_a_damaged_file_costs_speed_and_is_named_once(
    damage: bytes | None, small: Encoder, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Kept(file, MEGABYTE).tokens(small, TEXTS)
    file.write_bytes(damage or file.read_bytes()[: PAGE_BYTES + 100])
    shelf = Kept(file, MEGABYTE)
    with caplog.at_level(logging.WARNING):
        for _time in range(2):
            assert all(map(same, shelf.tokens(small, TEXTS), small.tokens(TEXTS)))
    assert len({record.getMessage() for record in caplog.records}) == len(caplog.records) >= 1
    assert "vectors.sqlite keeps no vectors" in caplog.text


def read_many(model: str, file: str, start: int) -> bool:
    """Read in a process of its own; whether all was as the encoder reads it."""
    encoder = load_encoder(model)
    shelf = Kept(Path(file), MEGABYTE)
    texts = [LETTERS[i : i + 5] for i in range(start, start + 12)]
    return all(all(map(same, shelf.tokens(encoder, texts), encoder.tokens(texts))) for _ in "123")


def test_workers_may_share_the_file(small: Encoder, file: Path) -> None:
    jobs = [(small.name, str(file), start) for start in (0, 4, 8)]
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert pool.starmap(read_many, jobs) == [True] * 3
    assert kept_texts(file) == 20


def test_a_process_keeps_vectors_only_when_told(small: Encoder, file: Path) -> None:
    known_tokens(small, ["fever"])
    keep_vectors(file, MEGABYTE)
    try:
        known_tokens(small, ["fever", "chill"])
        assert kept_texts(file) == 2
    finally:
        keep_vectors(None)
    known_tokens(small, ["cough"])
    assert kept_texts(file) == 2
