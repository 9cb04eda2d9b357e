"""Who should be in a group with whom: learners' wishes, what they say in confidence, and coordinators' ties."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.actions.activities import side_of
from exchanges.actions.confidences import forget
from exchanges.actions.enrolments import lock_exchange
from exchanges.enums import EnrolmentStatus, ExchangeStatus, TieKind, Trait
from exchanges.models import Confidence, Enrolment, Exchange, Tie, Wish
from exchanges.models.wish import MOST_WISHES
from institutions.actions.journal import record
from institutions.errors import Refused

OPEN = (ExchangeStatus.ENROLLING, ExchangeStatus.GROUPING)


def may_wish(enrolment: Enrolment) -> bool:
    """While she holds or waits for a place, until the groups are published."""
    exchange = enrolment.exchange
    return (
        enrolment.status in (EnrolmentStatus.PLACED, EnrolmentStatus.WAITING)
        and exchange.status in OPEN
        and not exchange.groups.confirmed().exists()
    )


def state_wishes(
    *,
    actor,
    enrolment: Enrolment,
    emails: Sequence[str],
    traits: Sequence[str] = (),
    not_alone: Sequence[str] = (),
    consent: bool = False,
) -> None:
    """Keep whom the learner would like to be with, and what she says in confidence; both replace what was there.

    Nothing sensitive is kept without consent, and nothing of it is written to the journal.
    """
    wanted = list(dict.fromkeys(email.strip().lower() for email in emails))
    if len(wanted) > MOST_WISHES:
        raise Refused(_("Name at most %s people.") % MOST_WISHES, "emails")
    if actor.email.lower() in wanted:
        raise Refused(_("Name others: you are in your group in any case."), "emails")
    told = [trait for trait in Trait.values if trait in {*traits, *not_alone}]
    if told and not consent:
        raise Refused(_("This needs your consent. Without it, leave everything unticked."), "consent")
    with transaction.atomic():
        lock_exchange(enrolment.exchange_id)
        enrolment = Enrolment.objects.select_related("exchange").get(pk=enrolment.pk)
        if enrolment.learner_id != actor.pk or not may_wish(enrolment):
            raise Refused(_("Wishes can be changed until the groups are published."))
        enrolment.wishes.exclude(email__in=wanted).delete()
        Wish.objects.bulk_create([Wish(enrolment=enrolment, email=email) for email in wanted], ignore_conflicts=True)
        before = Confidence.objects.filter(enrolment=enrolment).values_list("traits", flat=True).first() or []
        if not told or not set(before) <= set(told):
            forget(enrolment.exchange, [enrolment.pk])
        if told:
            Confidence.objects.update_or_create(
                enrolment=enrolment,
                defaults={
                    "traits": told,
                    "not_alone": [trait for trait in told if trait in not_alone],
                    "consented_at": timezone.now(),
                },
            )


# Ties ----------------------------------------------------------------------------------------------------------------


def tie(*, actor, exchange: Exchange, kind: TieKind, people: Sequence[int], reason: str = "") -> Tie:
    """Keep two people (by enrolment) together or apart from now on; a tie that they had is replaced.

    The groups that are there stay as they are: the board shows what breaks the tie.
    """
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        side = side_of(actor, exchange)
        if exchange.status in (ExchangeStatus.COMPLETED, ExchangeStatus.CANCELLED):
            raise Refused(_("The exchange is over."))
        found = list(exchange.enrolments.current().filter(pk__in=people).order_by("pk"))
        if len(found) != 2:
            raise Refused(_("Choose two different people of this exchange."), "second")
        made, _created = Tie.objects.update_or_create(
            first=found[0],
            second=found[1],
            defaults={
                "exchange": exchange,
                "kind": kind,
                "reason": reason,
                "institution": side,
                "made_by": actor,
            },
        )
        # Who and why is nobody's business but the coordinators', so it is not in the exchange's history.
        record(actor=actor, verb="group.tie", subject=exchange, institution=side, kind=kind)
    return made


def untie(*, actor, tie: Tie) -> None:
    """Let the two be placed as it comes again."""
    with transaction.atomic():
        exchange = lock_exchange(tie.exchange_id)
        side = side_of(actor, exchange)
        if Tie.objects.filter(pk=tie.pk).delete()[0]:
            record(actor=actor, verb="group.untie", subject=exchange, institution=side)


def one_sided(exchange: Exchange) -> list[tuple[Enrolment, Enrolment]]:
    """Wishes that the other does not share (or has not yet) and no coordinator has decided: who wishes, for whom."""
    current = {
        each.learner.email.lower(): each
        for each in exchange.enrolments.current().select_related("learner", "part__institution")
    }
    by_pk = {each.pk: each for each in current.values()}
    rows = Wish.objects.filter(enrolment__in=by_pk).order_by("pk").values_list("enrolment", "email")
    wished = [(pk, current[email].pk) for pk, email in rows if email in current]
    tied = {frozenset(pair) for pair in exchange.ties.values_list("first", "second")}
    return [
        (by_pk[one], by_pk[other])
        for one, other in wished
        if (other, one) not in wished and frozenset((one, other)) not in tied
    ]
