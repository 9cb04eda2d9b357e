"""How people want to be reached: for each group of notices in the app or not, and how by mail."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from institutions.actions.journal import record
from institutions.enums import Delivery, NoticeGroup
from institutions.errors import Refused
from institutions.models import NoticePreference, User
from institutions.notice_kinds import choosable_groups


def choices_of(people: Sequence[User], group: str) -> dict[int, NoticePreference]:
    """What these people chose about a group, by their number; who chose nothing is not in it."""
    if not people:
        return {}
    found = NoticePreference.objects.filter(group=group)
    # Of very many people, most chose nothing: the index on the group's rows is shorter than their list.
    if len(people) <= 1000:
        found = found.filter(user__in=people)
    return {each.user_id: each for each in found}


def choices_by_group(user: User) -> dict[NoticeGroup, NoticePreference]:
    """What a person has chosen, with what holds where she chose nothing."""
    chosen = {each.group: each for each in user.notice_preferences.all()}
    return {group: chosen.get(group) or NoticePreference(user=user, group=group) for group in choosable_groups()}


@transaction.atomic
def change_preferences(
    *,
    actor: User,
    groups: Mapping[str, tuple[bool, str]] | None = None,
    digest_at: dt.time | None = None,
    digest_day: int | None = None,
) -> None:
    """Choose, by group, whether it is told in the app and how by mail; and when digests come, on one's own clock."""
    changed = []
    known = choices_by_group(actor)
    for name, (inbox, email) in (groups or {}).items():
        if name not in known:
            raise Refused(_("This cannot be switched off."), name)
        choice = known[NoticeGroup(name)]
        if (choice.inbox, choice.email) == (inbox, email):
            continue
        NoticePreference.objects.update_or_create(
            user=actor, group=name, defaults={"inbox": inbox, "email": Delivery(email)}
        )
        changed.append(f"{name}:{'inbox' if inbox else 'no inbox'},{email}")
    for field, value in (("digest_at", digest_at), ("digest_day", digest_day)):
        if value is not None and getattr(actor, field) != value:
            setattr(actor, field, value)
            actor.save(update_fields=[field])
            changed.append(field)
    if changed:
        record(actor=actor, verb="user.change_notices", subject=actor, fields=changed)


# Stopping mail without signing in -------------------------------------------------------------------------------------


@transaction.atomic
def stop_mails(*, actor: User, what: str) -> dict[str, str]:
    """Stop the mails of a group, or all that come in a digest; answers what was chosen before, by group.

    The mails that wait are not sent either. Stopping twice changes nothing.
    """
    before = {}
    for group, choice in choices_by_group(actor).items():
        if choice.email != Delivery.OFF and what in (group, choice.email):
            before[str(group)] = str(choice.email)
            NoticePreference.objects.update_or_create(
                user=actor, group=group, defaults={"inbox": choice.inbox, "email": Delivery.OFF}
            )
    if before:
        record(actor=actor, verb="user.stop_mails", subject=actor, groups=before)
    return before


@transaction.atomic
def resume_mails(*, actor: User, before: Mapping[str, str]) -> None:
    """Take `stop_mails` back."""
    resumed = {}
    for group, choice in choices_by_group(actor).items():
        email = before.get(group)
        if choice.email == Delivery.OFF and email in Delivery.values and email != Delivery.OFF:
            resumed[str(group)] = email
            NoticePreference.objects.filter(user=actor, group=group).update(email=email)
    if resumed:
        record(actor=actor, verb="user.resume_mails", subject=actor, groups=resumed)


def switched_off(user_ids: Iterable[int]) -> set[tuple[int, str]]:
    """Of these people, which groups get no mail: (person, group)."""
    found = NoticePreference.objects.filter(user__in=list(user_ids), email=Delivery.OFF)
    return set(found.values_list("user_id", "group"))
