"""Who is submitting: a Hugging Face user, a team with a token, or the demo user on loopback."""

from __future__ import annotations

import ipaddress
from typing import Literal, NamedTuple

import sqlalchemy as sa

from evaluator.errors import NotAllowed
from evaluator.settings import Settings
from evaluator.texts import _
from evaluator.tokens import any_token, team_of

Mode = Literal["oauth", "tokens", "demo", "closed"]
DEMO_TEAM = "demo"
FORWARDED = (
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "forwarded",
    "x-real-ip",
    "via",
)


class Caller(NamedTuple):
    """What a request says of its sender."""

    address: str = ""
    host: str = ""
    forwarded: bool = False
    token: str | None = ""
    username: str | None = None


def mode(settings: Settings, engine: sa.Engine) -> Mode:
    """Return how this server tells who submits; without any way it is read-only."""
    if settings.oauth:
        return "oauth"
    if any_token(engine):
        return "tokens"
    if settings.on_loopback and not settings.in_space:
        return "demo"
    return "closed"


def team(how: Mode, caller: Caller, engine: sa.Engine) -> str:
    """Return the team of the caller.

    Raises:
        NotAllowed: with the reason and what to do.
    """
    if how == "oauth":
        if not caller.username:
            raise NotAllowed(_("Log in with Hugging Face before submitting."))
        return f"hf:{caller.username}"
    if how == "tokens":
        token = (caller.token or "").strip()
        if not token:
            raise NotAllowed(_("Enter the token that the maintainers gave your team."))
        return team_of(engine, token)
    if how == "demo" and is_local(caller):
        return DEMO_TEAM
    raise NotAllowed(
        _(
            "This server takes no submissions: it has neither login nor tokens. A maintainer can "
            "give tokens with: python -m evaluator issue-token TEAM"
        )
    )


def is_local(caller: Caller) -> bool:
    """Whether the request comes from this machine itself, and not through a proxy on it.

    The host name is checked too: another site's page could point its own name at loopback.
    """
    name = caller.host.rsplit(":", 1)[0].strip("[]") if caller.host else ""
    return not caller.forwarded and _is_loopback(caller.address) and _is_loopback(name)


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
