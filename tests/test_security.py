"""What must not happen: hidden answers leave, uploads pile up, strangers submit."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import os
import re
import secrets
import select
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin

import httpx
import itsdangerous
import pyarrow.parquet as pq
import pytest

from challenge.guard import SECURITY_HEADERS
from challenge.uploads import SWEEP_SECONDS
from evaluator.runs import INTERNAL
from evaluator.settings import Limits, Settings
from evaluator.texts import Sentence
from tests.folders import TRACK, mini_answers, mini_challenge, write_lines
from tests.site import ROOT, Site, uploaded

MARKER = f"leak{secrets.token_hex(12)}"
CLOSED = "This server takes no submissions"
ENTRY = ("Model", "Hospital", "open", "7B")
UPLOAD_LIMIT = 20_000_000
ABANDONED = 6
MEGABYTE = 1_000_000
BLOCK = 50_000
# Notes what the web process opens and where it connects, from its first line on.
AUDIT = """\
import os, sys
if "app.py" in sys.orig_argv:
    notes = os.open(os.environ["AUDIT"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    def note(event, arguments):
        if event == "open" and str(arguments[0]).endswith(".jsonl"):
            os.write(notes, f"open {arguments[0]}\\n".encode())
        if event in ("socket.connect", "socket.getaddrinfo"):
            os.write(notes, f"{event} {arguments}\\n".encode())
    sys.addaudithook(note)
"""
# Prints the path of every GET route of the site, its front ends' included.
ROUTES = """\
from app import build_app
from evaluator.settings import settings
def paths(routes, prefix=""):
    for route in routes:
        inner = getattr(route, "original_router", route)
        if getattr(inner, "routes", None):
            context = getattr(route, "include_context", None)
            yield from paths(inner.routes, prefix + (context.prefix if context else route.path))
        elif "GET" in (getattr(route, "methods", None) or ()):
            yield prefix + route.path
print(*paths(build_app(settings()).routes), sep="\\n")
"""
# The board's, which cannot be listed while it is mounted.
BOARD_ROUTES = (
    "_stcore/{path}",
    "_stcore/bidi-components/{path}",
    "_stcore/upload_file/{path}/x",
    "_stcore/health",
    "_stcore/metrics",
    "_stcore/host-config",
    "_stcore/agent/openapi.json",
    "app/static/{path}",
    "component/{path}",
    "media/{path}",
    "static/{path}",
    "{path}",
)
# One malformed line of hidden references each; every one names the marker.
MALFORMED = {
    "cut": b'{"answer": "%s", "other": {"id": 1, "source": "Report"',
    "list": b'{"answer": ["%s"], "other": {"id": 1, "source": "Report"}}',
    "kind": b'{"answer": "", "point": [{"text": "", "kind": "%s"}], '
    b'"other": {"id": 1, "source": "Report"}}',
    "copies": b'{"answer": "%s", "options": ["%s"], "other": {"id": 1, "source": "Report"}}',
    "gbk": b'{"answer": "%s \xb7\xa2\xc8\xc8", "other": {"id": 1, "source": "Report"}}',
}

Start = Callable[..., Site]


class Guarded(NamedTuple):
    """A server with a marked hidden phase, and what its web process opened and called."""

    site: Site
    challenge: Path
    answers: Path
    notes: Path


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A challenge whose hidden references hold the marker, in good and in malformed lines."""
    folder = tmp_path_factory.mktemp("guarded")
    challenge = mini_challenge(folder / "challenge", MARKER)
    phases = []
    for name, line in MALFORMED.items():
        phases.append(f"  - {{id: {name}, title: {{zh: x, en: x}}, references: hidden}}\n")
        phases[-1] = phases[-1].replace("hidden}", f"hidden, folder: {name}}}")
        for dataset in ("Choice", "Report"):
            source, copy = challenge / "mini-test" / dataset, challenge / name / dataset
            copy.mkdir(parents=True)
            for file in source.iterdir():
                (copy / file.name).write_bytes(file.read_bytes())
        broken = challenge / name / "Report" / "references.jsonl"
        written = line.replace(b"%s", MARKER.encode())
        broken.write_bytes(written + b"\n" + broken.read_bytes().splitlines(True)[1])
    track = TRACK.replace("dimensions:\n", "".join(phases) + "dimensions:\n", 1)
    (challenge / "tracks" / "mini.yaml").write_text(track, "utf-8")
    (folder / "hook").mkdir()
    (folder / "hook" / "sitecustomize.py").write_text(AUDIT)
    answers = write_lines(folder / "answers.jsonl", mini_answers())
    site = Site(
        folder / "data",
        CHALLENGE_DIR=str(challenge),
        PYTHONPATH=str(folder / "hook"),
        AUDIT=str(folder / "notes"),
    )
    yield Guarded(site.start(), challenge, answers, folder / "notes")
    site.stop()


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with small limits, on a name of this machine that it cannot know to be loopback."""
    folder = tmp_path_factory.mktemp("strict")
    site = Site(
        folder / "data",
        CHALLENGE_DIR=str(mini_challenge(folder / "challenge")),
        HOST="LOCALHOST",
        MAX_UPLOAD_BYTES=str(UPLOAD_LIMIT),
        ABANDONED_SECONDS=str(ABANDONED),
    )
    yield site.start()
    site.stop()


@pytest.fixture
def start(tmp_path: Path, mini: Path) -> Iterator[Start]:
    """A function that starts a server on the small challenge."""
    sites: list[Site] = []

    def started(**environment: str) -> Site:
        site = Site(tmp_path / "data", CHALLENGE_DIR=str(mini), **environment)
        sites.append(site)
        return site.start()

    yield started
    for site in sites:
        site.stop()


# Hidden references


@pytest.mark.slow
def test_hidden_references_never_leave_the_worker(guarded: Guarded) -> None:
    site, challenge, answers, _notes = guarded
    keys = {name: accepted(site, answers, name) for name in ("test", *MALFORMED)}
    ended = {name: wait_for_end(site, key) for name, key in keys.items()}
    # The marker is really in the references: answers without it are not perfect.
    assert ended["test"]["result"]["datasets"]["Report"]["value"] < 1
    for name in MALFORMED:
        assert ended[name]["status"] == "failed", name
        assert ended[name]["message"] == Sentence(INTERNAL).text("en")

    seen = {f"status {name}": json.dumps(found) for name, found in ended.items()}
    bad = write_lines(answers.with_name("bad.jsonl"), [{"answer": 1, "other": {"id": 1}}])
    for file in (answers, bad):
        for phase in ("dev", "test", "cut"):
            told = site.post_file("/validate", file, "mini", phase, "en")
            seen[f"validate {file.name} {phase}"] = json.dumps(told)
    for key in keys.values():
        seen[f"items {key}"] = json.dumps(site.post("/items", key, "", "en"))
    for phase in keys:
        seen[f"leaderboard {phase}"] = json.dumps(site.post("/leaderboard", "mini", phase, "zh"))
        snapshot = pq.read_table(site.data_dir / "board" / "mini" / f"{phase}.parquet")
        seen[f"snapshot {phase}"] = f"{snapshot.to_pylist()} {snapshot.schema.metadata}"
    seen |= {path: told.decode("utf-8", "replace") for path, told in pages(site, challenge)}
    seen["log"] = site.log.read_text()

    assert [place for place, told in seen.items() if MARKER in told] == []
    # They are what they should be, not empty.
    assert ended["test"]["id"] in seen["leaderboard test"]
    assert ended["test"]["id"] in seen["snapshot test"]
    assert str(challenge / "cut" / "Report" / "references.jsonl") in seen["log"]
    assert "问题1" in seen["/packs/mini/test.zip"]


def test_the_web_process_neither_opens_references_nor_loads_torch(guarded: Guarded) -> None:
    site, challenge, answers, notes = guarded
    wait_for_end(site, accepted(site, answers, "test"))
    assert site.process
    libraries = Path(f"/proc/{site.process.pid}/maps").read_text()
    opened = re.findall(r"^open (.*)$", notes.read_text(), re.MULTILINE)

    assert "libpython" in libraries or "python3" in libraries
    assert "torch" not in libraries
    assert str(challenge / "mini-test" / "Report" / "questions.jsonl") in opened
    assert [path for path in opened if path.endswith("references.jsonl")] == []


# Files and addresses named in a request


@pytest.mark.parametrize("extra", [{}, {"is_stream": True}, {"url": "/x"}], ids=str)
def test_a_file_of_this_machine_cannot_be_named(guarded: Guarded, extra: dict[str, Any]) -> None:
    site, challenge, answers, _notes = guarded
    own = answers.with_name("own.jsonl")
    own.write_bytes(answers.read_bytes())
    hidden = challenge / "mini-test" / "Report" / "references.jsonl"
    database = site.data_dir / "submissions.sqlite"
    received = site.data_dir / "received"
    around = f"{received}/../../{own.name}"
    for path in (str(own), str(hidden), str(database), around):
        for endpoint, more in (("/validate", ("en",)), ("/submit", (*ENTRY, "", "en"))):
            answer = site.post(endpoint, {**uploaded(path), **extra}, "mini", "test", *more)
            assert answer is None, (endpoint, path)
        with pytest.raises(httpx.HTTPStatusError):
            event(site, "upload", {**uploaded(path), **extra}, "", "mini", "test")
    # Neither deleted nor copied to where uploads are.
    assert own.exists()
    assert hidden.exists()
    assert database.exists()
    assert left(received) == []


def test_the_server_fetches_no_address_for_anyone(guarded: Guarded) -> None:
    site, *_others, notes = guarded
    address = "https://fetch.invalid/predictions.jsonl"
    assert site.post("/validate", uploaded(address), "mini", "dev", "en") is None
    for route in ("file=", "proxy=", "file/"):
        assert httpx.get(f"{site.url}/gradio_api/{route}{address}").status_code == 404
    called = re.findall(r"^socket.*$", notes.read_text(), re.MULTILINE)
    assert [line for line in called if not re.search(r"127\.0\.0\.1|localhost|::1", line)] == []


# Uploads


def test_a_declared_length_over_the_limit_is_refused(strict: Site) -> None:
    for path in ("/gradio_api/upload", "/gradio_api/process_recording", "/gradio_api/queue/join"):
        with talk(strict, path, f"Content-Length: {UPLOAD_LIMIT + MEGABYTE}") as peer:
            status, body = answer_of(peer)
        if "record" in path:
            assert status == 404
            continue
        assert status == 413
        assert "compress it and try again" in body
        assert "请压缩后再传" in body


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/gradio_api/upload", UPLOAD_LIMIT + MEGABYTE),
        # Many small files: each is within the limit, together they are not.
        ("/gradio_api/upload", BLOCK),
        ("/gradio_api/call/validate", UPLOAD_LIMIT + MEGABYTE),
    ],
)
def test_an_undeclared_length_over_the_limit_is_refused(strict: Site, path: str, part: int) -> None:
    before = memory(strict, reset=True)
    with talk(strict, path, "Transfer-Encoding: chunked") as peer:
        sent = pour(peer, part, 5 * UPLOAD_LIMIT)
        status, body = answer_of(peer)
    assert status == 413
    assert "larger than" in body
    assert sent < 2 * UPLOAD_LIMIT
    assert memory(strict) - before < 2 * UPLOAD_LIMIT
    assert httpx.get(f"{strict.url}/healthz").status_code == 200


def test_an_upload_within_the_limit_is_taken(strict: Site, tmp_path: Path) -> None:
    file = tmp_path / "large.jsonl"
    file.write_bytes(b" " * (UPLOAD_LIMIT - 1))
    assert strict.post_file("/validate", file, "mini", "dev", "en")["valid"] is False


def test_abandoned_uploads_are_deleted(strict: Site, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "answers.jsonl", mini_answers())
    received, held = strict.data_dir / "received", strict.data_dir / "held"
    unused = Path(strict.upload(file))
    dropped = strict.upload(file, "dropped.jsonl")
    event(strict, "upload", uploaded(dropped), "", "mini", "dev")
    # The page's flow takes the file out of reach at once.
    assert unused.exists()
    assert not Path(dropped).exists()
    assert [path.read_bytes() for path in left(held)] == [file.read_bytes()]
    for path in (unused, left(held)[0]):
        assert httpx.get(f"{strict.url}/gradio_api/file={path}").status_code == 404

    bound = ABANDONED + SWEEP_SECONDS + 5
    strict.wait_for(lambda: not left(received) and not left(held), bound, "uploads are left")
    strict.wait_for(lambda: not unused.parent.exists(), bound, "its folder is left")


def test_by_default_abandoned_uploads_are_deleted_within_two_minutes() -> None:
    assert Limits().abandoned_seconds + SWEEP_SECONDS <= 120


def test_nothing_of_a_file_is_left_after_its_use(guarded: Guarded) -> None:
    site, _challenge, answers, _notes = guarded
    bad = write_lines(answers.with_name("refused.jsonl"), [{"answer": 1}])
    for file in (answers, bad):
        path = site.upload(file)
        site.post("/validate", uploaded(path), "mini", "dev", "en")
        again = site.upload(file)
        site.post("/submit", uploaded(again), "mini", "dev", *ENTRY, "", "en")
        for gone in (path, again):
            assert not Path(gone).exists()
            assert httpx.get(f"{site.url}/gradio_api/file={gone}").status_code == 404
    assert left(site.data_dir / "received") == []
    assert left(site.data_dir / "held") == []


def test_many_may_send_the_same_file_at_once(guarded: Guarded) -> None:
    site, _challenge, answers, _notes = guarded
    with ThreadPoolExecutor(8) as senders:
        told = list(senders.map(lambda _number: submitted(site, answers), range(16)))
    assert [answer and answer["accepted"] for answer in told] == 16 * [True]
    assert len({answer["id"] for answer in told}) == 16


# Who may submit


def test_the_demo_user_is_only_who_sits_at_this_machine(guarded: Guarded) -> None:
    site, _challenge, answers, _notes = guarded
    for headers in (
        {"X_Forwarded_For": "203.0.113.7"},
        {"X_Forwarded_Host": "challenge.example"},
        {"Forwarded": "for=203.0.113.7"},
        {"X_Real_IP": "127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Host": "challenge.example"},
        {"Host": "127.0.0.1.challenge.example"},
        {"Host": f"challenge.example:{site.port}"},
    ):
        answer = submitted(site, answers, **headers)
        assert answer["accepted"] is False, headers
        assert answer["message"].startswith(CLOSED)
    for host in (f"127.0.0.1:{site.port}", f"localhost:{site.port}", "[::1]:80"):
        assert submitted(site, answers, Host=host)["accepted"] is True, host
    # Gradio's mocked login, which makes everyone the owner of this machine's token.
    assert httpx.get(f"{site.url}/login/huggingface").status_code == 404


def test_a_reachable_server_is_closed_without_tokens_and_asks_for_them_with(
    strict: Site, tmp_path: Path
) -> None:
    file = write_lines(tmp_path / "answers.jsonl", mini_answers())
    assert not Settings(host="0.0.0.0").on_loopback
    assert submitted(strict, file)["message"].startswith(CLOSED)
    assert "This server is read-only" in event(strict, "load")[0]

    token = strict.command("issue-token", "ward")
    try:
        assert "Enter the token" in submitted(strict, file)["message"]
        for wrong in (f"{token}x", token[:-1], "mb_", "'; --"):
            assert "The token is not valid" in submitted(strict, file, wrong)["message"]
        answer = submitted(strict, file, f" {token}\n")
        assert answer["accepted"] is True
        teams = strict.rows("SELECT team FROM submissions WHERE id = ?", answer["id"])
        assert teams == [("ward",)]
        assert "The token is not valid" in submitted_items(strict, answer["id"], "mb_x")
    finally:
        assert strict.command("revoke-tokens", "ward") == "1"
    # Without any valid token it is closed again.
    assert submitted(strict, file, token)["message"].startswith(CLOSED)

    other = strict.command("issue-token", "clinic")
    assert "The token is not valid" in submitted(strict, file, token)["message"]
    assert "Only the team" in submitted_items(strict, answer["id"], other)
    strict.command("revoke-tokens", "clinic")
    kept = b"".join(path.read_bytes() for path in strict.data_dir.glob("submissions.sqlite*"))
    assert token.encode() not in kept
    assert token not in strict.log.read_text()


def test_a_space_without_login_is_closed(start: Start, tmp_path: Path) -> None:
    site = start(SYSTEM="spaces", SPACE_ID="team/challenge")
    file = write_lines(tmp_path / "answers.jsonl", mini_answers())
    assert submitted(site, file)["message"].startswith(CLOSED)
    assert httpx.get(f"{site.url}/login/huggingface").status_code == 404


def test_a_space_takes_the_word_of_its_login_provider_only(start: Start, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "answers.jsonl", mini_answers())
    with provider() as address:
        site = start(
            SYSTEM="spaces",
            SPACE_ID="team/challenge",
            SPACE_HOST="team-challenge.example",
            OAUTH_CLIENT_ID="client",
            OAUTH_CLIENT_SECRET="kept from everyone",
            OAUTH_SCOPES="openid profile",
            OPENID_PROVIDER_URL=address,
        )
        assert "Log in with Hugging Face" in submitted(site, file)["message"]
        with httpx.Client(base_url=site.url) as visitor:
            begun = visitor.get("/login/huggingface")
            assert begun.status_code == 302
            assert begun.headers["location"].startswith(f"{address}/authorize?")
            returned = visitor.get("/login/callback?code=x&state=y")
            assert returned.headers["location"].startswith("/login/huggingface")
            cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        assert "Log in" in submitted(site, file, Cookie=cookie)["message"]
        # Gradio signs with this where there is no secret; anyone could.
        assert "Log in" in submitted(site, file, Cookie=session("", "eve"))["message"]
        known = submitted(site, file, Cookie=session("kept from everyone", "ada"))
        teams = site.rows("SELECT team FROM submissions WHERE id = ?", known["id"])
        assert teams == [("hf:ada",)]
        assert "kept from everyone" not in site.log.read_text()


# Headers, addresses


def test_every_answer_carries_the_security_headers(guarded: Guarded) -> None:
    site = guarded.site
    portal, board = (httpx.get(f"{site.url}{path}").text for path in ("/", "/leaderboard/"))
    asset = re.findall(r'src="\.(/assets/[^"]+)"', portal)[0]
    board_asset = "/leaderboard" + re.findall(r'src="\.(/static/[^"]+)"', board)[0]
    expected = {
        "/": 200,
        "/leaderboard/": 200,
        asset: 200,
        board_asset: 200,
        "/healthz": 200,
        "/leaderboard": 307,
        "/packs/mini/none.zip": 404,
        "/no/such/page": 404,
        "/gradio_api/file=/etc/hostname": 404,
    }
    for path, status in expected.items():
        answer = httpx.get(f"{site.url}{path}")
        assert answer.status_code == status, path
        assert answer.headers.get_list("content-security-policy") == [
            SECURITY_HEADERS["Content-Security-Policy"]
        ], path
        assert answer.headers["x-content-type-options"] == "nosniff", path


def test_the_answer_to_a_crash_carries_them_too(start: Start, mini: Path) -> None:
    site = start()
    (mini / "mini" / "Choice" / "questions.jsonl").unlink()
    answer = httpx.get(f"{site.url}/packs/mini/dev.zip")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == SECURITY_HEADERS["Content-Security-Policy"]
    assert str(mini) not in answer.text


def test_the_policy_allows_no_foreign_source_and_no_eval() -> None:
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives.pop("frame-ancestors") == ("'self' https://huggingface.co https://*.hf.space")
    allowed = {"'self'", "'unsafe-inline'", "'none'", "data:", "blob:"}
    assert {word for words in directives.values() for word in words.split()} <= allowed
    assert directives["default-src"] == "'self'"
    assert directives["object-src"] == "'none'"


@pytest.mark.parametrize("path", ["/", "/leaderboard/"])
def test_a_page_loads_nothing_from_another_host(guarded: Guarded, path: str) -> None:
    page = httpx.get(f"{guarded.site.url}{path}").text
    addresses = re.findall(r"""\b(?:src|href|action)\s*=\s*["']?([^"'\s>]+)""", page)
    assert addresses
    assert [at for at in addresses if re.match(r"(?:[a-z]+:)?//", at)] == []


@pytest.mark.parametrize("query", ["", "?lang=zh&track=mini", "?x=//evil.example/"])
def test_the_board_without_slash_is_redirected_on_the_same_host(
    guarded: Guarded, query: str
) -> None:
    site = guarded.site
    answer = httpx.get(f"{site.url}/leaderboard{query}", headers={"Host": "internal:7860"})
    assert answer.status_code == 307
    # As a browser resolves it that reached the server through a proxy.
    landed = urljoin(f"https://challenge.example/leaderboard{query}", answer.headers["location"])
    assert landed == f"https://challenge.example/leaderboard/{query}"
    followed = httpx.get(f"{site.url}/leaderboard{query}", follow_redirects=True)
    assert followed.status_code == 200


# What the tests above share


def accepted(site: Site, path: Path, phase: str) -> str:
    """Submit a file as the demo user and return the submission's id."""
    answer = site.post_file("/submit", path, "mini", phase, *ENTRY, "", "en")
    assert answer["accepted"], answer
    return str(answer["id"])


def submitted(site: Site, path: Path, token: str = "", **headers: str) -> Any:
    """Submit a file and return the answer, whatever it is."""
    return site.post_file("/submit", path, "mini", "dev", *ENTRY, token, "en", **headers)


def submitted_items(site: Site, key: str, token: str) -> str:
    """Ask for the single items of a submission; return what is said instead."""
    return str(site.post("/items", key, token, "en")["message"])


def wait_for_end(site: Site, key: str) -> Any:
    """Wait until a submission is scored or failed, and return where it stands."""
    query = "SELECT 1 FROM submissions WHERE id = ? AND status IN ('finished', 'failed')"
    site.wait_for(lambda: site.rows(query, key), 60, f"{key} does not end")
    return site.post("/status", key, "en")


def left(folder: Path) -> list[Path]:
    """Return every file in a folder that has content (Gradio leaves empty ones for a while)."""
    return [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]


def event(site: Site, name: str, *values: Any) -> Any:
    """Do what a page does at an event of that name; return what it is to show."""
    wiring = httpx.get(f"{site.url}/config").json()["dependencies"]
    number = next(
        found["id"] for found in wiring if name in [target[1] for target in found["targets"]]
    )
    answer = httpx.post(
        f"{site.url}/gradio_api/run/predict",
        json={"data": values, "fn_index": number, "session_hash": secrets.token_hex(4)},
        timeout=30,
    )
    return answer.raise_for_status().json()["data"]


def pages(site: Site, challenge: Path) -> Iterator[tuple[str, bytes]]:
    """Yield what every GET route answers, asked for private files where it takes a path."""
    hidden = challenge / "mini-test" / "Report" / "references.jsonl"
    kept = [path for path in site.data_dir.rglob("*") if path.is_file()]
    upwards = os.path.relpath(hidden, ROOT)
    values = [
        *(str(path) for path in (hidden, *kept)),
        upwards,
        quote(upwards, safe="").replace(".", "%2e"),
        quote("../" * 12 + str(hidden)[1:], safe=""),
        "..%5c" * 8 + str(hidden),
        f"{site.data_dir}/received/../../challenge/mini-test/Report/references.jsonl",
    ]
    unused = site.data_dir.with_name("unused")
    unused.mkdir()
    listed = subprocess.run(
        [sys.executable, "-c", ROUTES],
        cwd=ROOT,
        env={**site.environment, "DATA_DIR": str(unused)},
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\n")
    routes = [route for route in listed if route.startswith("/")]
    assert "/gradio_api/file={path_or_url:path}" in routes
    routes += [f"/leaderboard/{route}" for route in BOARD_ROUTES]
    routes += ["/packs/mini/test.zip", "/packs/mini/cut.zip", "/?lang=zh", "/leaderboard/?lang=zh"]
    for route in dict.fromkeys(routes):
        for value in values if "path" in route else ["x"]:
            yield page(site, re.sub(r"\{[^}]*\}", lambda _match, v=value: v, route))


def page(site: Site, path: str) -> tuple[str, bytes]:
    """Return what a path answers in its first seconds (some stream for ever), unzipped."""
    body = b""
    with (
        contextlib.suppress(httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.InvalidURL),
        httpx.stream("GET", f"{site.url}{path}", timeout=1, follow_redirects=True) as answer,
    ):
        for part in answer.iter_bytes():
            body += part
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as pack:
            body += b"".join(pack.read(member) for member in pack.namelist())
    return path, body


def memory(site: Site, *, reset: bool = False) -> int:
    """Return the largest memory the web process had since the last reset, in bytes."""
    assert site.process
    folder = Path(f"/proc/{site.process.pid}")
    if reset:
        (folder / "clear_refs").write_text("5")
    found = re.findall(r"VmHWM:\s+(\d+) kB", (folder / "status").read_text())
    return 1024 * int(found[0])


def talk(site: Site, path: str, length: str) -> socket.socket:
    """Open a connection and send the head of a POST."""
    kind = "multipart/form-data; boundary=edge" if "upload" in path else "application/json"
    peer = socket.create_connection(("127.0.0.1", site.port), timeout=30)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nContent-Type: {kind}\r\n"
    peer.sendall(f"{head}{length}\r\n\r\n".encode())
    return peer


def pour(peer: socket.socket, part: int, total: int) -> int:
    """Send files of `part` bytes as one chunked body until it is answered; return the bytes."""
    sent = 0
    head = b'\r\n--edge\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
    while sent < total and not select.select([peer], [], [], 0)[0]:
        body = (b"" if sent % part else head) + b"x" * BLOCK
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            peer.sendall(b"%x\r\n%s\r\n" % (len(body), body))
        sent += BLOCK
    return sent


def answer_of(peer: socket.socket) -> tuple[int, str]:
    """Return status and body of the answer on a connection."""
    told = b""
    with contextlib.suppress(ConnectionResetError):
        while part := peer.recv(65536):
            told += part
            if b"\r\n\r\n" in told and told.endswith(b"}"):
                break
    head, _gap, body = told.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


@contextlib.contextmanager
def provider() -> Iterator[str]:
    """Serve the description of a login provider on loopback; yield its address."""

    class Description(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = {name: f"{address}/{name}" for name in ("issuer", "token_endpoint", "jwks_uri")}
            told["authorization_endpoint"] = f"{address}/authorize"
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_values: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Description)
    address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield address
    server.shutdown()


def session(secret: str, username: str) -> str:
    """Return the cookie of a logged-in user, signed as Gradio does with that client secret."""
    profile = {"name": "x", "preferred_username": username, "profile": "x", "picture": "x"}
    content = base64.b64encode(json.dumps({"oauth_info": {"userinfo": profile}}).encode())
    key = hashlib.sha256(f"{secret}-v4".encode()).hexdigest()
    return f"session={itsdangerous.TimestampSigner(key).sign(content).decode()}"


@pytest.mark.parametrize("name", ["GOLD_TOKEN", "HUB_TOKEN", "JUDGE_API_KEY"])
def test_the_web_process_forgets_what_only_the_worker_may_know(name: str, tmp_path: Path) -> None:
    script = (
        "import os, app; from evaluator.settings import settings; "
        f"print(os.environ.get({name!r}), app.WORKER_ENVIRONMENT[{name!r}], "
        "MARK in repr(vars(settings())), sep='|')"
    ).replace("MARK", repr(MARKER))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, name: MARKER, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.strip() == f"None|{MARKER}|False"
