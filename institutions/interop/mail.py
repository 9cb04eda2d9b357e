"""A notice as an e-mail: text and HTML, in the recipient's language, with times in the recipient's zone."""

import datetime as dt
import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

from django.conf import settings
from django.template import Context, Template, TemplateDoesNotExist, loader
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import escape, linebreaks
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from institutions.enums import Delivery
from institutions.interop.letters import Letter
from institutions.interop.stop_links import stop_path
from institutions.models import Notice
from institutions.notice_kinds import KINDS, may_be_off

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail; an `alternative` is another form of the mail itself, such as an invitation."""

    name: str
    content: str | bytes
    mimetype: str
    alternative: bool = False


_attachers: dict[str, Callable[[Notice], Iterable[Attachment]]] = {}


def attach_to(*kinds: str, make: Callable[[Notice], Iterable[Attachment]]) -> None:
    """Have the mails of some kinds carry what `make` answers for the notice (its recipient is loaded).

    An app says so in its `ready()`. `make` is called for every try at the mail, within the recipient's language and
    zone, and must answer the same each time. In a digest there are files only, no alternatives.
    """
    for kind in kinds:
        assert kind in KINDS, kind
        _attachers[kind] = make


def attachments_of(notice: Notice) -> list[Attachment]:
    make = _attachers.get(notice.kind)
    return list(make(notice)) if make else []


def subject_of(notice: Notice) -> str:
    """The notice's subject, on one line; in the language that is active, which is its recipient's."""
    return " ".join(_text(f"email/{notice.kind}_subject.txt", notice).split())


def body_of(notice: Notice) -> str:
    """The notice's text, without the frame of a mail."""
    return _text(f"email/{notice.kind}.txt", notice).strip()


def lead_of(notice: Notice) -> str:
    """The first paragraph, as the inbox shows it."""
    return " ".join(body_of(notice).split("\n\n")[0].split())


def shown(notice: Notice) -> tuple[str, str]:
    """Subject and first paragraph for a list; a notice whose texts are gone (an old kind) is still listed."""
    try:
        return subject_of(notice), lead_of(notice)
    except TemplateDoesNotExist:
        return _("A notice"), ""
    except Exception:
        logger.exception("Notice %s (%s) could not be written", notice.pk, notice.kind)
        return _("A notice"), ""


def absolute(url: str) -> str:
    return f"{settings.SITE_URL}{url}" if url.startswith("/") else url


def message_id(notice: Notice) -> str:
    """The same for every try at the same notice, so that a mail handed over twice is shown once."""
    digest = hashlib.blake2s(f"{notice.pk}:{notice.key}".encode(), digest_size=8).hexdigest()
    return f"<notice-{notice.pk}-{digest}@{settings.SITE_HOST}>"


def render(notice: Notice, parts: Sequence[Notice] = ()) -> Letter:
    """The mail for a notice; for a digest, with the notices it tells.

    Text comes from templates/email/<kind>.txt, the frame from email/notice.* or email/digest_frame.*
    """
    recipient = notice.recipient
    with translation.override(recipient.language), timezone.override(recipient.tz):
        what = notice.context.get("period") if notice.kind == "digest" else KINDS[notice.kind].group
        stop_url = absolute(stop_path(recipient.pk, str(what))) if _may_stop(str(what)) else ""
        subject, text, html = _digest(notice, parts, stop_url) if parts else _single(notice, stop_url)
        files = [*attachments_of(notice), *(f for part in parts for f in attachments_of(part) if not f.alternative)]
    mail = Letter(subject, text.strip() + "\n", to=[recipient.email])
    mail.extra_headers["Message-ID"] = message_id(notice)
    mail.extra_headers["Auto-Submitted"] = "auto-generated"
    if stop_url:  # RFC 8058
        mail.extra_headers["List-Unsubscribe"] = f"<{stop_url}>"
        mail.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.attach_alternative(html, "text/html")
    for each in files:
        if each.alternative:
            mail.attach_alternative(each.content, each.mimetype)
        else:
            mail.attach(each.name, each.content, each.mimetype)
    return mail


