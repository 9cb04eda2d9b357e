"""The mailbox beside bin/run: every mail is kept as a file and can be read in the browser, so no mail server is needed.

It shows anybody's mail to anybody, which is why settings.MAILBOX allows it in the embedded mode only.
"""

import os
import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import strip_tags
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

MAILS_PER_PAGE = 30
MAIL_NAME = re.compile(r"[0-9]{19}-[0-9a-f]{8}")


class MailboxBackend(BaseEmailBackend):
    """Keep each mail as its own file in settings.MAIL_DIR, newest last by name."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.MAIL_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        sent = 0
        for message in email_messages:
            if not message.recipients():
                continue
            name = f"{time.time_ns():019d}-{uuid.uuid4().hex[:8]}"
            draft = folder / f"{name}.draft"
            draft.write_bytes(message.message().as_bytes())
            os.replace(draft, folder / f"{name}.eml")  # readers never meet half a mail
            sent += 1
        return sent


@dataclass(frozen=True)
class Mail:
    """A mail as the mailbox shows it."""

    name: str
    subject: str
    sender: str
    to: str
    sent_at: datetime | None
    text: str
    attachments: list[str]


def read_mail(path: Path) -> Mail:
    parsed = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(parsed, ParsedMessage)
    try:
        sent_at = parsedate_to_datetime(parsed["Date"]) if parsed["Date"] else None
    except ValueError:
        sent_at = None
    return Mail(
        name=path.stem,
        subject=str(parsed["Subject"] or ""),
        sender=str(parsed["From"] or ""),
        to=str(parsed["To"] or ""),
        sent_at=sent_at,
        text=text_of(parsed),
        attachments=[part.get_filename() or part.get_content_type() for part in parsed.iter_attachments()],
    )


def text_of(parsed: ParsedMessage) -> str:
    """The plain text; of a mail that has only HTML, its words."""
    body = parsed.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    content = body.get_content()
    return strip_tags(content) if body.get_content_subtype() == "html" else content


@require_safe
@never_cache
def mail_list(request: HttpRequest) -> HttpResponse:
    """All mails, newest first; `?to=` narrows to one address."""
    to = request.GET.get("to", "").strip().lower()
    paths = sorted(Path(settings.MAIL_DIR).glob("*.eml"), reverse=True)
    if to:
        paths = [path for path in paths if to in read_mail(path).to.lower()]
    page = Paginator(paths, MAILS_PER_PAGE).get_page(request.GET.get("page"))
    mails = [read_mail(path) for path in page.object_list]
    return render(request, "mailbox/mail_list.html", {"page": page, "mails": mails, "to": to})


@require_safe
@never_cache
def mail_detail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail, as text with its links."""
    path = Path(settings.MAIL_DIR) / f"{name}.eml"
    if not MAIL_NAME.fullmatch(name) or not path.is_file():
        raise Http404
    mail = read_mail(path)
    return render(request, "mailbox/mail_detail.html", {"mail": mail})
