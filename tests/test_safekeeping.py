"""A team is told after its submission was copied, and what could be lost is bounded."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from challenge.safekeeping import Safekeeping
from evaluator import copies
from evaluator.errors import NotAllowed
from evaluator.records import part_id
from tests.evaluator.depot.house import ANSWERS, House, empty_house
from tests.folders import mini_challenge


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A database without submissions."""
    return empty_house(tmp_path / "data", mini_challenge(tmp_path / "challenge"))


def copy(house: House, *keys: str) -> None:
    """Note that these were copied."""
    with house.store.engine.begin() as connection:
        copies.settle(connection, "there")
    copies.mark_copied(house.store.engine, "there", dict.fromkeys(keys, 1))


def test_it_waits_for_a_submission_and_its_parts(house: House) -> None:
    keeper = Safekeeping(house.store, keeps=True, seconds=30)
    key = house.submit(private={"test": ANSWERS})
    both = [key, part_id(key, "test")]
    ended = threading.Event()
    waits = threading.Thread(target=lambda: (keeper.wait(both), ended.set()))
    waits.start()

    copy(house, key)
    assert not ended.wait(0.5)
    assert not keeper.is_kept(both)
    copy(house, both[1])
    assert ended.wait(10)
    assert keeper.is_kept(both)
    waits.join()


def test_it_does_not_wait_for_ever(house: House) -> None:
    keeper = Safekeeping(house.store, keeps=True, seconds=0.2)
    key = house.submit()
    begun = time.monotonic()

    keeper.wait([key])
    assert 0.2 <= time.monotonic() - begun < 5
    assert not keeper.is_kept([key])


def test_without_another_place_nothing_is_waited_for(house: House) -> None:
    keeper = Safekeeping(house.store, keeps=False, seconds=30, most=1)
    keys = [house.submit(), house.submit()]

    keeper.wait(keys)
    assert keeper.is_kept(keys)
    with house.store.engine.begin() as connection:
        keeper.admit(connection)


def test_no_more_are_taken_than_may_be_lost(house: House) -> None:
    keeper = Safekeeping(house.store, keeps=True, most=2)

    def submit() -> str:
        return house.submit(admit=lambda connection, _moment: keeper.admit(connection))

    first, second = submit(), submit()
    with pytest.raises(NotAllowed, match="2 wait for it already; nothing was stored"):
        submit()
    assert len(house.rows()["submissions"]) == 2
    # One that was copied and has changed since is in two places.
    copy(house, first)
    house.store.begin(first)
    third = submit()
    with pytest.raises(NotAllowed):
        submit()
    copy(house, second, third)
    submit()
