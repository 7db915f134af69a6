"""What the worker brings to the depot: each thing for itself, and what cannot be is logged."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from evaluator.depot.courier import Courier
from evaluator.settings import Settings
from tests.evaluator.depot.house import House


def courier(house: House, folder: Path) -> Courier:
    """Return a courier to folders."""
    settings = Settings(
        data_dir=house.data_dir,
        challenge_dir=folder / "challenge",
        depot_folder=folder / "depot",
    )
    return Courier(settings, house.challenge, house.store)


def there(folder: Path) -> set[str]:
    """Return the repositories that hold something."""
    return {path.name for path in (folder / "depot").iterdir() if (path / "layout.json").exists()}


def test_copies_and_what_the_public_sees(house: House, tmp_path: Path) -> None:
    """References only go by command: the organiser may have corrected them elsewhere."""
    brings = courier(house, tmp_path)
    brings.keep()
    assert there(tmp_path) == {"requests", "predictions"}
    assert house.store.unsynced() == 0
    brings.publish()
    assert there(tmp_path) == {"requests", "predictions", "questions", "results"}


def test_questions_that_cannot_be_read_hold_up_nothing_else(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    brings = courier(house, tmp_path)
    (tmp_path / "challenge" / "mini" / "Choice" / "questions.jsonl").write_text("no JSON", "utf-8")

    with caplog.at_level(logging.ERROR):
        brings.publish()
    assert there(tmp_path) == {"results"}
    assert "questions.jsonl, line 1" in caplog.text


def test_what_cannot_be_copied_is_logged_and_goes_on_waiting(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    brings = courier(house, tmp_path)
    (tmp_path / "depot" / "requests").mkdir(parents=True)
    (tmp_path / "depot" / "requests" / "theirs.txt").write_text("x", "utf-8")

    with caplog.at_level(logging.ERROR):
        brings.keep()
    assert "requests holds files that this software did not put there" in caplog.text
    assert house.store.unsynced(new=True) == 5
