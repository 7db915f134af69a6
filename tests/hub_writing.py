"""A Hub on loopback that takes commits and pull requests, as strictly as the real one.

It serves what `huggingface_hub` asks for datasets, Spaces and models, over plain LFS: the client
goes by Xet unless HF_HUB_DISABLE_XET is set, and this Hub has none. What it does not serve it
answers 501, and keeps in `unexpected`.
"""

from __future__ import annotations

import re
import socket
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple
from urllib.parse import unquote

from tests import (
    hub_changes,
    hub_discussions,
    hub_files,
    hub_forgetting,
    hub_large_files,
    hub_spaces,
)
from tests.hub_access import Asked, Call, Hub, Token
from tests.hub_changes import kind_of
from tests.hub_faults import Fault, Script
from tests.hub_repositories import MAIN, Commit, Kind, Refusal, Repository
from tests.hub_server import Answer, refused
from tests.loopback import serving

NAME = r"(?P<repo>[\w.-]+/[\w.-]+?)"
REPO = rf"(?P<kind>dataset|space|model)s/{NAME}"
# On the site, apart from the API, a model has no prefix.
PAGE = rf"(?:(?P<kind>dataset|space)s/)?{NAME}"
AT = r"(?P<revision>[^/]+)"
PATH = r"(?P<path>.+)"
NUM = r"(?P<num>[1-9]\d*)"
STORED = re.compile(rf"/{REPO}/(?P<oid>[0-9a-f]{{64}})")


class Route(NamedTuple):
    """The requests that one call answers."""

    methods: tuple[str, ...]
    pattern: re.Pattern[str]
    call: Call


def _route(methods: str, path: str, call: Call) -> Route:
    return Route(tuple(methods.split()), re.compile(path), call)


ROUTES = (
    _route("GET HEAD", rf"/{PAGE}/resolve/{AT}/{PATH}", hub_files.resolve),
    _route("GET", rf"/api/{REPO}(?:/revision/{AT})?", hub_files.info),
    _route("GET", rf"/api/{REPO}/tree/{AT}(?:/{PATH})?", hub_files.tree),
    _route("POST", rf"/api/{REPO}/paths-info/{AT}", hub_files.paths_info),
    _route("GET", rf"/api/{REPO}/refs", hub_files.refs),
    _route("GET", rf"/api/{REPO}/commits/{AT}", hub_files.commits),
    _route("POST", rf"/api/{REPO}/preupload/{AT}", hub_changes.preupload),
    _route("POST", rf"/api/{REPO}/commit/{AT}", hub_changes.commit),
    _route("PUT", rf"/api/{REPO}/settings", hub_changes.settings),
    _route("POST", rf"/{PAGE}\.git/info/lfs/objects/batch", hub_large_files.batch),
    _route("POST", rf"/{PAGE}\.git/info/lfs/objects/verify", hub_large_files.verify),
    _route(
        "POST", rf"/api/complete_multipart/{REPO}/(?P<oid>[0-9a-f]{{64}})", hub_large_files.complete
    ),
    _route("GET", rf"/api/{REPO}/lfs-files", hub_forgetting.listed),
    _route("POST", rf"/api/{REPO}/lfs-files/batch", hub_forgetting.deleted),
    _route("GET", rf"/api/{REPO}/discussions", hub_discussions.listed),
    _route("POST", rf"/api/{REPO}/discussions", hub_discussions.opened),
    _route("GET", rf"/api/{REPO}/discussions/{NUM}", hub_discussions.details),
    _route("POST", rf"/api/{REPO}/discussions/{NUM}/comment", hub_discussions.comment),
    _route("POST", rf"/api/{REPO}/discussions/{NUM}/status", hub_discussions.status),
    _route("POST", rf"/api/{REPO}/discussions/{NUM}/merge", hub_discussions.merge),
    _route("GET", rf"/api/{REPO}/runtime", hub_spaces.told_runtime),
    _route("GET", rf"/api/{REPO}/logs/(?P<log>build|run)", hub_spaces.log),
    _route("POST", rf"/api/{REPO}/restart", hub_spaces.restart),
    _route("GET POST DELETE", rf"/api/{REPO}/secrets", hub_spaces.secrets),
    _route("GET POST DELETE", rf"/api/{REPO}/variables", hub_spaces.variables),
)
GLOBAL: Mapping[tuple[str, str], Callable[[Hub, Asked], Answer]] = {
    ("GET", "/api/whoami-v2"): hub_changes.whoami,
    ("POST", "/api/validate-yaml"): hub_changes.validated,
    ("POST", "/api/repos/create"): hub_changes.create,
    ("POST", "/api/repos/move"): hub_changes.move,
    ("DELETE", "/api/repos/delete"): hub_changes.delete,
}


