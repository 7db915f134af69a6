"""The packaged encoder, loaded once for all tests: it takes seconds and a gigabyte."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluator.encoders import Encoder, load_encoder


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """Return the packaged encoder."""
    return load_encoder("packaged")


@pytest.fixture(scope="session")
def exported(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder holding the packaged encoder as transformers saves it (half a gigabyte)."""
    folder = tmp_path_factory.mktemp("exported")
    encoder.export(folder)
    yield folder
    shutil.rmtree(folder)
