"""Single variables of the environment, read and checked; each error names its variable.

All raise an EvaluatorError where a variable holds something that is not of its kind.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path

from evaluator.errors import EvaluatorError
from evaluator.texts import _

LAST_PORT = 65_535
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,95}/[A-Za-z0-9][A-Za-z0-9_.-]{0,95}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_ADDRESS = re.compile(
    r"https?://(?:(?P<ip>[0-9.]+|\[[0-9A-Fa-f:.]+\])|[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*)"
    r"(?::(?P<port>[0-9]{1,5}))?(?:/[A-Za-z0-9._~%/-]*)?"
)


def is_address(written: str) -> bool:
    """Whether a text is an http(s) address without user, password, query and blanks.

    >>> is_address("https://host/v1"), is_address("https://me:secret@host/v1")
    (True, False)
    """
    found = _ADDRESS.fullmatch(written)
    return found is not None and _possible(found["ip"], found["port"])


def _possible(ip: str | None, port: str | None) -> bool:
    """Whether there can be such an IP address, where one is written, and such a port."""
    try:
        if ip:
            ipaddress.ip_address(ip.strip("[]"))
    except ValueError:
        return False
    return int(port or 0) <= LAST_PORT


def is_repository(written: str) -> bool:
    """Whether a text names a repository on a Hub.

    >>> is_repository("my-lab/my-model"), is_repository("my-model")
    (True, False)
    """
    return _REPOSITORY.fullmatch(written) is not None


def key(name: str, environ: Mapping[str, str]) -> str:
    """Return a secret that travels in a header, empty where there is none."""
    written = environ.get(name, "")
    # Checked here because a client's error about a bad header quotes the header.
    if not all("!" <= sign <= "~" for sign in written):
        raise EvaluatorError(
            _("{name} holds a blank, a line break or a sign no key has; copy it again."), name=name
        )
    return written


def repository(name: str, environ: Mapping[str, str]) -> str | None:
    """Return the name of a repository on a Hub, None where none is given."""
    written = environ.get(name)
    if written and not is_repository(written):
        raise EvaluatorError(
            _("{name} is “{written}”; it must name a repository as OWNER/NAME."),
            name=name,
            written=written,
        )
    return written or None


def folder(name: str, environ: Mapping[str, str], default: Path) -> Path:
    """Return a folder, whole."""
    return Path(environ[name]).expanduser().resolve() if environ.get(name) else default


def address(name: str, environ: Mapping[str, str]) -> str:
    """Return an http(s) address without a slash at its end, empty where none is given."""
    written = environ.get(name, "")
    if written and not is_address(written):
        raise EvaluatorError(
            _("{name} is no http(s) address such as https://host, without user and password."),
            name=name,
        )
    return written.rstrip("/")


def positive(name: str, environ: Mapping[str, str], default: int, most: int | None = None) -> int:
    """Return a whole number above 0, and no greater than `most`."""
    written = environ.get(name)
    if not written:
        return default
    if not (written.isascii() and written.isdigit() and int(written) > 0):
        raise EvaluatorError(
            _("{name} is “{written}”; it must be a whole number above 0."),
            name=name,
            written=written,
        )
    if most and int(written) > most:
        raise EvaluatorError(
            _("{name} is {found}; it must be at most {most}."), name=name, found=written, most=most
        )
    return int(written)


def word(name: str, environ: Mapping[str, str]) -> str:
    """Return a word that can name a file, empty where none is given."""
    written = environ.get(name, "")
    if written and not _WORD.fullmatch(written):
        raise EvaluatorError(
            _("{name} is “{written}”; it must be a word of letters, digits, - and _."),
            name=name,
            written=written,
        )
    return written
