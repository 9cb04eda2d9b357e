"""A notice as an e-mail: text and HTML, in the recipient's language, with times in the recipient's zone."""

import hashlib

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Template, loader
from django.utils import timezone, translation

from institutions.models import Notice


def subject_of(notice: Notice) -> str:
    """The notice's subject, on one line."""
    return " ".join(_text(f"email/{notice.kind}_subject.txt", notice).split())


def body_of(notice: Notice) -> str:
    """The notice's text, without the frame of a mail."""
    return _text(f"email/{notice.kind}.txt", notice).strip()


def lead_of(notice: Notice) -> str:
    """The first paragraph, as the inbox shows it."""
    return " ".join(body_of(notice).split("\n\n")[0].split())


def absolute(url: str) -> str:
    return f"{settings.SITE_URL}{url}" if url.startswith("/") else url


def message_id(notice: Notice) -> str:
    """The same for every try at the same notice, so that a mail handed over twice is shown once."""
    digest = hashlib.blake2s(f"{notice.pk}:{notice.key}".encode(), digest_size=8).hexdigest()
    return f"<notice-{notice.pk}-{digest}@{settings.SITE_HOST}>"


def render(notice: Notice) -> EmailMultiAlternatives:
    """The mail for a notice. Text comes from templates/email/<kind>.txt, the frame from email/notice.*"""
    recipient = notice.recipient
    with translation.override(recipient.language), timezone.override(recipient.tz):
        subject, body = subject_of(notice), body_of(notice)
        frame = {"recipient": recipient, "subject": subject, "body": body, "url": absolute(notice.url)}
        frame["settings_url"] = absolute("/settings/")
        frame["SITE_URL"] = settings.SITE_URL
        text = _plain("email/notice.txt", frame)
        html = loader.get_template("email/notice.html").render(frame)
    mail = EmailMultiAlternatives(subject, text.strip() + "\n", to=[recipient.email])
    mail.extra_headers["Message-ID"] = message_id(notice)
    mail.extra_headers["Auto-Submitted"] = "auto-generated"
    mail.attach_alternative(html, "text/html")
    return mail


def _text(template: str, notice: Notice) -> str:
    context = {**notice.context, "recipient": notice.recipient, "url": absolute(notice.url)}
    return _plain(template, context)


def _plain(template: str, context: dict) -> str:
    """A template as plain text: nothing is escaped, for nothing will read it as HTML."""
    django_template: Template = loader.get_template(template).template  # type: ignore[attr-defined]
    return django_template.render(Context(context, autoescape=False))
