"""Tokens of teams: shown once, kept as digests, revoked for good."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from evaluator.errors import NotAllowed, NotFound
from evaluator.schema import open_database
from evaluator.store import Store
from evaluator.tokens import PREFIX, any_token, issue_token, revoke_tokens, team_of


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "s.sqlite"


@pytest.fixture
def engine(database: Path) -> sa.Engine:
    """A new database."""
    return Store(open_database(f"sqlite:///{database}")).engine


def test_token_leads_to_its_team(engine: sa.Engine) -> None:
    tokens = {team: issue_token(engine, team) for team in ("甲队", "b")}

    assert {team: team_of(engine, token) for team, token in tokens.items()} == {
        "甲队": "甲队",
        "b": "b",
    }


def test_tokens_are_long_and_never_the_same(engine: sa.Engine) -> None:
    tokens = {issue_token(engine, "a") for _ in range(20)}

    assert len(tokens) == 20
    assert all(token.startswith(PREFIX) and len(token) >= 43 for token in tokens)


def test_a_team_may_have_several(engine: sa.Engine) -> None:
    first, second = issue_token(engine, "a"), issue_token(engine, "a")

    assert team_of(engine, first) == team_of(engine, second) == "a"


def test_only_digests_are_kept(engine: sa.Engine, database: Path) -> None:
    token = issue_token(engine, "a")
    engine.dispose()

    for file in database.parent.iterdir():
        assert token.encode() not in file.read_bytes()
        assert token.removeprefix(PREFIX).encode() not in file.read_bytes()


@pytest.mark.parametrize("around", ["{}\n", " {} ", "\t{}\r\n"])
def test_blanks_around_are_forgiven(engine: sa.Engine, around: str) -> None:
    assert team_of(engine, around.format(issue_token(engine, "a"))) == "a"


@pytest.mark.parametrize(
    "token",
    ["", " ", PREFIX, "a", "' or 1=1 --", "%", "mb_" + "x" * 43, "x" * 1_000_000, "\0", "\ud800"],
)
def test_wrong_token_is_refused(engine: sa.Engine, token: str) -> None:
    issue_token(engine, "a")

    with pytest.raises(NotAllowed, match="The token is not valid"):
        team_of(engine, token)


def test_part_of_a_token_is_refused(engine: sa.Engine) -> None:
    token = issue_token(engine, "a")

    for part in (token[:-1], token[1:], token.upper(), token + "x"):
        with pytest.raises(NotAllowed):
            team_of(engine, part)


def test_revoked_token_is_refused(engine: sa.Engine) -> None:
    revoked = [issue_token(engine, "a"), issue_token(engine, "a")]
    other = issue_token(engine, "b")

    assert revoke_tokens(engine, "a") == 2

    for token in revoked:
        with pytest.raises(NotAllowed):
            team_of(engine, token)
    assert team_of(engine, other) == "b"


def test_a_new_token_after_revocation(engine: sa.Engine) -> None:
    issue_token(engine, "a")
    revoke_tokens(engine, "a")

    token = issue_token(engine, "a")

    assert team_of(engine, token) == "a"
    # Only what is still valid is revoked, and counted.
    assert revoke_tokens(engine, "a") == 1


def test_revoking_nothing_is_told(engine: sa.Engine) -> None:
    with pytest.raises(NotFound, match="Team “a” has no valid token"):
        revoke_tokens(engine, "a")
    issue_token(engine, "a")
    revoke_tokens(engine, "a")
    with pytest.raises(NotFound):
        revoke_tokens(engine, "a")


def test_any_token(engine: sa.Engine) -> None:
    assert not any_token(engine)
    issue_token(engine, "a")
    assert any_token(engine)
    revoke_tokens(engine, "a")
    assert not any_token(engine)
