"""What the environment decides, read once into frozen values and passed on."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from evaluator.errors import EvaluatorError
from evaluator.texts import _

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 1_000_000
LAST_PORT = 65_535
# What a Space with `hf_oauth: true` sets; without all of them Gradio would mock the login.
OAUTH_VARIABLES = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "SPACE_HOST", "SPACE_ID")


@dataclass(frozen=True)
class Limits:
    """How much of an uploaded file is read before it is refused (bytes, counts, ratio)."""

    upload_bytes: int = 50 * MEGABYTE
    unpacked_bytes: int = 100 * MEGABYTE
    ratio: int = 200
    line_bytes: int = 1 * MEGABYTE
    lines: int = 200_000
    members: int = 200
    abandoned_seconds: int = 90


@dataclass(frozen=True)
class Settings:
    """One process's settings; `in_space` is true only on a Hugging Face Space."""

    host: str = "127.0.0.1"
    port: int = 7860
    data_dir: Path = ROOT / "data"
    challenge_dir: Path = ROOT / "challenge"
    in_space: bool = False
    oauth: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def database_url(self) -> str:
        """Where submissions, results and the queue live."""
        return f"sqlite:///{self.data_dir / 'submissions.sqlite'}"

    @property
    def board_dir(self) -> Path:
        """Where the published board snapshots are."""
        return self.data_dir / "board"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read settings from an environment.

    Raises:
        EvaluatorError: a variable holds something that is not of its kind.
    """
    in_space = environ.get("SYSTEM") == "spaces"
    default = Settings()
    return Settings(
        host=environ.get("HOST") or ("0.0.0.0" if in_space else default.host),
        port=_port(environ, default.port),
        data_dir=_folder("DATA_DIR", environ, default.data_dir),
        challenge_dir=_folder("CHALLENGE_DIR", environ, default.challenge_dir),
        in_space=in_space,
        oauth=in_space and all(environ.get(name) for name in OAUTH_VARIABLES),
        limits=_limits(environ),
    )


@cache
def settings() -> Settings:
    """Return this process's settings, read from the environment at the first call."""
    return read_settings(os.environ)


def make_data_dir(chosen: Settings) -> None:
    """Make the data folder if it is not there.

    Raises:
        EvaluatorError: it cannot be made or written.
    """
    try:
        chosen.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EvaluatorError(
            _("DATA_DIR {folder} cannot be made: {reason}. Name a folder that can be written."),
            folder=chosen.data_dir,
            reason=error.strerror,
        ) from error


def _limits(environ: Mapping[str, str]) -> Limits:
    default = Limits()
    return Limits(
        upload_bytes=_positive("MAX_UPLOAD_BYTES", environ, default.upload_bytes),
        unpacked_bytes=_positive("MAX_UNPACKED_BYTES", environ, default.unpacked_bytes),
        ratio=_positive("MAX_RATIO", environ, default.ratio),
        line_bytes=_positive("MAX_LINE_BYTES", environ, default.line_bytes),
        lines=_positive("MAX_LINES", environ, default.lines),
        members=_positive("MAX_MEMBERS", environ, default.members),
        abandoned_seconds=_positive("ABANDONED_SECONDS", environ, default.abandoned_seconds),
    )


def _folder(name: str, environ: Mapping[str, str], default: Path) -> Path:
    return Path(environ[name]).expanduser().resolve() if environ.get(name) else default


def _port(environ: Mapping[str, str], default: int) -> int:
    port = _positive("PORT", environ, default)
    if port > LAST_PORT:
        raise EvaluatorError(
            _("PORT is {port}; it must be at most {last}."), port=port, last=LAST_PORT
        )
    return port


def _positive(name: str, environ: Mapping[str, str], default: int) -> int:
    written = environ.get(name)
    if not written:
        return default
    if not (written.isascii() and written.isdigit() and int(written) > 0):
        raise EvaluatorError(
            _("{name} is “{written}”; it must be a whole number above 0."),
            name=name,
            written=written,
        )
    return int(written)
