"""A read-only Hub of datasets on loopback: strictly the calls that its client makes, no more."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from tests.loopback import serving

Files = Mapping[str, bytes]
Repos = dict[tuple[str, str], Files]
Query = Mapping[str, list[str]]

REPO = r"(?P<repo>[\w.-]+/[\w.-]+)"
AT = r"(?P<revision>[^/]+)"
BYTES = "application/octet-stream"
RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass(frozen=True)
class Request:
    """One request as it came, and with which token, if any."""

    method: str
    target: str
    token: str | None = None
    range: str | None = None


@dataclass(frozen=True)
class Answer:
    """One response; an error has its code in a header, as the Hub gives it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


class Snapshot(NamedTuple):
    """The files of a repository at one revision."""

    repo: str
    commit: str
    files: Files

    def entry(self, path: str) -> dict[str, Any]:
        """Return what a listing says of a file or folder."""
        if path not in self.files:
            return {"type": "directory", "path": path, "size": 0, "oid": oid_of(path.encode())}
        content = self.files[path]
        return {"type": "file", "path": path, "size": len(content), "oid": oid_of(content)}

    def below(self, folder: str) -> Iterator[str]:
        """Yield the paths of everything in a folder, at any depth; "" is the whole."""
        paths = {str(path) for name in self.files for path in (name, *PurePosixPath(name).parents)}
        for path in sorted(paths - {"."}):
            if not folder or path.startswith(f"{folder}/"):
                yield path


def oid_of(content: bytes) -> str:
    """Return the id that Git gives a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def commit_of(repo: str, revision: str) -> str:
    """Return the 40 hex digits that a revision stands for."""
    return hashlib.sha1(f"{repo}@{revision}".encode()).hexdigest()


def given(value: Any) -> Answer:
    """Return a value as the API gives it."""
    return Answer(body=json.dumps(value).encode())


def refused(
    status: int, message: str, code: str | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """Return an error as the Hub gives it."""
    coded = {"X-Error-Code": code} if code else {}
    body = json.dumps({"error": message}).encode()
    return Answer(status, body, {"X-Error-Message": message, **coded, **(headers or {})})


class HubServer:
    """What a running Hub holds, what it was asked, and what of that it does not serve."""

    def __init__(self, repos: Repos, private: Mapping[str, str], gated: Collection[str]) -> None:
        self.repos = repos
        self.private = private
        self.gated = gated
        self.requests: list[Request] = []
        self.unexpected: list[Request] = []
        self.url = ""
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request, and note both the request and what is not served."""
        with self._lock:
            self.requests.append(request)
        answer = self._answer(request)
        if answer is None:
            with self._lock:
                self.unexpected.append(request)
        return answer or refused(501, "This Hub does not serve that.")

    def _answer(self, request: Request) -> Answer | None:
        url = urlsplit(request.target)
        query = parse_qs(url.query, keep_blank_values=True)
        for method, pattern, call in CALLS:
            found = pattern.fullmatch(url.path)
            if found and request.method in method:
                named = {name: unquote(value or "") for name, value in found.groupdict().items()}
                held = self._held(named["repo"], named["revision"], request.token)
                if isinstance(held, Answer):
                    return held
                return call(held, named.get("path", ""), query, request)
        return None

    def _held(self, repo: str, revision: str, token: str | None) -> Snapshot | Answer:
        """Return what a token may read of a repository, or why it may not."""
        if token is not None and token not in self.private.values():
            return refused(401, "Invalid credentials in Authorization header")
        tags = {tag for name, tag in self.repos if name == repo}
        if not tags or self.private.get(repo, token) != token:
            return refused(404 if token else 401, "Repository not found", "RepoNotFound")
        if repo in self.gated:
            return refused(403 if token else 401, "Access is restricted.", "GatedRepo")
        for tag in tags:
            if revision in (tag, commit_of(repo, tag)):
                return Snapshot(repo, commit_of(repo, tag), self.repos[repo, tag])
        return refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")


def _file(held: Snapshot, path: str, query: Query, request: Request) -> Answer | None:
    if query:
        return None
    commit = {"X-Repo-Commit": held.commit}
    if path not in held.files:
        return refused(404, "Entry not found", "EntryNotFound", commit)
    whole = held.files[path]
    headers = {**commit, "ETag": f'"{oid_of(whole)}"', "Accept-Ranges": "bytes"}
    if request.range is None:
        return Answer(200, whole, headers, BYTES)
    asked = RANGE.fullmatch(request.range)
    if not asked:
        return None
    first, last = int(asked[1]), min(int(asked[2] or len(whole)), len(whole) - 1)
    if first > last:
        outside = {"Content-Range": f"bytes */{len(whole)}"}
        return refused(416, "Range Not Satisfiable", headers=outside)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(whole)}"
    return Answer(206, whole[first : last + 1], headers, BYTES)


def _info(held: Snapshot, path: str, query: Query, request: Request) -> Answer | None:
    if query:
        return None
    files = [{"rfilename": name} for name in sorted(held.files)]
    return given({"id": held.repo, "sha": held.commit, "siblings": files})


def _tree(held: Snapshot, path: str, query: Query, request: Request) -> Answer | None:
    if query.pop("expand", None) != ["false"]:
        return None
    recursive = query.pop("recursive", None)
    if recursive not in (["true"], ["false"]) or query:
        return None
    found = [
        held.entry(name)
        for name in held.below(path)
        if recursive == ["true"] or str(PurePosixPath(name).parent) == (path or ".")
    ]
    return given(found) if found else refused(404, f"{path} does not exist", "EntryNotFound")


Call = Callable[[Snapshot, str, Query, Request], Answer | None]
# A call returns None where it is asked in a way that this Hub does not know.
CALLS: tuple[tuple[Collection[str], re.Pattern[str], Call], ...] = (
    (("HEAD", "GET"), re.compile(rf"/datasets/{REPO}/resolve/{AT}/(?P<path>.+)"), _file),
    (("GET",), re.compile(rf"/api/datasets/{REPO}/revision/{AT}"), _info),
    (("GET",), re.compile(rf"/api/datasets/{REPO}/tree/{AT}(?:/(?P<path>.+))?"), _tree),
)


@contextmanager
def hub_server(
    repos: Repos, private: Mapping[str, str] | None = None, gated: Collection[str] = ()
) -> Iterator[HubServer]:
    """Serve files by repository and revision; `private` names the token that reads a repository.

    A gated one is read by nobody. As on the real Hub, whoever gives no token is told 401 of what
    is not there or not open, and whoever gives a token that nobody has is told so.
    """
    hub = HubServer(repos, private or {}, gated)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            scheme, _space, token = self.headers.get("Authorization", "").partition(" ")
            request = Request(
                self.command,
                self.path,
                token if scheme == "Bearer" else None,
                self.headers.get("Range"),
            )
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = hub.answer(request)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve

        def log_message(self, *args: object) -> None:
            pass

    with serving(Handler) as address:
        hub.url = address
        yield hub
