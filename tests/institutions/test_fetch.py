"""Fetching strangers' addresses, against a real server on this machine: refused unless a test allows it."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from institutions.interop import fetch as fetching
from institutions.interop.fetch import FetchError, Way, fetch, is_public

HERE = ipaddress.ip_address("127.0.0.1")
CALENDAR = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


class Handler(BaseHTTPRequestHandler):
    """Each path is a way in which servers behave."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        name, _, rest = self.path.lstrip("/").partition("?")
        getattr(self, f"answer_{name}", self.answer_ok)(rest)

    def send(self, status=200, body=CALENDAR, **headers):
        self.send_response(status)
        for key, value in {"Content_Length": len(body), **headers}.items():
            self.send_header(key.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def answer_ok(self, rest):
        self.send(ETag='"one"', Last_Modified="Sat, 28 Nov 2026 10:00:00 GMT")

    def answer_badmark(self, rest):
        self.send(ETag='"a\0b"', Last_Modified="x" * 200)

    def answer_again(self, rest):
        self.send(304, b"") if self.headers.get("If-None-Match") == '"one"' else self.answer_ok(rest)

    def answer_to(self, rest):
        self.send(302, b"", Location=unquote(rest))

    def answer_status(self, rest):
        self.send(int(rest))

    def answer_nowhere(self, rest):
        self.send(302, b"")

    def answer_gzip(self, rest):
        self.send(Content_Encoding="gzip")

    def answer_huge(self, rest):
        self.send(Content_Length=10**15)

    def answer_endless(self, rest):
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 100_000)
        except OSError:
            self.close_connection = True

    def answer_drip(self, rest):
        self.send_response(200)
        self.end_headers()
        self.drip()

    def answer_slowheaders(self, rest):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-A: ")
        self.drip()

    def drip(self):
        try:
            for _ in range(400):
                self.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            pass
        self.close_connection = True

    def answer_short(self, rest):
        self.send(Content_Length=len(CALENDAR) + 50)
        self.close_connection = True


def serve(tls: ssl.SSLContext | None = None, handler: type = Handler) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads, server.asked = True, []
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def running():
    yield from serve()


@pytest.fixture
def server(running):
    running.asked.clear()
    return running


def here(*, names: dict[str, list[str]] | None = None, seconds: float = 10, trust=None) -> Way:
    """This machine allowed; every host is this machine, or what `names` says."""
    return Way(
        allowed=lambda address: is_public(address) or address == HERE,
        look_up=lambda host, port: (names or {}).get(host, ["127.0.0.1"]),
        seconds=seconds,
        trust=trust,
    )


def refused(text: str, way: Way | None = None) -> str:
    with pytest.raises(FetchError) as error:
        fetch(text, way=way)
    return error.value.code


def at(server, path: str = "", host: str = "calendar.example") -> str:
    return f"http://{host}:{server.server_port}/{path}"


# What is reached -----------------------------------------------------------------------------------------------------


def test_what_is_public_and_what_is_not():
    closed = (
        "127.0.0.1 127.8.8.8 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 0.1.2.3 224.0.0.1 "
        "239.1.1.1 255.255.255.255 240.0.0.1 192.0.0.8 192.0.2.1 198.18.0.1 198.51.100.7 203.0.113.5 192.88.99.1 ::1 "
        ":: fe80::1 febf::1 fc00::1 fd12::1 ff02::1 ff0e::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 "
        "::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1 2002:7f00:1:: 2002:c0a8:1:: fec0::1 100::1 "
        "2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 2001:10::1 3fff::1 5f00::1 4000::1"
    )
    assert [text for text in closed.split() if is_public(ipaddress.ip_address(text))] == []
    open_ = "8.8.8.8 1.1.1.1 93.184.216.34 2606:4700::1111 2a00:1450:4003::200e ::ffff:8.8.8.8 64:ff9b::808:808"
    assert [text for text in open_.split() if not is_public(ipaddress.ip_address(text))] == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "0x7f.1", "127.1", "0", "[::1]", "[::ffff:127.0.0.1]",
     "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "127.0.0.1.", "%31%32%37.0.0.1", "①②⑦.⓪.⓪.①"],
)  # fmt: skip
def test_no_spelling_of_this_machine_is_reached(server, host):
    assert refused(at(server, "ok", host)) in ("private", "unknown_host", "address")
    assert server.asked == []


def test_the_same_address_is_fetched_once_it_is_allowed(server):
    got = fetch(at(server, "ok?a=1"), way=here(), agent="vmobility (+https://vm.example)")
    assert (got.content, got.etag, got.last_modified) == (CALENDAR, '"one"', "Sat, 28 Nov 2026 10:00:00 GMT")
    path, headers = server.asked[0]
    assert path == "/ok?a=1"
    assert headers["Host"] == f"calendar.example:{server.server_port}"
    assert headers["User-Agent"] == "vmobility (+https://vm.example)"
    assert not {"Cookie", "Authorization", "Referer"} & set(headers)
    assert fetch(at(server, "again"), etag=got.etag, way=here()).content is None