class WritableHub:
    """A running Hub: what it holds, what it was asked, and what is to go wrong."""

    def __init__(self, tokens: Mapping[str, Token], faults: Script | None = None) -> None:
        self.hub = Hub(tokens)
        self.faults = faults
        self.requests: list[Asked] = []
        self.unexpected: list[Asked] = []
        self.crashes: list[str] = []
        self.closing = threading.Event()
        self._asked: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Return the address of the Hub, as HF_ENDPOINT takes it."""
        return self.hub.url

    def go_wrong(self, faults: Script | None) -> None:
        """Have requests go wrong from now on, or right again; their numbers start anew."""
        with self._lock:
            self.faults = faults
            self._asked.clear()

    def repository(self, name: str, kind: Kind = "dataset") -> Repository:
        """Return a repository that is there."""
        return self.hub.repositories[kind, name.lower()]

    def commits(self, name: str, kind: Kind = "dataset", revision: str = MAIN) -> list[Commit]:
        """Return the commits of a revision, the oldest first."""
        held = self.repository(name, kind)
        with held.lock:
            return [*held.history(held.revision(revision).oid)][::-1]

    def files(self, name: str, kind: Kind = "dataset", revision: str = MAIN) -> dict[str, bytes]:
        """Return the files of a revision."""
        tree = self.commits(name, kind, revision)[-1].tree
        return {path: blob.data for path, blob in tree.items()}

    def asked(self, method: str, pattern: str) -> list[Asked]:
        """Return the requests so far with a method and a path that a pattern describes."""
        with self._lock:
            return [
                one
                for one in self.requests
                if one.method == method and re.fullmatch(pattern, one.path)
            ]

    def noted(self, asked: Asked) -> Fault | None:
        """Note a request; return what is to go wrong with it."""
        with self._lock:
            self.requests.append(asked)
            self._asked[asked.method, asked.path] += 1
            number = self._asked[asked.method, asked.path]
        return self.faults(asked.method, asked.path, number) if self.faults else None

    def answer(self, asked: Asked, *, storage: bool) -> Answer:
        """Return the answer to a request; keep those that are not served, and what breaks here."""
        try:
            answer = self._stored(asked) if storage else self._answer(asked)
        except Refusal as refusal:
            return refusal.answer
        except Exception:
            self.crashes.append(traceback.format_exc())
            return refused(500, "Internal Error")
        if answer is None:
            self.unexpected.append(asked)
        return answer or refused(501, "This Hub does not serve that.")

    def _stored(self, asked: Asked) -> Answer | None:
        found = STORED.fullmatch(asked.path)
        return hub_large_files.stored(self.hub, asked, found["oid"]) if found else None

    def _answer(self, asked: Asked) -> Answer | None:
        who = self.hub.who(asked)
        if (asked.method, asked.path) in GLOBAL:
            return GLOBAL[asked.method, asked.path](self.hub, asked)
        for route in ROUTES:
            found = route.pattern.fullmatch(asked.path)
            if not found or asked.method not in route.methods:
                continue
            named = {name: unquote(one) for name, one in found.groupdict().items() if one}
            kind: Kind = kind_of(named.get("kind", "model"))
            moved = self.hub.moved.get((kind, named["repo"].lower()))
            if moved is not None:
                self.hub.find(kind, moved, who)
                start, end = found.span("repo")
                there = f"{asked.path[:start]}{moved}{asked.target[end:]}"
                return Answer(307, b"Temporary Redirect", {"Location": there}, "text/plain")
            repository = self.hub.find(kind, named["repo"], who)
            with repository.lock:
                return route.call(self.hub, repository, asked, named)
        return None


@contextmanager
def writable_hub(
    tokens: Mapping[str, Token], faults: Script | None = None
) -> Iterator[WritableHub]:
    """Serve an empty Hub that knows some tokens; `go_wrong` changes them while it runs.

    What breaks in the Hub itself is raised when it is left.
    """
    running = WritableHub(tokens, faults)
    with (
        serving(_handler(running, storage=True)) as storage,
        serving(_handler(running, storage=False)) as url,
    ):
        running.hub.url, running.hub.storage = url, storage
        try:
            yield running
        finally:
            running.closing.set()
    if running.crashes:
        raise RuntimeError("\n".join(running.crashes))


def _handler(running: WritableHub, *, storage: bool) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body leave together: apart, the second waits until the first is acknowledged.
        wbufsize = -1

        def _serve(self) -> None:
            if self.headers.get("Transfer-Encoding"):
                self.close_connection = True
                self._give(refused(501, "NotImplemented: Transfer-Encoding"))
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            fault = running.noted(asked)
            if fault is None:
                self._give(running.answer(asked, storage=storage))
                return
            late = fault.status is None and not fault.cut
            answer = running.answer(asked, storage=storage) if fault.after or late else None
            running.closing.wait(fault.delay)
            if fault.cut:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            elif fault.status is not None:
                told = refused(fault.status, fault.message, headers=fault.headers)
                self._give(told)
            elif answer is not None:
                self._give(answer)

        def _give(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value.encode("ascii", "replace").decode().replace("\n", " "))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve

        def log_message(self, *args: object) -> None:
            pass

    return Handler
