"""Who may do what on a Hub, and the requests that ask for it."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from tests.hub_repositories import Kind, Refusal, Repository
from tests.hub_server import Answer

NAME = re.compile(r"(?!.*(?:--|\.\.|\.git$))[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?")
Type = type | UnionType
NO_WRITE = "Forbidden: pass `create_pr=1` as a query parameter to create a Pull Request"


@dataclass(frozen=True)
class Token:
    """Whose token it is, the organisations that its user writes for, and what it allows."""

    user: str
    organisations: tuple[str, ...] = ()
    role: Literal["read", "write"] = "write"

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Return whose repositories it may change, if any."""
        return (self.user, *self.organisations)


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """Return the path, still quoted."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        """Return the values of each parameter."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def token(self) -> str | None:
        """Return the token that came along."""
        scheme, _space, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme == "Bearer" else None

    def json(self) -> object:
        """Return the body, which has to be JSON and to say so."""
        if not self.headers.get("content-type", "").startswith("application/json"):
            raise Refusal(400, "Expected a Content-Type of application/json")
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Refusal(400, f"Invalid JSON: {error}") from error

    def parameters(self, *names: str) -> dict[str, str]:
        """Return the parameters, one value each; refuse one that is not named here."""
        unknown = self.query.keys() - set(names)
        if unknown:
            raise Refusal(400, f'"{min(unknown)}" is not allowed')
        return {name: values[-1] for name, values in self.query.items()}


def fields(
    given: object, needed: Mapping[str, Type], optional: Mapping[str, Type] | None = None
) -> dict[str, Any]:
    """Return the fields of an object; refuse what is missing, unknown or of another type."""
    allowed = {**needed, **(optional or {})}
    if not isinstance(given, dict):
        raise Refusal(400, '"value" must be of type object')
    for name in needed.keys() - given.keys():
        raise Refusal(400, f'"{name}" is required')
    for name, value in given.items():
        if name not in allowed:
            raise Refusal(400, f'"{name}" is not allowed')
        if not isinstance(value, allowed[name]):
            raise Refusal(400, f'"{name}" must be of type {allowed[name]}')
    return given


@dataclass
class Hub:
    """All repositories of a Hub, and the tokens that open them."""

    tokens: Mapping[str, Token]
    url: str = ""
    storage: str = ""
    page: int = 1000
    part: int = 5 * 1024**3
    repositories: dict[tuple[Kind, str], Repository] = field(default_factory=dict)
    moved: dict[tuple[Kind, str], str] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def signature(self, *said: str) -> str:
        """Return what lets anybody who has the address use it, and nobody else."""
        return hashlib.sha256("\0".join((str(id(self)), *said)).encode()).hexdigest()[:32]

    def who(self, asked: Asked) -> Token | None:
        """Return whose request it is, or None of one without a token."""
        if asked.token is None:
            return None
        if asked.token not in self.tokens:
            raise Refusal(401, "Invalid credentials in Authorization header")
        return self.tokens[asked.token]

    def find(self, kind: Kind, name: str, who: Token | None) -> Repository:
        """Return a repository that somebody may see; a private one is as one that is not there."""
        found = self.repositories.get((kind, name.lower()))
        if found is None or (found.private and (not who or found.owner not in who.namespaces)):
            # The code is what its client goes by where the address is not of https.
            raise Refusal(404 if who else 401, "Repository not found", "RepoNotFound")
        return found

    def writer(
        self, asked: Asked, repository: Repository, ref: str = "", *, request: bool = False
    ) -> Token:
        """Return who may write: to the repository, to his own pull request or to open one."""
        who = self.signed_in(asked)
        mine = [one for one in repository.discussions.values() if one.author == who.user]
        own = any(one.base and one.ref == ref for one in mine)
        if who.role != "write" or not (request or own or repository.owner in who.namespaces):
            raise Refusal(403, NO_WRITE)
        return who

    def signed_in(self, asked: Asked) -> Token:
        """Return whose request it is; refuse one without a token."""
        who = self.who(asked)
        if who is None:
            raise Refusal(401, "Invalid username or password.", "RepoNotFound")
        return who

    def reader(self, asked: Asked, repository: Repository) -> None:
        """Refuse whoever may not read the files of a gated repository."""
        who = self.who(asked)
        allowed = {*repository.readers, repository.owner}
        if repository.gated and not (who and allowed.intersection(who.namespaces)):
            message = f"Access to {repository.kind} {repository.name} is restricted."
            raise Refusal(403 if who else 401, message, "GatedRepo")

    def free(self, who: Token, kind: Kind, name: str) -> None:
        """Refuse a name that is malformed, of somebody else or taken."""
        owner, _slash, last = name.partition("/")
        if not NAME.fullmatch(last):
            raise Refusal(400, f"Invalid repo name: {name}")
        if who.role != "write" or owner not in who.namespaces:
            message = f'You don\'t have the rights to create a {kind} under the namespace "{owner}"'
            raise Refusal(403, message)
        if (kind, name.lower()) in self.repositories:
            taken = f"{self.url}/{self.repositories[kind, name.lower()].page}"
            raise Refusal(409, f"You already created this {kind} repo", url=taken)


Call = Callable[[Hub, Repository, Asked, Mapping[str, str]], Answer]
