"""Time the public board, and beside it a plain page that shows the same file with st.dataframe.

    python -m benchmarks.board

What is measured: the wall time of a rerun as the browser's socket sees it, from sending the new
address to the message that the script has finished. It holds the waiting for other readers, the
script, and the messages on their way; it holds neither the first visit of a session nor what the
browser does with the messages. `script_*` is the part from the message that the script has begun.
Who gets no answer within 30 seconds counts as 30 seconds, and as `unanswered`.
`cpu_ms` is the server's processor time divided by the reruns, the timers of open pages with it:
the figure that other work on the machine moves least.

How: boards of 100, 1,000 and 10,000 made-up entries in 36 datasets, each served by a process of
its own: st.App on FastAPI under uvicorn on loopback, as app.py does. `sessions` real websockets
speak Streamlit's protocol and think before each rerun, `think` seconds in the mean: 0.5 to 1.5,
or as TPC-W has people read, 7 (negative exponential). On the board every rerun asks for another
order, page, search, filter or choice of columns; one in ten shows all 36 datasets. The other pages
are run by one session without thinking.

The peer is what one would write first: `st.dataframe(pd.read_parquet(FILE))`, on the same file and
under the same load. Its browser sorts and searches without asking the server, so it would rerun
less often; and it gets every row at the first visit (`first_visit_mb`, before compression).

`growth` is a page's time at 10,000 entries / at 100: of the only session where nobody else reads,
of all sessions under load, and of processor time. Memory is that of the server of 10,000 entries
over at most 1,000 visits (open, run, close), counted from when Streamlit's store of 128 closed
sessions is full; flat is a last hundred within 5 % of the first hundred. Prints JSON lines, for
about eight minutes: each load ends after seconds, the visits after 180 (`visits` says how many).
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.board_readers import (
    PAGES,
    PLAIN,
    PRESSING,
    READING,
    SESSIONS,
    Load,
    alone,
    together,
    visits,
)
from benchmarks.board_server import ROOT, Served
from benchmarks.board_session import UNANSWERED
from benchmarks.made_up_board import write
from evaluator.board import snapshot_path

SIZES = (100, 1_000, 10_000)
HUNDRED = 100
P95_MS = 300.0
GROWTH = 4.0
FLAT = 1.05
PEER = "import pandas as pd\nimport streamlit as st\n\nst.dataframe(pd.read_parquet({file!r}))\n"


def line(
    page: str, entries: int, sessions: int, measured: Load, think: float = 0.0
) -> dict[str, Any]:
    """Return what is printed of one load."""
    whole = [1000 * one.seconds for one in measured.reruns]
    script = [1000 * one.script for one in measured.reruns]
    return {
        "page": page,
        "entries": entries,
        "sessions": sessions,
        "think": think,
        "reruns": len(whole),
        "unanswered": measured.reruns.count(UNANSWERED),
        "p50_ms": _percentile(whole, 50),
        "p95_ms": _percentile(whole, 95),
        "script_p50_ms": _percentile(script, 50),
        "script_p95_ms": _percentile(script, 95),
        "cpu_ms": round(1000 * measured.processor / len(whole), 1),
        "rerun_kb": round(median(one.received for one in measured.reruns) / 1000, 1),
        "first_visit_mb": round(measured.first.received / 1e6, 2),
    }


def of_size(entries: int, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a board of so many entries, the peer's between them."""
    write(folder, entries)
    peer = folder / "plain.py"
    file = snapshot_path(folder / "board", "made-up", "dev")
    peer.write_text(PEER.format(file=str(file)), "utf-8")
    with Served(peer, folder) as served:
        yield line(PLAIN, entries, 1, asyncio.run(alone(served, PLAIN)))
        for think in (PRESSING, READING):
            loaded = asyncio.run(together(served, PLAIN, entries, think))
            yield line(PLAIN, entries, SESSIONS, loaded, think)
    with Served(ROOT / "leaderboard" / "main.py", folder) as served:
        for page in PAGES:
            if page != PLAIN:
                yield line(page, entries, 1, asyncio.run(alone(served, page)))
        for think in (PRESSING, READING):
            loaded = asyncio.run(together(served, "board", entries, think))
            yield line("board", entries, SESSIONS, loaded, think)
        if entries == max(SIZES):
            yield of_memory(asyncio.run(visits(served)))


def of_memory(found: list[float]) -> dict[str, Any]:
    """Return what is printed of memory; null where the time was too short for a first and last."""
    first, last = median(found[:HUNDRED] or [0.0]), median(found[-HUNDRED:] or [0.0])
    return {
        "memory": "board",
        "visits": len(found),
        "first_hundred_mb": round(first, 1),
        "last_hundred_mb": round(last, 1),
        "ratio": round(last / first, 3) if len(found) >= 2 * HUNDRED else None,
    }


def summary(lines: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield how cost grows with entries, and whether what was asked for is met."""
    few, many = min(SIZES), max(SIZES)
    by = {
        (one["page"], one["entries"], one["sessions"]): one
        for one in lines
        if "page" in one and one["think"] in (0.0, PRESSING)
    }
    reading = next(
        one
        for one in lines
        if one.get("think") == READING and (one["page"], one["entries"]) == ("board", many)
    )

    def grown(page: str, sessions: int, figure: str) -> float:
        high, low = by[page, many, sessions][figure], by[page, few, sessions][figure]
        return float(round(high / low, 2))

    growth = {
        f"{page}, {sessions} sessions": {
            figure: grown(page, sessions, figure) for figure in ("p50_ms", "cpu_ms")
        }
        for page, entries, sessions in by
        if entries == many
    }
    yield {"growth": growth}
    board, peer = by["board", many, SESSIONS], by[PLAIN, many, SESSIONS]
    memory = next(one for one in lines if "memory" in one)
    yield {
        "plain_to_board": {
            figure: round(peer[figure] / board[figure], 2)
            for figure in ("p50_ms", "p95_ms", "cpu_ms", "first_visit_mb")
        },
        "met": {
            "p95_under_300_ms_pressing": board["p95_ms"] < P95_MS,
            "p95_under_300_ms_reading": reading["p95_ms"] < P95_MS,
            "growth_under_4": all(
                one["cpu_ms"] < GROWTH for page, one in growth.items() if not page.startswith(PLAIN)
            ),
            "memory_flat": memory["ratio"] is not None and memory["ratio"] < FLAT,
        },
    }


def machine() -> dict[str, Any]:
    """Return where and beside what this runs; a load near the cores spoils the wall times."""
    import streamlit

    return {
        "cores": os.cpu_count(),
        "load": [round(one, 2) for one in os.getloadavg()],
        "python": platform.python_version(),
        "streamlit": streamlit.__version__,
    }


def _percentile(found: list[float], share: float) -> float:
    return round(float(np.percentile(found, share)), 1)


def main() -> None:
    """Measure every size, print as it goes."""
    print(json.dumps(machine()), flush=True)
    lines: list[dict[str, Any]] = []
    for entries in SIZES:
        with tempfile.TemporaryDirectory() as place:
            for found in of_size(entries, Path(place)):
                lines.append(found)
                print(json.dumps(found), flush=True)
    for found in summary(lines):
        print(json.dumps(found))
    print(json.dumps(machine()))


if __name__ == "__main__":
    main()
