"""What a run may cost, worked by hand, and with whatever requests turn out to use."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.baselines.budget import Budget, BudgetSpent, NoPrice
from evaluator.baselines.declaration import Model
from evaluator.baselines.reply import Usage
from tests.evaluator.baselines.running import model_at

TOLERANCE = 1e-9


def priced(**price: float) -> Model:
    """Return a model that costs a dollar a token, so that figures are easily added."""
    dollars = {"input": 1e6, "output": 1e6, **price}
    return model_at(price={**dollars, "source": "list", "date": "2026-01-01"})


def begin(budget: Budget, text_bytes: int, most_tokens: int = 10) -> Awaitable[float]:
    """Set the most aside that a request of so many bytes may cost."""
    return budget.begin(Usage(text_bytes, most_tokens))


def test_what_is_set_aside_and_what_is_spent() -> None:
    async def asking() -> None:
        budget = Budget(priced(input=2e6), limit=100, used=[Usage(1, 2), Usage(3, 4)])
        # 2 · 4 + 6.
        assert budget.spent == 14
        # 2 · 8 bytes, and at most 10 tokens of answer.
        assert await begin(budget, 8) == 26
        assert budget.spent == 14
        # Spent is what it used, 2 · 5 + 3, not what was set aside.
        await budget.end(26, Usage(5, 3))
        assert budget.spent == 27
        # 27 + 2 · 31 + 10 = 99 fits, with a byte more it would not.
        assert await begin(budget, 31) == 72
        await budget.end(72, Usage())
        with pytest.raises(BudgetSpent, match=r"27\.0000 USD are spent, .* 74\.0000 USD, more"):
            await begin(budget, 32)

    asyncio.run(asking())


def test_the_last_cent_may_be_spent() -> None:
    async def asking() -> None:
        budget = Budget(priced(), limit=12)
        await budget.end(await begin(budget, 2), Usage(2, 10))
        assert budget.spent == 12
        with pytest.raises(BudgetSpent):
            await begin(budget, 0)

    asyncio.run(asking())


def test_a_request_waits_for_what_others_may_leave() -> None:
    async def asking() -> list[str]:
        budget, told = Budget(priced(), limit=15), []
        first = await begin(budget, 0)

        async def second() -> None:
            aside = await begin(budget, 0)
            told.append(f"begun at {budget.spent}")
            await budget.end(aside, Usage(0, 10))

        waiting = asyncio.create_task(second())
        await asyncio.sleep(0.01)
        told.append("still waiting")
        # 10 were set aside and 4 used: 11 are left, of which the second may use 10.
        await budget.end(first, Usage(0, 4))
        await waiting
        return [*told, f"ended at {budget.spent}"]

    assert asyncio.run(asking()) == ["still waiting", "begun at 4.0", "ended at 14.0"]


def test_all_that_wait_stop_when_nothing_is_left_for_them() -> None:
    async def asking() -> list[object]:
        budget = Budget(priced(), limit=15)
        first = await begin(budget, 0)
        waiting = [asyncio.create_task(begin(budget, 0)) for _ in range(3)]
        await asyncio.sleep(0.01)
        await budget.end(first, Usage(0, 6))
        found: list[object] = list(await asyncio.gather(*waiting, return_exceptions=True))
        return found

    assert [type(found) for found in asyncio.run(asking())] == [BudgetSpent] * 3


def test_a_limit_needs_a_price() -> None:
    with pytest.raises(NoPrice, match="tested declares no price, so no cost can be limited"):
        Budget(model_at(), limit=1)


@pytest.mark.parametrize("price", [None, {"input": 1e6, "output": 1e6}])
def test_without_a_limit_nothing_stops(price: dict[str, float] | None) -> None:
    async def asking() -> float:
        budget = Budget(priced(**price) if price else model_at(), limit=None)
        for _ in range(5):
            await budget.end(await begin(budget, 10**9), Usage(10**6, 10**6))
        return budget.spent

    # Five times 2 · 10^6 tokens at a dollar each; without a price nobody knows.
    assert asyncio.run(asking()) == (10**7 if price else 0)


def test_ever_fewer_run_at_once_as_the_limit_nears() -> None:
    """Each sets 4 aside and uses 1: with 10, so many as (10 - spent) / 4 run at once."""

    async def asking() -> tuple[list[tuple[float, int]], float]:
        budget, seen = Budget(priced(), limit=10), []
        running = 0

        async def one() -> None:
            nonlocal running
            aside = await begin(budget, 0, 4)
            running += 1
            seen.append((budget.spent, running))
            await asyncio.sleep(0.01)
            running -= 1
            await budget.end(aside, Usage(0, 1))

        await asyncio.gather(*(one() for _ in range(8)), return_exceptions=True)
        return seen, budget.spent

    seen, spent = asyncio.run(asking())
    # At 7 spent the next might cost 11 in all: the eighth is not begun.
    assert (len(seen), spent) == (7, 7)
    most = {before: max(n for found, n in seen if found == before) for before, _ in seen}
    assert all(running <= (10 - before) // 4 for before, running in most.items())
    assert most[0] == 2


REQUESTS = st.lists(
    st.tuples(
        st.integers(0, 500),  # bytes
        st.floats(0, 1),  # the share of them that are tokens
        st.integers(0, 40),  # tokens of answer, of at most 40
        st.integers(0, 3),  # turns of the loop that it takes
        st.booleans(),  # it fails, and nothing is used
    ),
    max_size=25,
)


@given(REQUESTS, st.floats(0.01, 3000), st.integers(1, 9), st.floats(0, 7), st.floats(0, 7))
def test_no_more_than_the_limit_is_ever_spent(
    requests: list[tuple[int, float, int, int, bool]],
    limit: float,
    slots: int,
    input_price: float,
    output_price: float,
) -> None:
    model = priced(input=input_price * 1e6, output=output_price * 1e6)

    async def asking() -> tuple[float, int]:
        budget, waiting, refused = Budget(model, limit), iter(requests), 0

        async def slot() -> None:
            nonlocal refused
            for size, share, answered, turns, failed in waiting:
                try:
                    aside = await budget.begin(Usage(size, 40))
                except BudgetSpent:
                    refused += 1
                    return
                for _ in range(turns):
                    await asyncio.sleep(0)
                used = Usage() if failed else Usage(int(size * share), answered)
                await budget.end(aside, used)
                assert budget.spent <= limit + TOLERANCE

        await asyncio.gather(*(slot() for _ in range(slots)))
        return budget.spent, refused

    spent, refused = asyncio.run(asking())
    assert spent <= limit + TOLERANCE
    # Nothing is stopped that all together could not have exceeded.
    most = sum(size * input_price + 40 * output_price for size, *_ in requests)
    assert not refused or most > limit - TOLERANCE
