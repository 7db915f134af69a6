"""Tokens that maintainers give to teams; only their digests are kept."""

from __future__ import annotations

import hashlib
import secrets

import sqlalchemy as sa

from evaluator.errors import NotAllowed, NotFound
from evaluator.records import now
from evaluator.schema import tokens
from evaluator.texts import _

PREFIX = "mb_"


def issue_token(engine: sa.Engine, team: str) -> str:
    """Return a new token of a team; it is shown once and cannot be read again."""
    token = PREFIX + secrets.token_urlsafe(32)
    with engine.begin() as connection:
        connection.execute(
            tokens.insert().values(digest=_digest(token), team=team, created_at=now())
        )
    return token


def revoke_tokens(engine: sa.Engine, team: str) -> int:
    """Revoke every token of a team; return how many there were.

    Raises:
        NotFound: the team has none.
    """
    update = (
        tokens.update()
        .where(tokens.c.team == team, tokens.c.revoked_at.is_(None))
        .values(revoked_at=now())
    )
    with engine.begin() as connection:
        count = connection.execute(update).rowcount
    if not count:
        raise NotFound(_("Team “{team}” has no valid token."), team=team)
    return count


def team_of(engine: sa.Engine, token: str) -> str:
    """Return the team a token was given to.

    Raises:
        NotAllowed: there is no such token, or it was revoked.
    """
    query = sa.select(tokens.c.team).where(
        tokens.c.digest == _digest(token.strip()), tokens.c.revoked_at.is_(None)
    )
    with engine.connect() as connection:
        team = connection.execute(query).scalar_one_or_none()
    if team is None:
        raise NotAllowed(
            _("The token is not valid; copy it whole, or ask the maintainers for a new one.")
        )
    return str(team)


def any_token(engine: sa.Engine) -> bool:
    """Whether at least one valid token is out."""
    query = sa.select(tokens.c.digest).where(tokens.c.revoked_at.is_(None)).limit(1)
    with engine.connect() as connection:
        return connection.execute(query).first() is not None


def _digest(token: str) -> str:
    # A token holds 256 random bits, so a plain digest cannot be guessed back.
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
