"""A way to an address that a team names: into the public internet only, and no endless answer."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx2

from evaluator.baselines.reply import Denied, Temporary
from evaluator.texts import _

IP = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
ANSWER_BYTES = 1_000_000

# Called global by Python 3.11, yet no host of the public internet: relays and tunnels to IPv4
# (6to4), Azure's own services inside each of its machines, documentation.
_NOT_PUBLIC = tuple(
    ip_network(block) for block in ("192.88.99.0/24", "168.63.129.16/32", "2002::/16", "3fff::/20")
)

NOT_HTTPS = _("The address begins with {scheme}://; it must begin with https://.")
NOT_PUBLIC = _("{host} is at {address}, which is no address of the public internet.")
NO_ADDRESS = _("{host} has no address.")
TOO_LARGE = _("The answer has more than {limit} bytes; reading it was stopped.")
COMPRESSED = _("The server compresses its answers though it was asked not to.")


def is_public(ip: IP) -> bool:
    """Whether an address is a host's on the public internet.

    >>> is_public(ip_address("9.9.9.9")), is_public(ip_address("64:ff9b::7f00:1"))
    (True, False)
    """
    # Reserved are, among others, all IPv6 addresses that stand for one of IPv4.
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return False
    if isinstance(ip, IPv6Address) and ip.is_site_local:
        return False
    return not any(ip in block for block in _NOT_PUBLIC)


async def addresses_of(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host as the system knows them, the best first."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Connects to the very addresses it checked; every request is checked, a redirect's too.

    `http` allows addresses without TLS. Only tests name `allowed` addresses, a resolver or an
    authority for certificates.
    """

    def __init__(
        self,
        *,
        http: bool = False,
        limit: int = ANSWER_BYTES,
        resolve: Resolve = addresses_of,
        allowed: frozenset[IP] = frozenset(),
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self._schemes = ("https", "http") if http else ("https",)
        self._limit = limit
        self._resolve = resolve
        self._allowed = allowed
        # Without connections that are kept: one is another host's where two share an address.
        self._inner = httpx2.AsyncHTTPTransport(
            verify=verify,
            trust_env=False,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request.

        Raises:
            Denied, Unfit, Temporary: the address or the answer is not to be dealt with.
        """
        if request.url.scheme not in self._schemes:
            raise Denied(NOT_HTTPS, scheme=request.url.scheme)
        addresses = await self._checked(request.url)
        response = await self._first(request, addresses)
        try:
            return self._bounded(response)
        except BaseException:
            await response.aclose()
            raise

    async def aclose(self) -> None:
        """Release the connections."""
        await self._inner.aclose()

    async def _checked(self, url: httpx2.URL) -> Sequence[IP]:
        host = _host(url)
        try:
            found = await self._resolve(host, url.port or (443 if url.scheme == "https" else 80))
        except (OSError, UnicodeError):
            raise Temporary(NO_ADDRESS, host=host) from None
        addresses = [ip_address(address) for address in found]
        if not addresses:
            raise Temporary(NO_ADDRESS, host=host)
        for address in addresses:
            if address not in self._allowed and not is_public(address):
                raise Denied(NOT_PUBLIC, host=host, address=address)
        return addresses

    async def _first(self, request: httpx2.Request, addresses: Sequence[IP]) -> httpx2.Response:
        """Return the response of the first address that can be connected to."""
        *others, last = addresses
        for address in others:
            try:
                return await self._inner.handle_async_request(_to(address, request))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_to(last, request))

    def _bounded(self, response: httpx2.Response) -> httpx2.Response:
        # What is unpacked would not be bounded by what is read.
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Denied(COMPRESSED)
        stream = response.stream
        if not isinstance(stream, httpx2.AsyncByteStream):
            raise TypeError("an asynchronous transport answers with an asynchronous stream")
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_Bounded(stream, self._limit),
            extensions=response.extensions,
        )


class _Bounded(httpx2.AsyncByteStream):
    """A body that ends in an error where it is longer than allowed."""

    def __init__(self, stream: httpx2.AsyncByteStream, limit: int) -> None:
        self._stream = stream
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for part in self._stream:
            read += len(part)
            if read > self._limit:
                raise Temporary(TOO_LARGE, limit=self._limit, begun=True)
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


def _host(url: httpx2.URL) -> str:
    return url.raw_host.decode("ascii")


def _to(address: IP, request: httpx2.Request) -> httpx2.Request:
    """Return a request to an address whose host is called as before, in TLS as well."""
    headers = request.headers.copy()
    headers["Accept-Encoding"] = "identity"
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": _host(request.url).rstrip(".")},
    )
