"""A reader of a Streamlit page without a browser: its socket, its messages, its cache of them.

As a browser would, it names the large messages that it still holds, so that the server need not
send them again, and it runs the fragments that ask to be run every few seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from types import TracebackType
from typing import NamedTuple
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

PATIENCE_SECONDS = 30.0
# Names and values of an address; a list is a name that comes several times.
Query = Mapping[str, str | list[str]]
# How many runs a browser keeps a large message that came no more (global.maxCachedMessageAge).
KEPT_RUNS = 2


class Rerun(NamedTuple):
    """One run of a page as its socket saw it.

    `seconds` are from asking to the message that the script has finished; `script` is the part
    from the message that it has begun; `received` is in bytes, as they are after decompression.
    """

    seconds: float
    script: float
    received: int
    markup: str


UNANSWERED = Rerun(PATIENCE_SECONDS, PATIENCE_SECONDS, 0, "")


class Session:
    """One reader on one page; `async with` opens and closes the socket, `rerun` runs the page."""

    def __init__(self, port: int, page: str) -> None:
        self._base = f"127.0.0.1:{port}/leaderboard"
        self._page = page
        self._query = ""
        self._script_hash = ""
        self._cached: dict[str, int] = {}
        self._runs = 0
        self._turn = asyncio.Lock()
        self._timers: dict[str, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Session:
        self._socket: ClientConnection = await connect(
            f"ws://{self._base}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=f"http://{self._base.partition('/')[0]}",  # type: ignore[arg-type]
            max_size=None,
            # A browser sends none.
            ping_interval=None,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for timer in self._timers.values():
            timer.cancel()
        await self._socket.close()

    async def rerun(self, query: Query) -> Rerun:
        """Run the page at another address.

        Raises:
            RuntimeError: the page failed.
            TimeoutError: it did not end in time.
        """
        async with self._turn:
            self._query = urlencode(query, doseq=True)
            return await self._run(self._asked(), ForwardMsg.FINISHED_SUCCESSFULLY)

    async def _run(self, asked: BackMsg, end: int) -> Rerun:
        raw = asked.SerializeToString()
        began = time.perf_counter()
        await self._socket.send(raw)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._answer(began, end)

    async def _answer(self, began: float, end: int) -> Rerun:
        script_began, received, markup = began, 0, ""
        while True:
            raw = await self._socket.recv(decode=False)
            now = time.perf_counter()
            received += len(raw)
            message = ForwardMsg.FromString(raw)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                script_began = now
            elif kind == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise RuntimeError("the page failed: its script cannot be compiled")
                if message.script_finished == end:
                    self._forget(end)
                    return Rerun(now - began, now - script_began, received, markup)
            elif kind == "navigation":
                self._script_hash = message.navigation.page_script_hash
            elif kind == "auto_rerun":
                self._set_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            else:
                markup += self._read(message)

    def _read(self, message: ForwardMsg) -> str:
        """Keep a message as a browser would; return the markup that it holds."""
        element = message.delta.new_element
        if element.WhichOneof("type") == "exception" or message.HasField("page_not_found"):
            raise RuntimeError(f"the page failed: {element.exception.message or 'not found'}")
        if message.metadata.cacheable or message.ref_hash in self._cached:
            self._cached[message.hash or message.ref_hash] = self._runs
        return element.html.body

    def _set_timer(self, fragment: str, seconds: float) -> None:
        if fragment not in self._timers:
            self._timers[fragment] = asyncio.create_task(self._ring(fragment, seconds))

    async def _ring(self, fragment: str, seconds: float) -> None:
        """Run a fragment again and again, never together with the page: Streamlit may lose one."""
        while True:
            await asyncio.sleep(seconds)
            async with self._turn:
                message = self._asked()
                message.rerun_script.fragment_id = fragment
                message.rerun_script.is_auto_rerun = True
                await self._run(message, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)

    def _forget(self, end: int) -> None:
        self._runs += end == ForwardMsg.FINISHED_SUCCESSFULLY
        oldest = self._runs - KEPT_RUNS
        self._cached = {one: run for one, run in self._cached.items() if run >= oldest}

    def _asked(self) -> BackMsg:
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query
        # A browser knows a page's name before its first run, and its hash after it.
        state.page_name = "" if self._script_hash else self._page
        state.page_script_hash = self._script_hash
        state.cached_message_hashes.extend(self._cached)
        state.context_info.url = f"http://{self._base}/{self._page}"
        state.context_info.timezone = "Asia/Shanghai"
        state.context_info.locale = "zh-CN"
        return message
