"""What the environment decides, read once into frozen values and passed on."""

from __future__ import annotations

import ipaddress
import os
import re
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
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,95}/[A-Za-z0-9][A-Za-z0-9_.-]{0,95}")
_ADDRESS = re.compile(
    r"https?://(?:(?P<ip>[0-9.]+|\[[0-9A-Fa-f:.]+\])|[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*)"
    r"(?::(?P<port>[0-9]{1,5}))?(?:/[A-Za-z0-9._~%/-]*)?"
)


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
class JudgeSettings:
    """The OpenAI-compatible server that judges where a track asks for it.

    `timeout_seconds` is for one item, retries and pauses included; `parallel` requests run at once;
    after an outage nothing is asked for `rest_seconds`.
    """

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    timeout_seconds: int = 120
    parallel: int = 4
    retries: int = 2
    rest_seconds: float = 300.0


@dataclass(frozen=True)
class Settings:
    """One process's settings; `in_space` is true only on a Hugging Face Space.

    `gold_token` reads private references from a Hub; only the worker is given it. `vector_bytes`
    bounds the file of vectors that a worker keeps between submissions.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    data_dir: Path = ROOT / "data"
    challenge_dir: Path = ROOT / "challenge"
    in_space: bool = False
    oauth: bool = False
    limits: Limits = field(default_factory=Limits)
    vector_bytes: int = 2_000 * MEGABYTE
    judge: JudgeSettings | None = None
    gold_token: str | None = field(default=None, repr=False)
    hub_results: str | None = None
    hub_token: str | None = field(default=None, repr=False)
    hub_licence: str = "cc-by-4.0"

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
        return f"sqlite:///{self.database_file}"

    @property
    def database_file(self) -> Path:
        """The file of that database."""
        return self.data_dir / "submissions.sqlite"

    @property
    def vectors_file(self) -> Path:
        """Where a worker keeps the vectors of references and key points."""
        return self.data_dir / "vectors.sqlite"

    @property
    def hub_dir(self) -> Path:
        """Where items that come from a Hub are kept."""
        return self.data_dir / "hub"

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
        vector_bytes=_positive("KEPT_VECTOR_BYTES", environ, default.vector_bytes),
        judge=_judge(environ),
        gold_token=_key("GOLD_TOKEN", environ) or None,
        hub_results=_repository("HUB_RESULTS", environ),
        hub_token=_key("HUB_TOKEN", environ) or None,
        hub_licence=environ.get("HUB_LICENCE") or default.hub_licence,
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


def _judge(environ: Mapping[str, str]) -> JudgeSettings | None:
    url, model = environ.get("JUDGE_BASE_URL"), environ.get("JUDGE_MODEL")
    if not url and not model:
        return None
    if not (url and model):
        raise EvaluatorError(
            _("{given} is set but {missing} is not; a judge needs both, and no judge neither."),
            given="JUDGE_BASE_URL" if url else "JUDGE_MODEL",
            missing="JUDGE_MODEL" if url else "JUDGE_BASE_URL",
        )
    default = JudgeSettings(_judge_url(url), model)
    return JudgeSettings(
        base_url=default.base_url,
        model=model,
        api_key=_key("JUDGE_API_KEY", environ),
        timeout_seconds=_positive("JUDGE_TIMEOUT_SECONDS", environ, default.timeout_seconds),
        parallel=_positive("JUDGE_PARALLEL", environ, default.parallel),
    )


def is_address(written: str) -> bool:
    """Whether a text is an http(s) address without user, password, query and blanks.

    >>> is_address("https://host/v1"), is_address("https://me:secret@host/v1")
    (True, False)
    """
    found = _ADDRESS.fullmatch(written)
    return found is not None and _possible(found["ip"], found["port"])


def _judge_url(written: str) -> str:
    if not is_address(written):
        # Without what was written: it may hold a password.
        raise EvaluatorError(
            _(
                "JUDGE_BASE_URL is no http(s) address such as https://host/v1, without user, "
                "password, query and blanks; the key belongs into JUDGE_API_KEY."
            )
        )
    return written


def _possible(ip: str | None, port: str | None) -> bool:
    """Whether there can be such an IP address, where one is written, and such a port."""
    try:
        if ip:
            ipaddress.ip_address(ip.strip("[]"))
    except ValueError:
        return False
    return int(port or 0) <= LAST_PORT


def _key(name: str, environ: Mapping[str, str]) -> str:
    key = environ.get(name, "")
    # Checked here because a client's error about a bad header quotes the header.
    if not all("!" <= sign <= "~" for sign in key):
        raise EvaluatorError(
            _("{name} holds a blank, a line break or a sign no key has; copy it again."), name=name
        )
    return key


def _repository(name: str, environ: Mapping[str, str]) -> str | None:
    written = environ.get(name)
    if written and not _REPOSITORY.fullmatch(written):
        raise EvaluatorError(
            _("{name} is “{written}”; it must name a repository as OWNER/NAME."),
            name=name,
            written=written,
        )
    return written or None


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
