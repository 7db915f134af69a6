"""Waiting until a Space runs what was deployed, and is well."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import NamedTuple
from urllib.parse import urlsplit

from evaluator.depot.hub_space import HubSpace, Runtime
from evaluator.depot.push import trying
from evaluator.depot.repository import Busy, Refused
from evaluator.settings import Settings
from evaluator.texts import Sentence, _
from evaluator.variables import is_address

POLL_SECONDS = 5.0
# For so long the Hub may still tell of the commit before.
SETTLING_SECONDS = 60.0
ANSWER_SECONDS = 30.0
LAST_LINES = 20
MASK = "***"
# A Space that sleeps is woken by whoever asks for a page.
STARTED = ("RUNNING", "SLEEPING")
HALTED = ("PAUSED", "STOPPED", "DELETING")
BROKEN = ("BUILD_ERROR", "CONFIG_ERROR", "NO_APP_FILE")
CRASHED = "RUNTIME_ERROR"

STAGE = _("{name}: {stage}")
HALT = _("{name} does not run: on the Hub it is {stage}. Restart it there, then deploy again.")
BREAK = _("{name} does not run: {stage}. {reason}\n{log}\nMend it, then deploy again.")
NO_REASON = Sentence(_("The Hub gives no reason."))
NO_LOG = Sentence(_("The Hub gives no log."))
LATE = _(
    "{name} does not run what was deployed after {seconds} s; it is {stage}. Deploy again to go on "
    "waiting, with a greater --timeout if need be."
)
UNWELL = _(
    "{name} runs, but {address} is not well after {seconds} s: {reason} Read its log on the Hub."
)
UNSAFE = _("{name} has no address that can be asked safely: the Hub says “{address}”.")
SILENT = Sentence(_("it cannot be reached."))


class Wait(NamedTuple):
    """How long is waited, how each step is told, and what of a log is never shown."""

    seconds: float
    say: Callable[[Sentence], None]
    secrets: Collection[str]


def wait_for(space: HubSpace, commit: str, wait: Wait, token: str) -> str:
    """Wait until a Space runs a commit and says that it is well; return its address.

    The token is shown to a private Space only, which asks for it.

    Raises:
        Refused: it does not build, start or get well in time.
        Busy: the Hub cannot be asked.
    """
    deadline = time.monotonic() + wait.seconds
    _wait_until_started(space, commit, wait, deadline)
    address, private = trying()(space.seen)
    if not _is_safe(address):
        raise Refused(UNSAFE, name=space.name, address=address)
    headers = {"Authorization": f"Bearer {token}"} if private else {}
    _wait_until_well(space.name, f"{address}/healthz", headers, wait, deadline)
    return address


def _wait_until_started(space: HubSpace, commit: str, wait: Wait, deadline: float) -> None:
    settled = time.monotonic() + SETTLING_SECONDS
    stage = ""
    while True:
        found = _runtime(space, deadline)
        if found.stage != stage:
            stage = found.stage
            wait.say(Sentence(STAGE, {"name": space.name, "stage": stage}))
        ours = found.commit == commit
        if ours and stage in STARTED:
            return
        if ours or time.monotonic() > settled:
            _check(space, found, wait.secrets)
        if time.monotonic() > deadline:
            raise Refused(LATE, name=space.name, seconds=f"{wait.seconds:g}", stage=stage)
        time.sleep(POLL_SECONDS)


def _runtime(space: HubSpace, deadline: float) -> Runtime:
    """Return what runs, however often the Hub is busy, until there is no time left."""
    while True:
        try:
            return space.runtime()
        except Busy as busy:
            pause = max(POLL_SECONDS, busy.retry_after or 0)
            if time.monotonic() + pause > deadline:
                raise
        time.sleep(pause)


def _check(space: HubSpace, found: Runtime, secrets: Collection[str]) -> None:
    """Refuse a stage that does not pass by itself."""
    if found.stage in HALTED:
        raise Refused(HALT, name=space.name, stage=found.stage)
    if found.stage not in (*BROKEN, CRASHED):
        return
    log = space.log(build=found.stage != CRASHED)
    lines = _masked(log, secrets).splitlines()[-LAST_LINES:]
    raise Refused(
        BREAK,
        name=space.name,
        stage=found.stage,
        reason=_masked(found.reason, secrets) or NO_REASON,
        log="\n".join(lines) or NO_LOG,
    )


def _masked(text: str, secrets: Collection[str]) -> str:
    """Return a text without secrets, and without signs that would steer a terminal."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return "".join(sign for sign in text if sign.isprintable() or sign == "\n")


def _is_safe(address: str) -> bool:
    """Whether a token may go to an address: encrypted, or to this machine."""
    url = urlsplit(address)
    local = Settings(host=url.hostname or "").on_loopback
    return is_address(address) and (url.scheme == "https" or local)


def _wait_until_well(
    name: str, address: str, headers: dict[str, str], wait: Wait, deadline: float
) -> None:
    while True:
        complaint = _complaint(address, headers)
        if complaint is None:
            return
        if time.monotonic() > deadline:
            values = {"name": name, "address": address, "seconds": f"{wait.seconds:g}"}
            raise Refused(UNWELL, **values, reason=complaint)
        time.sleep(POLL_SECONDS)


def _complaint(address: str, headers: dict[str, str]) -> Sentence | None:
    """Return what is wrong with a site, None where it says that it is well."""
    import httpx2

    try:
        answer = httpx2.get(
            address, headers=headers, timeout=ANSWER_SECONDS, follow_redirects=False
        )
        status = answer.json().get("status")
    except httpx2.HTTPError:
        return SILENT
    except (ValueError, AttributeError):
        status = ""
    if answer.status_code == 200 and status == "ok":
        return None
    values = {"status": answer.status_code}
    return Sentence(_("it answers with HTTP status {status}, not that it is well."), values)
