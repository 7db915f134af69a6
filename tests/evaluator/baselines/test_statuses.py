"""What a status, a header and an error's body mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from evaluator.baselines.reply import Denied, Temporary, Unfit
from evaluator.baselines.statuses import error_of, reply_or_raise, status_within
from evaluator.retry_after import retry_after


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("0", 0.0),
        ("1.5", 1.5),
        ("600", 600.0),
        ("601", 600.0),
        ("1e9", 600.0),
        ("inf", 600.0),
        ("-5", 0.0),
        # A date that has passed, in the three ways of RFC 9110.
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0.0),
        ("Sun Nov  6 08:49:37 1994", 0.0),
        ("Sun, 06 Nov 1994 08:49:37 -0000", 0.0),
        ("Fri, 31 Dec 2999 23:59:59 GMT", 600.0),
        ("", None),
        ("nan", None),
        ("soon", None),
        ("Fri, 99 Dec 2999 23:59:59 GMT", None),
        ("\x00", None),
    ],
)
def test_retry_after(written: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": written}) == seconds


def test_retry_after_a_date_in_another_zone() -> None:
    # Half a minute from now, as a clock in China shows it.
    moment = datetime.now(UTC) + timedelta(hours=8, seconds=30)
    seconds = retry_after({"retry-after": moment.strftime("%a, %d %b %Y %H:%M:%S +0800")})

    assert seconds is not None
    assert 28 < seconds <= 30


def test_no_header_is_no_wish() -> None:
    error = error_of(429, {})

    assert isinstance(error, Temporary)
    assert error.retry_after is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, Unfit) for status in (400, 413, 422)),
        *((status, Temporary) for status in (408, 409, 424, 425, 429, 500, 502, 503, 504, 529)),
        *((status, Denied) for status in (301, 401, 402, 403, 404, 405, 410, 451)),
    ],
)
def test_kinds(status: int, kind: type[Exception]) -> None:
    assert type(error_of(status, {})) is kind


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"code": 429}, 429),
        ({"code": "503"}, 503),
        ({"error": {"code": None, "type": "invalid"}}, 500),
        # Codes that are no statuses of a failure.
        ({"error": {"code": 1301}}, 500),
        ({"error": {"code": 200}}, 500),
        ({"error": {"code": "²"}}, 500),
        ({"error": [{"code": 400}]}, 500),
        ("too long", 500),
        (None, 500),
    ],
)
def test_the_status_of_an_error_amid_a_stream(body: object, status: int) -> None:
    assert status_within(body) == status


def test_a_filters_word_in_a_message_is_not_its_code() -> None:
    with pytest.raises(Unfit):
        reply_or_raise(400, {}, {"error": {"message": "content_filter"}})
