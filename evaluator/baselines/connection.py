"""The connection to a provider: bounded in time, following no redirect, failing in sentences."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx2

from evaluator.baselines.reply import Reply, Temporary, Turn
from evaluator.judge_server import CONNECT_SECONDS
from evaluator.texts import _

if TYPE_CHECKING:
    from evaluator.baselines.declaration import Model

TIMED_OUT = _("The provider gave no whole answer within {seconds} s.")
UNREACHABLE = _("The provider cannot be reached, or broke off the connection.")
BAD_FORMAT = _("The provider's answer is not in the format of its interface.")
BROKEN_OFF = _("The provider's answer broke off before its end.")

# A whole request is bounded, not its parts: some servers send blank lines while it waits.
TIMEOUT = httpx2.Timeout(None, connect=CONNECT_SECONDS)
# A server of one's own may want no key; the clients insist on one.
NO_KEY = "none"
Hook = Callable[[httpx2.Response], Awaitable[None]]


def http_client(transport: httpx2.AsyncBaseTransport | None, *hooks: Hook) -> httpx2.AsyncClient:
    """Return a client to build a provider's own client on; `hooks` see responses without a body.

    With a transport of one's own no proxy of the environment comes between.
    """
    return httpx2.AsyncClient(
        transport=transport,
        trust_env=transport is None,
        follow_redirects=False,
        timeout=TIMEOUT,
        # How many requests run at once is the harness's to say.
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=None),
        event_hooks={"response": list(hooks)},
    )


@asynccontextmanager
async def bounded(seconds: float) -> AsyncIterator[None]:
    """Bound a whole request in time, and say in a sentence how the connection failed.

    Raises:
        Temporary: no time is left, the connection failed, or what came cannot be read.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Temporary(TIMED_OUT, seconds=f"{seconds:g}", begun=True) from None
    except httpx2.ConnectError:
        raise Temporary(UNREACHABLE) from None
    except (httpx2.HTTPError, OSError):
        raise Temporary(UNREACHABLE, begun=True) from None
    except ValueError:
        raise Temporary(BAD_FORMAT, begun=True) from None


class OverHTTP(ABC):
    """A provider behind an address, asked through a client of its own on our connection.

    `hooks` see responses without a body.
    """

    def __init__(
        self, model: Model, transport: httpx2.AsyncBaseTransport | None, *hooks: Hook
    ) -> None:
        self._model = model
        self._http = http_client(transport, *hooks)

    async def ask(self, turns: tuple[Turn, ...]) -> Reply:
        """Return the answer.

        Raises:
            Temporary, Unfit, Denied: there is none.
        """
        async with bounded(self._model.pace.timeout_seconds):
            return await self._ask(turns)

    async def close(self) -> None:
        """Release the connections."""
        await self._http.aclose()

    @abstractmethod
    async def _ask(self, turns: tuple[Turn, ...]) -> Reply:
        """Return the answer, in whatever time it takes."""