def _single(notice: Notice, stop_url: str) -> tuple[str, str, str]:
    """Subject, text and HTML of a mail about one thing."""
    recipient = notice.recipient
    subject, body, url = subject_of(notice), body_of(notice), absolute(notice.url)
    look = (notice.kind, recipient.language, recipient.zone, bool(url), bool(stop_url))
    plain = {"name": recipient.get_short_name(), "subject": subject, "body": body, "url": url, "stop_url": stop_url}
    marked_up = {name: escape(value) for name, value in plain.items()} | {"body": linebreaks(body, autoescape=True)}
    return subject, _filled("email/notice.txt", look, plain), _filled("email/notice.html", look, marked_up)


def _digest(notice: Notice, parts: Sequence[Notice], stop_url: str) -> tuple[str, str, str]:
    told = [{"url": absolute(part.url), "title": title, "lead": lead} for part, title, lead in _told(parts)]
    subject = _digest_subject(notice, len(told))
    frame = _frame_context(notice.kind, notice.recipient.zone, str(notice.context["period"]))
    frame |= {"name": notice.recipient.get_short_name(), "url": absolute(notice.url), "stop_url": stop_url}
    frame |= {"parts": told, "subject": subject}
    html = loader.get_template("email/digest_frame.html").render(frame)
    return subject, _plain("email/digest_frame.txt", frame), html


# The frame of a mail is the same for all of a kind, language and zone: it is rendered once with marks where the
# words go, and cut there.
MARK = "\ue000"
Look = tuple[str, str, str, bool, bool]


def _filled(template: str, look: Look, words: dict[str, str]) -> str:
    pieces = _frame(template, look)
    return "".join(words[piece] if number % 2 else piece for number, piece in enumerate(pieces))


@lru_cache(maxsize=4096)
def _frame(template: str, look: Look) -> tuple[str, ...]:
    """The frame as literal text and names of words in turns; call it within the language of the look."""
    kind, _language, zone, has_url, has_stop = look
    names = ["name", "subject", "body", *(["url"] if has_url else []), *(["stop_url"] if has_stop else [])]
    marks = {name: mark_safe(f"{MARK}{name}{MARK}") for name in names}
    frame = _frame_context(kind, zone, str(KINDS[kind].group)) | marks
    if template.endswith(".txt"):
        return tuple(_plain(template, frame).split(MARK))
    return tuple(loader.get_template(template).render(frame).split(MARK))


def _frame_context(kind: str, zone: str, what: str) -> dict[str, object]:
    return {
        "zone": zone,
        "because": str(KINDS[kind].because),
        "stop_what": _what_stops(what),
        "settings_url": absolute(reverse("settings_notices")),
        "SITE_URL": settings.SITE_URL,
    }


def _may_stop(what: str) -> bool:
    return what in Delivery.digests() or may_be_off(what)


def _told(parts: Sequence[Notice]) -> list[tuple[Notice, str, str]]:
    return [(part, *shown(part)) for part in parts]


def _digest_subject(notice: Notice, count: int) -> str:
    return " ".join(_plain("email/digest_subject.txt", {**notice.context, "count": count}).split())


def _what_stops(what: str) -> str:
    if what == Delivery.DAILY:
        return _("Stop the daily digest")
    if what == Delivery.WEEKLY:
        return _("Stop the weekly digest")
    return _("Stop mails like this one")


def _text(template: str, notice: Notice) -> str:
    """Call it within the recipient's language: of the recipient, the texts know language and zone alone."""
    recipient = notice.recipient
    context = json.dumps(notice.context, sort_keys=True)
    return _words(template, recipient.language, recipient.zone, notice.url, context, timezone.localdate())


@lru_cache(maxsize=2048)
def _words(template: str, language: str, zone: str, url: str, context: str, _today: dt.date) -> str:
    """What one cause says to all who share a language and a zone; how a date is written depends on the day."""
    reader = SimpleNamespace(language=language, zone=zone)
    return _plain(template, {**json.loads(context), "recipient": reader, "url": absolute(url)})


def _plain(template: str, context: dict) -> str:
    """A template as plain text: nothing is escaped, for nothing will read it as HTML."""
    django_template: Template = loader.get_template(template).template  # type: ignore[attr-defined]
    return django_template.render(Context(context, autoescape=False))
