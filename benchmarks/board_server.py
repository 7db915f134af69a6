"""A Streamlit page on a server of its own, as app.py serves the board, to measure from outside.

`python -m benchmarks.board_server SCRIPT PORT` serves the script at /leaderboard/ on loopback; the
class `Served` runs this as a child process and reads its memory and processor time from /proc.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
# Characters of the server's log that are shown when something failed.
SAID = 4000
TICKS = os.sysconf("SC_CLK_TCK")


class Served:
    """A script on a running server, ended when the `with` ends."""

    def __init__(self, script: Path, data_dir: Path) -> None:
        self.port = _free_port()
        self._log = data_dir / f"{script.stem}-{self.port}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.board_server", str(script), str(self.port)],
                cwd=ROOT,
                env={**os.environ, "DATA_DIR": str(data_dir)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def __enter__(self) -> Served:
        until = time.monotonic() + START_SECONDS
        while not self._listens():
            if time.monotonic() > until or self._process.poll() is not None:
                self.__exit__()
                sys.exit(f"the server did not start:\n{self._said()}")
            time.sleep(0.1)
        return self

    def __exit__(self, kind: object = None, *_: object) -> None:
        if kind:
            print(self._said(), file=sys.stderr)
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    def memory(self) -> float:
        """Return the resident memory of the process, in MB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text("ascii")
        kilobytes = next(line.split()[1] for line in status.splitlines() if "VmRSS" in line)
        return int(kilobytes) / 1000

    def processor(self) -> float:
        """Return the seconds of processor time that the process has used."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text("utf-8")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICKS

    def _said(self) -> str:
        return self._log.read_text("utf-8")[-SAID:]

    def _listens(self) -> bool:
        with socket.socket() as tried:
            tried.settimeout(1)
            return tried.connect_ex(("127.0.0.1", self.port)) == 0


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def serve(script: Path, port: int) -> None:
    """Serve a script until the process is ended."""
    import streamlit as st
    import uvicorn
    from fastapi import FastAPI

    page = st.App(script)
    lifespan_of_page = page.lifespan()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with lifespan_of_page(app):
            yield

    app = FastAPI(lifespan=lifespan)
    app.mount("/leaderboard", page)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
