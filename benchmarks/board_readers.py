"""Readers of the board: what they ask for, how long they think, what they meet."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AsyncExitStack
from typing import NamedTuple

from benchmarks.board_server import Served
from benchmarks.board_session import UNANSWERED, Query, Rerun, Session
from benchmarks.made_up_board import track

SESSIONS = 20
# Mean seconds that a reader thinks, and for how long all of them read: pressing on, and reading as
# TPC-W has people do it (negative exponential with mean 7 s, clause 5.3.1.1).
PRESSING, READING = 1.0, 7.0
LOAD_SECONDS = {PRESSING: 8.0, READING: 24.0}
ALONE = 9
VISITS = 1_000
VISITS_SECONDS = 180.0
# Streamlit keeps this many closed sessions for whoever comes back within two minutes.
KEPT_SESSIONS = 128
BOARD: Query = {"track": "made-up", "phase": "dev"}
DATASETS = [dataset.id for dataset in track().datasets]
PLAIN = "plain st.dataframe"
# Two addresses of each page, in turns, so that no rerun repeats the former.
PAGES: dict[str, tuple[Query, Query]] = {
    "board": ({"sort": "overall"}, {"q": "Hospital 7", "sort": "dataset/Set3C"}),
    "overview": ({"lang": "en"}, {"lang": "zh"}),
    "compare": ({"entry": ["e1", "e2", "e9"]}, {"entry": ["e4", "e14"], "by": "datasets"}),
    "history": ({"date": "2026-09-10"}, {"date": "2026-10-20"}),
    "analysis": ({"lang": "en"}, {"lang": "zh"}),
    "model": ({"entry": "e7"}, {"entry": "e14"}),
    PLAIN: ({"lang": "en"}, {"lang": "zh"}),
}
# The others' paths are their names.
PATHS = {"overview": "", PLAIN: ""}


class Load(NamedTuple):
    """Reruns, the server's processor seconds meanwhile, and the first visit before them."""

    reruns: list[Rerun]
    processor: float
    first: Rerun


def asked(random_: random.Random, pages: int) -> Query:
    """Return one change that a reader of the board makes."""
    number = random_.randrange(40)
    dataset = random_.choice(DATASETS)
    page = str(random_.randint(1, pages))
    changes: list[Query] = [
        {"sort": f"dataset/{dataset}"},
        {"sort": "parameters", "turned": "1"},
        {"sort": "organisation", "page": page},
        {"page": page},
        {"q": f"Hospital {number}"},
        {"q": f"Model {number}", "sort": "submitted_at"},
        {"org": [f"Hospital {number} 医院", f"Hospital {(number + 3) % 40} 医院"]},
        {"access": "open", "least_size": "7", "least": str(number)},
        {"col": ["organisation", f"dataset/{dataset}", "dimension/dimension2"]},
        {"datasets": "1", "page": page},
    ]
    return random_.choice(changes)


async def together(served: Served, page: str, entries: int, think: float = PRESSING) -> Load:
    """Return what many readers at once meet after their first visits, which end before."""
    async with AsyncExitStack() as stack:
        sessions = [
            await stack.enter_async_context(Session(served.port, PATHS.get(page, page)))
            for _ in range(SESSIONS)
        ]
        visits = [await one.rerun(_fixed(seed)) for seed, one in enumerate(sessions)]
        used = served.processor()
        until = time.monotonic() + LOAD_SECONDS[think]
        readers = (_read(one, seed, until, entries, think) for seed, one in enumerate(sessions))
        reruns = [one for found in await asyncio.gather(*readers) for one in found]
        return Load(reruns, served.processor() - used, visits[0])


async def alone(served: Served, page: str) -> Load:
    """Return what the only reader meets, without thinking."""
    queries: list[Query] = [{**BOARD, "lang": "en", **query} for query in PAGES[page]]
    async with Session(served.port, PATHS.get(page, page)) as session:
        first = await session.rerun(queries[1])
        await session.rerun(queries[0])
        used = served.processor()
        reruns = [await session.rerun(queries[(number + 1) % 2]) for number in range(ALONE)]
        return Load(reruns, served.processor() - used, first)


async def visits(served: Served) -> list[float]:
    """Return the server's memory after each of many visits of the board, in MB.

    Those that only fill Streamlit's store of closed sessions are not counted.
    """
    until = time.monotonic() + VISITS_SECONDS
    random_ = random.Random(0)
    found: list[float] = []
    while len(found) < KEPT_SESSIONS + VISITS and time.monotonic() < until:
        async with Session(served.port, "board") as session:
            await session.rerun({**BOARD, **asked(random_, pages=50)})
        found.append(served.memory())
    return found[KEPT_SESSIONS:]


async def _read(
    session: Session, seed: int, until: float, entries: int, think: float
) -> list[Rerun]:
    """Think and rerun until a moment; whoever is not answered leaves."""
    random_ = random.Random(seed)
    found: list[Rerun] = []
    await asyncio.sleep(_thought(random_, think))
    while time.monotonic() < until:
        query = asked(random_, pages=1 + entries // 200)
        try:
            found.append(await session.rerun({**_fixed(seed), **query}))
        except TimeoutError:
            return [*found, UNANSWERED]
        await asyncio.sleep(_thought(random_, think))
    return found


def _thought(random_: random.Random, mean: float) -> float:
    if mean == PRESSING:
        return random_.uniform(0.5 * mean, 1.5 * mean)
    return random_.expovariate(1 / mean)


def _fixed(seed: int) -> Query:
    return {**BOARD, "lang": "zh" if seed % 2 else "en"}
