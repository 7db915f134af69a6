"""What a provider's refusal means: a filter's work, or one of three kinds of error."""

from __future__ import annotations

from collections.abc import Mapping

from evaluator.baselines.reply import Denied, ProviderError, Reply, Temporary, Unfit
from evaluator.judge_server import FILTERED, UNFIT
from evaluator.retry_after import retry_after
from evaluator.texts import _

# Besides these, every status from 500; 424 is how text-generation-inference says that it failed.
BUSY = (408, 409, 424, 425, 429)
FAILED = 500
# OpenAI says so with status 429, which otherwise passes by itself; DashScope with 400.
NO_CREDIT = ("insufficient_quota", "Arrearage", "billing_error")

UNFIT_STATUS = _("The provider does not take this request: HTTP status {status}.")
BUSY_STATUS = _("The provider is busy or has failed: HTTP status {status}.")
DENIED_STATUS = _(
    "The provider takes no request: HTTP status {status}. Check the key, the model's id and "
    "base_url."
)
REDIRECTED = _("The server redirects to another address, which is not followed; name that one.")
ACCOUNT_EMPTY = _("The provider takes no request: the account has no credit left.")


def reply_or_raise(status: int, headers: Mapping[str, str], body: object) -> Reply:
    """Return the reply that a filter left of an answer, which is none.

    `body` is the refusal's JSON as Python reads it. To be called where no client's error is being
    handled: one error shown together with another would repeat the server's words.

    Raises:
        Temporary, Unfit, Denied: it was no filter.
    """
    words = _words(body)
    if any(word in NO_CREDIT for word in words):
        raise Denied(ACCOUNT_EMPTY)
    for word in words:
        if word in FILTERED:
            request = headers.get("x-request-id", "")
            return Reply("", "", "filtered", "", request=request, finish=word)
    raise error_of(status, headers)


def error_of(status: int, headers: Mapping[str, str]) -> ProviderError:
    """Return the error that an HTTP status means; redirects are not followed and so denied."""
    if status in UNFIT:
        return Unfit(UNFIT_STATUS, status=status)
    if status in BUSY or status >= FAILED:
        return Temporary(BUSY_STATUS, status=status, retry_after=retry_after(headers))
    return Denied(REDIRECTED if status < 400 else DENIED_STATUS, status=status)


def status_within(body: object) -> int:
    """Return the status that an error amid a stream gives as its code, else that of a failure.

    >>> status_within({"error": {"message": "too long", "code": 400}})
    400
    >>> status_within({"error": "out of memory"})
    500
    """
    codes = [int(word) for word in _words(body) if word.isascii() and word.isdigit()]
    return next((code for code in codes if 400 <= code < 600), FAILED)


def _words(body: object) -> tuple[str, ...]:
    """Return the code and the type of an error, as far as it has them."""
    error = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return ()
    return tuple(str(error[name]) for name in ("code", "type") if error.get(name) is not None)
