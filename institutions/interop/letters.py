"""A mail of ours that knows how to write itself for the wire quickly.

Python's writer of mails costs several times what everything else about a notice does. Nearly all notices are a text
and an HTML part with headers of ASCII, which take a few joins; anything else goes the long way.
"""

import binascii
import re
from email.header import Header
from email.utils import formatdate, parseaddr
from functools import lru_cache

from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import BadHeaderError, sanitize_address

PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
LONGEST_LINE = 76


class Letter(EmailMultiAlternatives):
    """One recipient, one text, one HTML part; attachments are possible."""

    @property
    def sender(self) -> str:
        """The bare address for the envelope."""
        return _bare(self.from_email)

    @property
    def recipient(self) -> str:
        return wire_address(self.to[0])

    def wire(self) -> bytes:
        """The mail as bytes with CRLF line ends."""
        if self.attachments or [kind for _content, kind in self.alternatives] != ["text/html"]:
            return self.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's message takes it
        # "=_" cannot occur in quoted-printable text (RFC 2045, 6.7), so the boundary stands alone.
        boundary = "=_part"
        headers = [
            ("MIME-Version", "1.0"),
            ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
            ("Subject", _worded(str(self.subject))),
            ("From", _sender_header(self.from_email)),
            ("To", self.recipient),
            ("Date", formatdate()),
            *self.extra_headers.items(),
        ]
        lines = [f"{name}: {_checked(value)}" for name, value in headers]
        for kind, text in (("plain", str(self.body)), ("html", str(self.alternatives[0][0]))):
            lines += [
                "",
                f"--{boundary}",
                f'Content-Type: text/{kind}; charset="utf-8"',
                "Content-Transfer-Encoding: quoted-printable",
                "",
                _quoted_printable(text),
            ]
        lines += ["", f"--{boundary}--", ""]
        return "\r\n".join(lines).encode("ascii")


def _quoted_printable(text: str) -> str:
    # With line ends of one kind in, the soft ones that are put in are of that kind too.
    encoded = binascii.b2a_qp("\n".join(text.splitlines()).encode(), istext=True)
    return encoded.decode("ascii").replace("\n", "\r\n")


def _checked(value: str) -> str:
    """A header's value; a line end in it would begin another header, unless it is a fold."""
    if re.search(r"[\r\n](?![ \t])", value.replace("\r\n ", "  ")):
        raise BadHeaderError("a header holds a line end")
    return value


def _worded(text: str) -> str:
    if text.isascii() and len(text) <= LONGEST_LINE and text.isprintable():
        return text
    return Header(text, "utf-8" if not text.isascii() else "us-ascii").encode(linesep="\r\n")


def wire_address(address: str) -> str:
    """An address as the mail server takes it."""
    return address if PLAIN_ADDRESS.fullmatch(address) else sanitize_address(address, "utf-8")


@lru_cache(maxsize=8)
def _sender_header(address: str) -> str:
    return sanitize_address(address, "utf-8")


@lru_cache(maxsize=8)
def _bare(address: str) -> str:
    return parseaddr(sanitize_address(address, "utf-8"))[1]
