"""The signed link at the end of a mail that stops mails like it, for whoever holds it, signed in or not.

It names a person and what to stop: a group of notices, or all that comes in a daily or weekly digest. It has no end,
for people find old mails.
"""

from django.core import signing
from django.urls import reverse

from institutions.enums import Delivery
from institutions.notice_kinds import choosable_groups

SALT = "institutions.notices.stop"


def stop_path(user_id: int, what: str) -> str:
    return reverse("mail_stop", args=[signing.Signer(salt=SALT).sign_object([user_id, what])])


def read_stop_token(token: str) -> tuple[int, str] | None:
    """Whose mails a link stops, and which; None where it is none of ours."""
    try:
        user_id, what = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return (user_id, what) if what in (*choosable_groups(), *Delivery.digests()) else None
