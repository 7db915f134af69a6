"""What a Hub holds in memory: repositories with their commits, objects and discussions."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Literal

from tests.hub_server import Answer, oid_of, refused

Kind = Literal["dataset", "space", "model"]
Status = Literal["draft", "open", "closed", "merged"]
MAIN = "main"
COMMIT = re.compile(r"[0-9a-f]{40}")
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"


class Refusal(Exception):
    """What the Hub will not do, with the answer that says so."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        **more: object,
    ) -> None:
        super().__init__(message)
        told = refused(status, message, code)
        body = json.dumps({"error": message, **more}).encode()
        self.answer: Answer = replace(told, body=body)


@dataclass(frozen=True)
class Blob:
    """The content of a file; an LFS one is a pointer in Git, its bytes an object beside it."""

    data: bytes
    lfs: bool = False

    @property
    def sha256(self) -> str:
        """Return the id of the object."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def pointer(self) -> bytes:
        """Return what Git holds for an LFS file."""
        return POINTER.format(self.sha256, len(self.data)).encode()

    @property
    def oid(self) -> str:
        """Return the id that Git gives the file."""
        return oid_of(self.pointer if self.lfs else self.data)

    @property
    def etag(self) -> str:
        """Return what tells this content from any other, to a client's cache."""
        return self.sha256 if self.lfs else self.oid


Tree = Mapping[str, Blob]


@dataclass(frozen=True)
class Commit:
    """One commit, with every file as it was then."""

    oid: str
    title: str
    description: str
    author: str
    date: str
    parent: str | None
    tree: Tree


@dataclass
class Discussion:
    """A discussion, or a pull request where it has a base."""

    num: int
    title: str
    author: str
    created: str
    status: Status = "open"
    base: str | None = None
    merged_as: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ref(self) -> str:
        """Return the ref that holds the commits of a pull request."""
        return f"refs/pr/{self.num}"

    def add(self, author: str, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Note what somebody did; return it as the API gives it."""
        event = {
            "id": f"{self.num:012x}{len(self.events):012x}",
            "type": kind,
            "author": {"name": author, "type": "user"},
            "createdAt": now(),
            "data": dict(data),
        }
        self.events.append(event)
        return event

    def comment(self, author: str, text: str) -> dict[str, Any]:
        """Add a comment; return it as the API gives it."""
        latest = {"raw": text, "html": text, "updatedAt": now(), "author": {"name": author}}
        data = {"edited": False, "hidden": False, "history": [], "latest": latest}
        return self.add(author, "comment", data)


@dataclass
class Space:
    """What a Space has beside its files.

    `stages` are told one by one after each commit before it runs; one that starts with "old " is
    told of the commit that ran before, and an error at their end stays. `logs` are by kind.
    """

    sdk: str
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    restarts: int = 0
    stages: tuple[str, ...] = ()
    reason: str = ""
    logs: dict[str, str] = field(default_factory=dict)
    ran: str = ""
    built: str = ""
    coming: list[str] = field(default_factory=list)


class Repository:
    """One repository; whoever reads or changes it holds its lock."""

    def __init__(self, kind: Kind, name: str, author: str, *, private: bool) -> None:
        self.kind: Kind = kind
        self.name = name
        self.private = private
        self.gated: str | bool = False
        self.readers: set[str] = set()
        self.discusses = True
        self.created = now()
        self.lock = threading.RLock()
        self.commits: dict[str, Commit] = {}
        self.refs: dict[str, str] = {}
        self.objects: dict[str, bytes] = {}
        self.discussions: dict[int, Discussion] = {}
        self.space: Space | None = None
        self._created_by = author

    @property
    def owner(self) -> str:
        """Return the user or organisation that it belongs to."""
        return self.name.partition("/")[0]

    @property
    def path(self) -> str:
        """Return its path in the API."""
        return f"{self.kind}s/{self.name}"

    @property
    def page(self) -> str:
        """Return its path on the site, where a model has no prefix."""
        return self.name if self.kind == "model" else self.path

    def revision(self, named: str) -> Commit:
        """Return the commit that a branch, a ref or an id stands for."""
        oid = self.refs.get(named.removeprefix("refs/heads/"), named)
        if oid not in self.commits:
            raise Refusal(404, f"Invalid rev id: {named}", "RevisionNotFound")
        return self.commits[oid]

    def commit(
        self, ref: str, tree: Tree, author: str, title: str, description: str = ""
    ) -> Commit:
        """Put a commit on a ref; return it."""
        parent = self.refs.get(ref)
        files = "".join(f"{path}\0{blob.oid}\0" for path, blob in sorted(tree.items()))
        # The count stands for the second of a real commit, so that no two have the same id.
        seed = "\0".join((self.name, str(len(self.commits)), str(parent), author, title, files))
        oid = hashlib.sha1(seed.encode()).hexdigest()
        made = Commit(oid, title, description, author, now(), parent, dict(tree))
        self.commits[oid] = made
        self.refs[ref] = oid
        return made

    def history(self, oid: str) -> Iterator[Commit]:
        """Yield a commit and those before it, the newest first."""
        at: str | None = oid
        while at is not None:
            yield self.commits[at]
            at = self.commits[at].parent

    def open(self, author: str, title: str, text: str, base: str | None = None) -> Discussion:
        """Open a discussion or, onto a base, a pull request; return it."""
        num = len(self.discussions) + 1
        opened = Discussion(num, title, author, now(), base=base)
        opened.comment(author, text)
        self.discussions[num] = opened
        return opened

    def fork_of(self, request: Discussion) -> Commit:
        """Return the last commit that a pull request has in common with its base."""
        shared = {commit.oid for commit in self.history(self.refs[request.base or MAIN])}
        return next(one for one in self.history(self.refs[request.ref]) if one.oid in shared)

    def merged(self, request: Discussion) -> tuple[Tree, list[str]]:
        """Return the files of a merge, and the paths that both sides changed differently."""
        before = self.fork_of(request).tree
        ours = self.revision(request.base or MAIN).tree
        theirs = self.revision(request.ref).tree
        changed = {path for path in {*before, *theirs} if theirs.get(path) != before.get(path)}
        conflicts = [
            path
            for path in sorted(changed)
            if ours.get(path) not in (before.get(path), theirs.get(path))
        ]
        kept = {path: blob for path, blob in ours.items() if path not in changed}
        return {**kept, **{path: theirs[path] for path in changed if path in theirs}}, conflicts


def now() -> str:
    """Return the time as the API gives it."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def folders_of(tree: Tree) -> set[str]:
    """Return the path of every folder that holds a file, at any depth."""
    return {str(path) for name in tree for path in PurePosixPath(name).parents} - {"."}
