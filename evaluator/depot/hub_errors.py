"""What goes wrong with a Hub, in sentences, and whether it is worth another try."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from evaluator.depot.repository import Busy, Conflict, Refused
from evaluator.retry_after import retry_after
from evaluator.texts import _

STALE = (409, 412)
BUSY = (408, 425, 429)
FAILED = 500
# Full, read-only or closed to us: to wait would not help.
OF_THIS_DISK = (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT)

THROTTLED = _("{name} cannot be read or written now: the Hub is busy (HTTP status {status}).")
UNREACHABLE = _("{name} cannot be read or written now: the Hub cannot be reached.")
CHANGED = _("{name} was changed meanwhile.")
NOT_OURS = _(
    "{name} cannot be read or written with this token (HTTP status {status}). Check the name, that "
    "it is yours or your organisation's, and that the token may write."
)
NO_NAME = _("{name} is no name that the Hub takes; write OWNER/NAME as the Hub shows it.")


@contextmanager
def told(name: str, refused: str = NOT_OURS, no_name: str = NO_NAME) -> Iterator[None]:
    """Say in sentences what the client raises, without its words: they may quote the token."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        yield
    except HfHubHTTPError as error:
        status, headers = error.response.status_code, error.response.headers
    except HFValidationError:
        raise Refused(no_name, name=name) from None
    except (httpx2.HTTPError, OSError) as error:
        if getattr(error, "errno", None) in OF_THIS_DISK:
            raise
        raise Busy(UNREACHABLE, name=name) from None
    else:
        return
    if status in STALE:
        raise Conflict(CHANGED, name=name)
    if status in BUSY or status >= FAILED:
        raise Busy(THROTTLED, name=name, status=status, retry_after=_pause(headers))
    raise Refused(refused, name=name, status=status)


def _pause(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the Hub asks to wait, in its own way or the usual one.

    >>> _pause({"ratelimit": '"api";r=0;t=55'}), _pause({"retry-after": "2"})
    (55.0, 2.0)
    """
    from huggingface_hub.utils._http import parse_ratelimit_headers

    told = parse_ratelimit_headers(headers)
    if told and told.remaining == 0:
        return float(told.reset_in_seconds)
    return retry_after(headers)
