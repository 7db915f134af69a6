"""Which variables of the environment a Space is given, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

REPOSITORIES = (
    "HUB_QUESTIONS",
    "HUB_GOLD",
    "HUB_RESULTS",
    "HUB_REQUESTS",
    "HUB_PREDICTIONS",
)
# Everybody may read these in a public Space.
VARIABLES = (
    *REPOSITORIES,
    "HUB_LICENCE",
    "HUB_BENCHMARK",
    "HUB_EVERY_MINUTES",
    "JUDGE_BASE_URL",
    "JUDGE_MODEL",
    "JUDGE_TIMEOUT_SECONDS",
    "JUDGE_PARALLEL",
    "KEPT_VECTOR_BYTES",
    "MAX_UPLOAD_BYTES",
    "MAX_UNPACKED_BYTES",
    "MAX_RATIO",
    "MAX_LINE_BYTES",
    "MAX_LINES",
    "MAX_MEMBERS",
    "ABANDONED_SECONDS",
)
SECRETS = ("HUB_TOKEN", "GOLD_TOKEN", "JUDGE_API_KEY")
# Of this machine only: a Space has an address and folders of its own.
LOCAL = ("HOST", "PORT", "DATA_DIR", "CHALLENGE_DIR", "DEPOT_DIR", "SITE_URL")


@dataclass(frozen=True)
class SpaceSettings:
    """What a Space is to have in its environment, by name."""

    variables: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)


def space_settings(environ: Mapping[str, str]) -> SpaceSettings:
    """Return what of an environment goes into a Space.

    The token that writes repositories goes there only where one is named.
    """
    variables = {name: environ[name] for name in VARIABLES if environ.get(name)}
    secrets = {name: environ[name] for name in SECRETS if environ.get(name)}
    if not variables.keys() & set(REPOSITORIES):
        secrets.pop("HUB_TOKEN", None)
    return SpaceSettings(variables, secrets)
