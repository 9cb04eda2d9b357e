"""A notice as an e-mail: text and HTML, in the recipient's language, with times in the recipient's zone."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Template, TemplateDoesNotExist, loader
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from institutions.enums import Delivery
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
    """The notice's subject, on one line."""
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


def render(notice: Notice, parts: Sequence[Notice] = ()) -> EmailMultiAlternatives:
    """The mail for a notice; for a digest, with the notices it tells.

    Text comes from templates/email/<kind>.txt, the frame from email/notice.* or email/digest_frame.*
    """
    recipient = notice.recipient
    known = KINDS[notice.kind]
    with translation.override(recipient.language), timezone.override(recipient.tz):
        frame: dict[str, object] = {"recipient": recipient, "url": absolute(notice.url), "because": str(known.because)}
        frame |= {"settings_url": absolute(_settings_path()), "SITE_URL": settings.SITE_URL}
        what = notice.context.get("period") if notice.kind == "digest" else known.group
        stop_url = ""
        if what in Delivery.digests() or may_be_off(str(what)):
            stop_url = absolute(stop_path(recipient.pk, str(what)))
            frame |= {"stop_url": stop_url, "stop_what": _what_stops(str(what))}
        if notice.kind == "digest":
            told = [{"url": absolute(part.url), "title": title, "lead": lead} for part, title, lead in _told(parts)]
            frame |= {"parts": told, "subject": _digest_subject(notice, len(told))}
            template = "email/digest_frame"
        else:
            frame |= {"subject": subject_of(notice), "body": body_of(notice)}
            template = "email/notice"
        text = _plain(f"{template}.txt", frame)
        html = loader.get_template(f"{template}.html").render(frame)
        files = [*attachments_of(notice), *(f for part in parts for f in attachments_of(part) if not f.alternative)]
    mail = EmailMultiAlternatives(str(frame["subject"]), text.strip() + "\n", to=[recipient.email])
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


def _settings_path() -> str:
    return reverse("settings_notices")


def _text(template: str, notice: Notice) -> str:
    context = {**notice.context, "recipient": notice.recipient, "url": absolute(notice.url)}
    return _plain(template, context)


def _plain(template: str, context: dict) -> str:
    """A template as plain text: nothing is escaped, for nothing will read it as HTML."""
    django_template: Template = loader.get_template(template).template  # type: ignore[attr-defined]
    return django_template.render(Context(context, autoescape=False))
