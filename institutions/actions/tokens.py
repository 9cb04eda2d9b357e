"""The key with which a program signs in to the API for a person."""

from django.db import transaction
from rest_framework.authtoken.models import Token

from institutions.actions.journal import record
from institutions.actions.notices import notify
from institutions.models import User


@transaction.atomic
def make_token(*, actor: User) -> str:
    """A new key; the one before stops working. It can do what the person may do."""
    Token.objects.filter(user=actor).delete()
    token = Token.objects.create(user=actor)
    record(actor=actor, verb="token.make", subject=actor)
    notify(
        recipients=[actor],
        kind="token_made",
        key=f"token_made:{token.created.isoformat()}",
        url="/settings/api/",
        urgent=True,
        made_at=token.created.isoformat(),
    )
    return token.key


@transaction.atomic
def revoke_token(*, actor: User) -> None:
    """Stop the key from working; without one, nothing happens."""
    deleted, _by_model = Token.objects.filter(user=actor).delete()
    if deleted:
        record(actor=actor, verb="token.revoke", subject=actor)
