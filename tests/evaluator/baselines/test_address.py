"""What a team's address may be: hosts of the public internet, asked at the address checked."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx2
import pytest

from evaluator.baselines.address import GuardedTransport, Resolve, addresses_of, is_public
from evaluator.baselines.declaration import ProviderName
from evaluator.baselines.providers import PROVIDERS
from evaluator.baselines.reply import Denied, ProviderError, Temporary
from tests.chat_server import Act
from tests.evaluator.baselines.asked import KEY, TURNS, WIRE, declared
from tests.provider_server import ProviderServer, Stream, completion, provider_server

HERE = frozenset([ip_address("127.0.0.1")])
PUBLIC = "9.9.9.9"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("9.9.9.9", True),
        ("1.1.1.1", True),
        ("172.15.255.255", True),
        ("172.32.0.0", True),
        ("100.63.255.255", True),
        ("100.128.0.0", True),
        ("2606:4700:4700::1111", True),
        ("2620:fe::fe", True),
        # This network, loopback, private, link-local with the clouds' metadata.
        ("0.0.0.0", False),
        ("0.1.2.3", False),
        ("127.0.0.1", False),
        ("127.255.255.254", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("172.31.255.255", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        # Shared between a provider's customers; Alibaba's metadata is there.
        ("100.64.0.1", False),
        ("100.100.100.200", False),
        # Protocol assignments, documentation, benchmarks, relays, multicast, reserved, broadcast.
        ("192.0.0.1", False),
        ("192.0.2.1", False),
        ("198.51.100.1", False),
        ("203.0.113.1", False),
        ("198.18.0.1", False),
        ("192.88.99.1", False),
        ("224.0.0.1", False),
        ("239.255.255.250", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        # Azure's own services, at an address that looks like any other.
        ("168.63.129.16", False),
        ("168.63.129.17", True),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fd00:ec2::254", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("ff0e::1", False),
        ("2001:db8::1", False),
        ("3fff::1", False),
        ("100::1", False),
        ("4000::1", False),
        # Addresses of IPv4 in disguise: mapped, compatible, translated, 6to4, Teredo.
        ("::ffff:127.0.0.1", False),
        ("::ffff:9.9.9.9", False),
        ("::127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::909:909", False),
        ("64:ff9b:1::7f00:1", False),
        ("2002:7f00:1::1", False),
        ("2001:0:7f00:1::1", False),
    ],
)
def test_addresses(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


def names(*answers: Sequence[str]) -> Resolve:
    """Return a resolver that gives one answer after the other, whatever the host."""
    left = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0)

    return resolve


def get(url: str, *, follow: bool = False, **how: Any) -> httpx2.Response:
    """Return the response to one request through a guarded transport."""

    async def getting() -> httpx2.Response:
        how.setdefault("http", True)
        transport = GuardedTransport(**how)
        async with httpx2.AsyncClient(transport=transport, follow_redirects=follow) as client:
            return await client.get(url)

    return asyncio.run(getting())


def port_of(server: ProviderServer) -> int:
    """Return the port of a server."""
    return int(server.url.rpartition(":")[2])


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1/", "127.0.0.1 is at 127.0.0.1"),
        ("http://localhost/", "localhost is at "),
        ("http://[::1]/", "::1 is at ::1"),
        ("http://[::ffff:10.0.0.1]/", "is at ::ffff:"),
        ("http://0/", "0 is at 0.0.0.0"),
        # Other ways to write it, which only the system's resolver understands.
        ("http://127.1/", "127.1 is at 127.0.0.1"),
        ("http://2130706433/", "2130706433 is at 127.0.0.1"),
        ("http://0x7f.1/", "0x7f.1 is at 127.0.0.1"),
        ("http://169.254.169.254/latest/meta-data/", "is at 169.254.169.254"),
    ],
)
def test_addresses_in_disguise(url: str, shown: str) -> None:
    with pytest.raises(Denied) as caught:
        get(url)

    assert shown in str(caught.value)
    assert str(caught.value).endswith("which is no address of the public internet.")


@pytest.mark.parametrize(
    "found", [["10.0.0.1"], [PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC, "::1"]]
)
def test_one_private_address_is_one_too_many(found: list[str]) -> None:
    with pytest.raises(Denied, match=r"team\.example is at"):
        get("http://team.example/", resolve=names(found))


def test_a_host_without_address() -> None:
    with pytest.raises(Temporary, match=r"team\.example has no address\."):
        get("http://team.example/", resolve=names([]))
    with pytest.raises(Temporary, match=r"has no address\."):
        get("http://nobody.invalid/")
    # Longer than a name can be.
    with pytest.raises(Temporary, match=r"has no address\."):
        get(f"http://{'a' * 64}.example/")


def test_the_host_keeps_its_name(server: ProviderServer) -> None:
    url = f"http://team.example:{port_of(server)}/a/b?c=d"
    response = get(url, resolve=names(["127.0.0.1"]), allowed=HERE)

    assert str(response.url) == url
    assert server.request.path == "/a/b?c=d"
    assert server.request.headers["host"] == f"team.example:{port_of(server)}"
    assert server.request.headers["accept-encoding"] == "identity"


def test_what_was_checked_is_what_is_connected_to(server: ProviderServer) -> None:
    # Whoever asked a second time would be sent elsewhere; the second answer stays unasked for.
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    get(f"http://team.example:{port_of(server)}/", resolve=rebinding, allowed=HERE)
    assert asked == ["team.example"]
    assert len(server.requests) == 1

    with pytest.raises(Denied, match=r"127\.0\.0\.2"):
        get(f"http://team.example:{port_of(server)}/", resolve=rebinding, allowed=HERE)


def test_every_request_is_checked_anew(server: ProviderServer) -> None:
    async def twice() -> None:
        answers = names(["127.0.0.1"], ["10.0.0.1"])
        transport = GuardedTransport(http=True, resolve=answers, allowed=HERE)
        async with httpx2.AsyncClient(transport=transport) as client:
            await client.get(f"http://team.example:{port_of(server)}/")
            await client.get(f"http://team.example:{port_of(server)}/")

    with pytest.raises(Denied, match=r"10\.0\.0\.1"):
        asyncio.run(twice())
    assert len(server.requests) == 1


def test_the_next_address_is_tried_where_the_first_is_deaf(server: ProviderServer) -> None:
    # Nothing listens at 127.0.0.3.
    allowed = HERE | {ip_address("127.0.0.3")}
    url = f"http://team.example:{port_of(server)}/"

    assert get(url, resolve=names(["127.0.0.3", "127.0.0.1"]), allowed=allowed).is_success
    with pytest.raises(httpx2.ConnectError):
        get(url, resolve=names(["127.0.0.3", "127.0.0.3"]), allowed=allowed)


def test_a_redirect_to_a_private_address_is_not_followed(server: ProviderServer) -> None:
    server.act = Act(302, headers={"Location": "http://inside.example:1/"})
    answers = names(["127.0.0.1"], ["192.168.0.1"])
    with pytest.raises(Denied, match=r"inside\.example is at 192\.168\.0\.1"):
        get(f"{server.url}/", follow=True, resolve=answers, allowed=HERE)

    assert len(server.requests) == 1


@pytest.mark.parametrize("url", ["http://team.example/", "ftp://team.example/"])
def test_only_tls_unless_declared_otherwise(url: str) -> None:
    with pytest.raises(Denied, match="must begin with https://"):
        get(url, http=False, resolve=names([PUBLIC]))


@pytest.mark.parametrize("size", [1000, 1001])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_is_read_up_to_its_limit(server: ProviderServer, size: int, chunked: bool) -> None:
    parts = tuple(b"x" for _ in range(size))
    server.act = Stream(parts=parts) if chunked else Act(body=b"x" * size)

    if size == 1000:
        assert len(get(server.url, allowed=HERE, limit=1000).content) == 1000
        return
    with pytest.raises(Temporary, match="more than 1000 bytes"):
        get(server.url, allowed=HERE, limit=1000)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br, identity"])
def test_what_is_packed_is_not_unpacked(server: ProviderServer, encoding: str) -> None:
    server.act = Act(body=b"\x1f\x8b", headers={"Content-Encoding": encoding})

    with pytest.raises(Denied, match="compresses its answers"):
        get(server.url, allowed=HERE)


def test_no_proxy_of_the_environment_comes_between(
    server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy", raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    transport = GuardedTransport(http=True, allowed=HERE)

    assert ask_through(transport, "openai", server) == "Hello!"


def ask_through(
    transport: GuardedTransport, provider: ProviderName, server: ProviderServer, **changes: Any
) -> str:
    """Return what a provider answers through a transport."""

    async def asking() -> str:
        opened = PROVIDERS[provider](declared(server, provider, **changes), KEY, transport)
        try:
            return (await opened.ask(TURNS)).text
        finally:
            await opened.close()

    return asyncio.run(asking())


@pytest.mark.parametrize("provider", WIRE)
@pytest.mark.parametrize("stream", [False, True])
def test_every_client_stops_at_the_limit(
    server: ProviderServer, provider: ProviderName, stream: bool
) -> None:
    event = b"event: ping\ndata: {}\n\n: " + b"x" * 500 + b"\n\n"
    server.act = Stream(parts=(event,) * 10) if stream else Act(body=b" " * 2000)
    transport = GuardedTransport(http=True, allowed=HERE, limit=1000)

    with pytest.raises(Temporary, match="more than 1000 bytes"):
        ask_through(transport, provider, server, stream=stream)


@pytest.mark.parametrize("provider", WIRE)
def test_no_client_follows_a_redirect(server: ProviderServer, provider: ProviderName) -> None:
    server.act = Act(307, headers={"Location": "/elsewhere"})
    transport = GuardedTransport(http=True, allowed=HERE)

    with pytest.raises(Denied, match="redirects to another address"):
        ask_through(transport, provider, server)
    assert len(server.requests) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a certificate for team.example that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key, signed = folder / "key.pem", folder / "signed.pem"
    names = ["-subj", "/CN=team.example", "-addext", "subjectAltName=DNS:team.example"]
    kind = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    files = ["-keyout", str(key), "-out", str(signed)]
    subprocess.run(["openssl", *kind, *names, *files], check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes(signed.read_bytes() + key.read_bytes())
    return both


@pytest.fixture
def tls_port(certificate: Path) -> Iterator[int]:
    """The port of a server with that certificate; it answers with the name it was called in TLS."""
    called: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = json.dumps([called[-1], self.headers["Host"]]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _, name, __: called.append(str(name))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_tls_is_with_the_host_not_with_its_address(
    tls_port: int, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = ssl.create_default_context(cafile=certificate)

    def secure(host: str, **how: Any) -> httpx2.Response:
        answers = names(["127.0.0.1"])
        return get(f"https://{host}:{tls_port}/", resolve=answers, allowed=HERE, **how)

    called, host = secure("team.example", http=False, verify=trusted).json()
    assert (called, host) == ("team.example", f"team.example:{tls_port}")
    # A name's final dot is no part of what a certificate names.
    assert secure("team.example.", verify=trusted).json()[0] == "team.example"
    with pytest.raises(httpx2.ConnectError, match="match"):
        secure("other.example", verify=trusted)
    # A certificate nobody vouches for but the environment.
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        secure("team.example")


def test_hosts_at_one_address_share_no_connection(tls_port: int, certificate: Path) -> None:
    trusted = ssl.create_default_context(cafile=certificate)
    answers = names(["127.0.0.1"], ["127.0.0.1"])

    async def both() -> None:
        transport = GuardedTransport(resolve=answers, allowed=HERE, verify=trusted)
        async with httpx2.AsyncClient(transport=transport) as client:
            assert (await client.get(f"https://team.example:{tls_port}/")).is_success
            await client.get(f"https://other.example:{tls_port}/")

    with pytest.raises(httpx2.ConnectError, match="match"):
        asyncio.run(both())


def test_the_systems_resolver() -> None:
    assert "127.0.0.1" in asyncio.run(addresses_of("127.1", 443))


def test_a_resolver_that_fails_slowly_is_bounded_by_the_request(server: ProviderServer) -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    transport = GuardedTransport(http=True, resolve=never)
    with pytest.raises(ProviderError, match=r"within 0\.2 s"):
        ask_through(transport, "openai", server, pace={"timeout_seconds": 0.2})
    with provider_server(completion("Bye!")) as other:
        here = GuardedTransport(http=True, allowed=HERE)
        assert ask_through(here, "openai", other) == "Bye!"
