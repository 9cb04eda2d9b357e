"""Fetching an address that somebody typed, without lending them our place in the network.

Rules
- http and https only, no name or password in the address, no port below 1024 but 80 and 443.
- The host is looked up when the connection is made. If any of its addresses is not a public one, nothing is connected
  to; else the connection goes to one of these very addresses, so a second look-up can't answer something else. TLS is
  checked against the host's name.
- At most `REDIRECTS` redirects, each held to the same rules, never from https to http.
- At most `MOST_BYTES`, uncompressed, within `TOTAL` seconds from the first look-up to the last byte: when they are
  over, the socket is shut, whatever it is waiting for.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException, IncompleteRead
from typing import Any
from urllib.parse import urljoin

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Timeout, Url, parse_url

REDIRECTS = 3
MOST_BYTES = 3_000_000
CONNECT, READ, TOTAL = 5.0, 10.0, 25.0
LONGEST_ADDRESS = 2000

MEANS = {401: "sign_in", 403: "sign_in", 404: "gone", 410: "gone"}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Not public, though Python's tables say little or nothing of them.
CLOSED: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = (
    *map(ipaddress.IPv4Network, ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4")),
    *map(
        ipaddress.IPv6Network, ("::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "3fff::/20", "fc00::/7", "fe80::/9")
    ),
)


class FetchError(Exception):
    """Why nothing was fetched: a `code` (see `institutions.calendar_words`) and the facts that its sentence needs."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


@dataclass(frozen=True)
class Fetched:
    """`content` is None when the server says that nothing has changed."""

    content: bytes | None
    etag: str = ""
    last_modified: str = ""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, to a single machine; embedded IPv4 addresses are looked at."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or address.is_site_local:
            return False
    if any(address.version == network.version and address in network for network in CLOSED):
        return False
    kinds = (address.is_private, address.is_loopback, address.is_link_local, address.is_multicast)
    return address.is_global and not any((*kinds, address.is_reserved, address.is_unspecified))


