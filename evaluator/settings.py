"""What the environment decides, read once into frozen values and passed on."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from evaluator.errors import EvaluatorError
from evaluator.hub_settings import HubSettings, read_hub
from evaluator.texts import _
from evaluator.variables import (
    LAST_PORT,
    address,
    folder,
    is_address,
    key,
    positive,
)

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 1_000_000
# Where people see what lies on the Hub.
HUB_PAGES = "https://huggingface.co/"
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
    bounds the file of vectors that a worker keeps between submissions. `site_url` is where the
    public sees the site, empty where that is not known.
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
    hub: HubSettings = field(default_factory=HubSettings)
    depot_folder: Path | None = None
    site_url: str = ""

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
    def keeps_records(self) -> bool:
        """Whether a submission is copied to another place before its team is told."""
        return bool(self.hub.requests or self.hub.predictions or self.depot_folder)

    @property
    def publishes(self) -> bool:
        """Whether there is another place to publish to than the data folder."""
        return bool(self.hub.token or self.depot_folder)

    @property
    def depot_dir(self) -> Path:
        """Where those repositories lie that are not on a Hub."""
        return self.depot_folder or self.data_dir / "depot"

    @property
    def results_url(self) -> str:
        """Where the public sees the repository of results, empty where it is a folder."""
        named = self.hub.results if self.hub.token else None
        return f"{HUB_PAGES}datasets/{named}" if named else ""

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
    data_dir = folder("DATA_DIR", environ, default.data_dir)
    return Settings(
        host=environ.get("HOST") or ("0.0.0.0" if in_space else default.host),
        port=positive("PORT", environ, default.port, LAST_PORT),
        data_dir=data_dir,
        challenge_dir=folder("CHALLENGE_DIR", environ, default.challenge_dir),
        in_space=in_space,
        oauth=in_space and all(environ.get(name) for name in OAUTH_VARIABLES),
        limits=_limits(environ),
        vector_bytes=positive("KEPT_VECTOR_BYTES", environ, default.vector_bytes),
        judge=_judge(environ),
        gold_token=key("GOLD_TOKEN", environ) or None,
        hub=read_hub(environ),
        depot_folder=folder("DEPOT_DIR", environ, data_dir) if environ.get("DEPOT_DIR") else None,
        site_url=address("SITE_URL", environ) or _space_url(environ),
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
        upload_bytes=positive("MAX_UPLOAD_BYTES", environ, default.upload_bytes),
        unpacked_bytes=positive("MAX_UNPACKED_BYTES", environ, default.unpacked_bytes),
        ratio=positive("MAX_RATIO", environ, default.ratio),
        line_bytes=positive("MAX_LINE_BYTES", environ, default.line_bytes),
        lines=positive("MAX_LINES", environ, default.lines),
        members=positive("MAX_MEMBERS", environ, default.members),
        abandoned_seconds=positive("ABANDONED_SECONDS", environ, default.abandoned_seconds),
    )


def _space_url(environ: Mapping[str, str]) -> str:
    """Return where a Space is seen, which the Hub tells it."""
    host = environ.get("SPACE_HOST") if environ.get("SYSTEM") == "spaces" else None
    return f"https://{host}" if host else ""


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
        api_key=key("JUDGE_API_KEY", environ),
        timeout_seconds=positive("JUDGE_TIMEOUT_SECONDS", environ, default.timeout_seconds),
        parallel=positive("JUDGE_PARALLEL", environ, default.parallel),
    )


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