def test_marks_that_can_be_neither_kept_nor_sent_back_are_left(server):
    got = fetch(at(server, "badmark"), way=here())
    assert (got.content, got.etag, got.last_modified) == (CALENDAR, "", "")


def test_one_private_address_among_public_ones_is_enough(server):
    names = {"both.example": ["93.184.216.34", "10.0.0.1"]}
    assert refused(at(server, "ok", "both.example"), here(names=names)) == "private"
    assert server.asked == []


def test_a_name_that_changes_its_mind_gains_nothing(server):
    """DNS rebinding: the answer that was checked is the one connected to, and each new connection is checked."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    asked = []

    def look_up(host, port):
        asked.append(host)
        return next(answers)

    way = Way(allowed=lambda address: address == HERE, look_up=look_up, seconds=5)
    assert fetch(at(server, "ok", "rebind.example"), way=way).content == CALENDAR
    assert asked == ["rebind.example"]
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    assert refused(at(server, "to?/ok", "rebind.example"), way) == "private"
    assert [path for path, _ in server.asked] == ["/ok", "/to?/ok"]


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("http://10.0.0.1/", "private"),
        ("http://169.254.169.254/latest/meta-data/", "private"),
        ("http://[::ffff:a00:1]/", "private"),
        ("//192.168.0.1/", "private"),
        ("file:///etc/passwd", "address"),
        ("ftp://calendar.example/a", "scheme"),
        ("gopher://calendar.example/a", "scheme"),
        ("http://a:b@calendar.example/", "password_in_address"),
        ("http://calendar.example:25/", "port"),
    ],
)
def test_redirects_are_held_to_the_same_rules(server, target, code):
    real = Way(
        allowed=lambda address: is_public(address) or address == HERE,
        look_up=lambda host, port: ["127.0.0.1"] if host == "calendar.example" else fetching.look_up(host, port),
    )
    assert refused(at(server, f"to?{target}"), real) == code
    assert len(server.asked) == 1


def test_three_redirects_and_no_more(server):
    assert fetch(at(server, "to?/to?/to?/ok"), way=here()).content == CALENDAR
    assert refused(at(server, "to?/to?/to?/to?/ok"), here()) == "redirects"
    assert refused(at(server, "nowhere"), here()) == "status"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "address"), ("calendar", "address"), ("https://", "address"), ("javascript:alert(1)", "address"),
        ("file:///etc/passwd", "address"), ("ftp://a.example/x", "scheme"), ("https://a.example:22/", "port"),
        ("https://u:p@a.example/", "password_in_address"), ("https://u@a.example/", "password_in_address"),
        ("https://a.example/\r\nHost: b", "address"), ("https://a.example/\x00", "address"),
        ("https://[::1", "address"), ("https://a.example/" + "x" * 2000, "address"),
        ("http://a.example:99999/", "address"),
    ],
)  # fmt: skip
def test_addresses_that_are_never_asked(text, code):
    assert refused(text, here()) == code


def test_webcal_is_https():
    assert fetching.read_address(" webcal://a.example/b.ics ").url == "https://a.example/b.ics"


def test_a_name_nobody_has():
    def look_up(host, port):
        raise socket.gaierror("no such host")

    assert refused("http://nobody.example/", Way(look_up=look_up)) == "unknown_host"
    assert refused("http://nobody.example/", Way(look_up=lambda host, port: [])) == "unknown_host"


# What comes back -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "code"),
    [("status?404", "gone"), ("status?401", "sign_in"), ("status?403", "sign_in"), ("status?500", "status"),
     ("status?204", "status"), ("gzip", "compressed"), ("huge", "size"), ("endless", "size"), ("short", "cut_off")],
)  # fmt: skip
def test_answers_that_are_no_calendar(server, path, code):
    assert refused(at(server, path), here()) == code


@pytest.mark.parametrize("path", ["drip", "slowheaders"])
def test_a_server_that_drips_is_cut_off(server, path):
    begun = time.monotonic()
    assert refused(at(server, path), here(seconds=0.4)) == "slow"
    assert time.monotonic() - begun < 5  # it would drip for 20


def test_nobody_listens():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        assert refused(f"http://calendar.example:{taken.getsockname()[1]}/", here()) == "no_answer"


# TLS -----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A server whose certificate is for calendar.example, and a context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "calendar.example")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("calendar.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "cert.pem").write_bytes(
        pem
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem")
    for server in serve(context):
        yield server, ssl.create_default_context(cadata=pem.decode())


def test_tls_is_checked_against_the_hosts_name(secure):
    server, trust = secure
    url = f"https://{{}}:{server.server_port}/ok"
    assert fetch(url.format("calendar.example"), way=here(trust=trust)).content == CALENDAR
    assert refused(url.format("other.example"), here(trust=trust)) == "certificate"
    assert refused(url.format("calendar.example"), here()) == "certificate"
    assert refused(f"https://calendar.example:{server.server_port}/to?http://a.example/", here(trust=trust)) == (
        "redirect_to_http"
    )