def look_up(host: str, port: int) -> list[str]:
    """The host's addresses, as the system finds them; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


Allowed = Callable[[Address], bool]
LookUp = Callable[[str, int], Iterable[str]]


def read_address(text: str) -> Url:
    """An address of a calendar as it may be fetched: webcal becomes https. Raises FetchError."""
    text = text.strip()
    if len(text) > LONGEST_ADDRESS or any(ord(letter) < 33 or ord(letter) == 127 for letter in text):
        raise FetchError("address")
    scheme, _colon, rest = text.partition(":")
    if scheme.lower() in ("webcal", "webcals"):
        text = f"https:{rest}"
    try:
        url = parse_url(text)
    except urllib3.exceptions.LocationParseError as error:
        raise FetchError("address") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise FetchError("scheme" if url.scheme not in (None, "http", "https") and url.host else "address")
    if url.auth is not None:
        raise FetchError("password_in_address")
    if url.port is not None and url.port < 1024 and url.port not in (80, 443):
        raise FetchError("port", port=url.port)
    return url


@dataclass
class Way:
    """How connections are made: what they may reach, whom they trust. All but the time is for tests only."""

    allowed: Allowed = is_public
    look_up: LookUp = look_up
    trust: ssl.SSLContext | None = None
    seconds: float = TOTAL


def fetch(
    text: str, *, etag: str = "", last_modified: str = "", agent: str = "vmobility", way: Way | None = None
) -> Fetched:
    """What the address answers. Raises FetchError."""
    headers = {"User-Agent": agent, "Accept": "text/calendar, */*;q=0.5", "Accept-Encoding": "identity"}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    url, way = read_address(text), way or Way()
    until = time.monotonic() + way.seconds
    for _ in range(REDIRECTS + 1):
        answer = _ask(url, headers, _Trip(way, until))
        if isinstance(answer, Fetched):
            return answer
        there = read_address(urljoin(url.url, answer))
        if url.scheme == "https" and there.scheme == "http":
            raise FetchError("redirect_to_http")
        url = there
    raise FetchError("redirects", most=REDIRECTS)


class _Trip:
    """The connection of one request, which can be cut off from another thread."""

    def __init__(self, way: Way, until: float) -> None:
        self.way, self.until = way, until
        self.made: list[socket.socket] = []

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until

    def connect(self, host: str, port: int) -> socket.socket:
        host = host.strip("[]").rstrip(".")
        try:
            found = [ipaddress.ip_address(each.partition("%")[0]) for each in self.way.look_up(host, port)]
        except (OSError, UnicodeError, ValueError) as error:
            raise FetchError("unknown_host", host=host) from error
        if not found:
            raise FetchError("unknown_host", host=host)
        if not all(self.way.allowed(address) for address in found):
            raise FetchError("private", host=host)
        for address in found[:4]:
            left = self.until - time.monotonic()
            if left <= 0:
                raise FetchError("slow", host=host)
            try:
                made = socket.create_connection((str(address), port), timeout=min(CONNECT, left))
            except OSError:
                continue
            self.made.append(made.dup())  # TLS takes the socket itself over; to shut one is to shut both
            return made
        raise FetchError("no_answer", host=host)

    def cut(self) -> None:
        while self.made:
            made = self.made.pop()
            with suppress(OSError):
                made.shutdown(socket.SHUT_RDWR)
            made.close()


class _HTTP(HTTPConnection):
    def __init__(self, *args, trip: _Trip, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.trip = trip

    def _new_conn(self) -> socket.socket:
        return self.trip.connect(self.host, self.port or 80)


class _HTTPS(HTTPSConnection):
    def __init__(self, *args, trip: _Trip, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.trip = trip

    def _new_conn(self) -> socket.socket:
        return self.trip.connect(self.host, self.port or 443)


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HTTP


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HTTPS


def _ask(url: Url, headers: dict[str, str], trip: _Trip) -> Fetched | str:
    """One request: what it fetched, or the address that it is sent on to."""
    assert url.host is not None
    options: dict[str, Any] = {"timeout": Timeout(connect=CONNECT, read=READ), "trip": trip}
    if url.scheme == "https":
        pool: urllib3.HTTPConnectionPool = _HTTPSPool(url.host, url.port, ssl_context=trip.way.trust, **options)
    else:
        pool = _HTTPPool(url.host, url.port, **options)
    alarm = threading.Timer(trip.until - time.monotonic(), trip.cut)
    alarm.daemon = True
    alarm.start()
    try:
        response = pool.request(
            "GET", url.request_uri, headers=headers, redirect=False, retries=False, preload_content=False
        )
        return _answer(response, url, trip)
    except urllib3.exceptions.SSLError as error:
        raise FetchError("slow" if trip.is_over else "certificate", host=url.host) from error
    except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
        short = any(isinstance(each, IncompleteRead) for each in error.args)
        raise FetchError("slow" if trip.is_over else "cut_off" if short else "no_answer", host=url.host) from error
    finally:
        alarm.cancel()
        pool.close()
        trip.cut()


def _answer(response: urllib3.BaseHTTPResponse, url: Url, trip: _Trip) -> Fetched | str:
    status, given = response.status, response.headers
    if status == 304:
        return Fetched(None)
    if status in (301, 302, 303, 307, 308):
        if not given.get("Location"):
            raise FetchError("status", status=status)
        return given["Location"]
    if status != 200:
        raise FetchError(MEANS.get(status, "status"), status=status)
    if given.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise FetchError("compressed")
    length = given.get("Content-Length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > MOST_BYTES:
        raise FetchError("size", most=MOST_BYTES // 1_000_000)
    content = bytearray()
    while part := response.read1(65536, decode_content=False):
        content += part
        if len(content) > MOST_BYTES:
            raise FetchError("size", most=MOST_BYTES // 1_000_000)
        if trip.is_over:
            raise FetchError("slow", host=url.host)
    if trip.is_over:  # a socket that was shut looks like the end of the answer
        raise FetchError("slow", host=url.host)
    return Fetched(bytes(content), etag=_mark(given, "ETag", 300), last_modified=_mark(given, "Last-Modified", 100))


def _mark(given: Mapping[str, str], name: str, most: int) -> str:
    """A header by which to ask for changes; one that could be neither kept nor sent back is as good as none."""
    said = given.get(name, "")
    return said if said.isascii() and said.isprintable() and len(said) <= most else ""
