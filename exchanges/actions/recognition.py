"""Completing an exchange, and what its learners take home.

**Who took part.** A learner counts as having taken part who was present at one session at least, and at no fewer than
half of the sessions that were held for her: those for everybody, those of her group, and those of another group where
she was noted. An excused absence is an absence. The coordinators may decide otherwise for a person, with a reason.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchanges.actions.activities import side_of
from exchanges.actions.catalogue import mark_changed
from exchanges.actions.confidences import forget_all
from exchanges.actions.enrolments import lock_exchange
from exchanges.enums import ActivityStatus, EnrolmentStatus, ExchangeStatus, Format, Presence
from exchanges.models import Activity, Attendance, Certificate, Enrolment, Exchange
from institutions.actions.journal import record
from institutions.actions.notices import coordinators_of, notify
from institutions.errors import Refused
from institutions.models import Institution

# Who grades or awards credits, where there are any: see the two paths of recognition in the domain.
HOST_CREDITED = (Format.COURSE_PLACES, Format.BIP)
WITHOUT_CREDITS = (Format.VET, Format.STAFF)


@dataclass(frozen=True)
class Participation:
    """What a learner attended of the sessions that were held for her."""

    enrolment: Enrolment
    held: int
    present: int
    excused: int
    minutes: int

    @property
    def took_part(self) -> bool:
        """By the rule; whoever decides otherwise says why."""
        return self.present >= 1 and 2 * self.present >= self.held


def participation_in(exchange: Exchange) -> list[Participation]:
    """Everybody with a place, by institution and name."""
    held = {each.pk: each for each in exchange.activities.sessions().filter(status=ActivityStatus.HELD)}
    noted: dict[int, dict[int, str]] = {}
    rows = Attendance.objects.held().filter(activity__exchange=exchange)
    for activity, enrolment, presence in rows.values_list("activity", "enrolment", "presence"):
        noted.setdefault(enrolment, {})[activity] = presence
    placed = exchange.enrolments.placed().select_related("learner", "part__institution", "certificate")
    found = []
    for enrolment in placed.order_by("part__institution__name", "learner__name", "pk"):
        own = noted.get(enrolment.pk, {})
        concerned = {pk for pk, each in held.items() if each.group_id in (None, enrolment.group_id)} | own.keys()
        present = [pk for pk, presence in own.items() if presence == Presence.PRESENT]
        found.append(
            Participation(
                enrolment=enrolment,
                held=len(concerned),
                present=len(present),
                excused=sum(presence == Presence.EXCUSED for presence in own.values()),
                minutes=sum(held[pk].minutes for pk in present),
            )
        )
    return found


def missing_before_completion(exchange: Exchange, now: dt.datetime | None = None) -> list[str]:
    """What still stands in the way of completing the exchange, as sentences."""
    now = now or timezone.now()
    if exchange.status != ExchangeStatus.RUNNING:
        return [_("Only an exchange that runs can be completed.")]
    missing = []
    waiting = exchange.activities.sessions().filter(status=ActivityStatus.CONFIRMED)
    to_note = [_titled(each) for each in waiting.filter(starts_at__lte=now).select_related("group")]
    coming = waiting.filter(starts_at__gt=now).count()
    if to_note:
        missing.append(
            _("It is not noted who was there: %s. Note it, or cancel what did not take place.") % ", ".join(to_note)
        )
    is_over = now.astimezone(exchange.tz).date() > exchange.ends
    any_held = exchange.activities.sessions().filter(status=ActivityStatus.HELD).exists()
    if not is_over and coming:
        missing.append(ngettext("%s session is still to come.", "%s sessions are still to come.", coming) % coming)
    elif not is_over and not any_held:
        missing.append(_("No session was held yet, and it runs until %s.") % date_format(exchange.ends, _("j F Y")))
    return missing


def _titled(activity: Activity) -> str:
    return f"{activity.title} ({activity.group})" if activity.group else activity.title


def complete_exchange(*, actor, exchange: Exchange, decisions: Mapping[int, tuple[bool, str]]) -> list[Certificate]:
    """End the exchange and certify who took part.

    `decisions` says by enrolment whether somebody took part, and why where that is not what the rule says; the rule
    decides for everybody else.
    """
    with transaction.atomic():
        exchange = lock_exchange(exchange.pk)
        side = side_of(actor, exchange)
        if exchange.status == ExchangeStatus.COMPLETED:
            return list(Certificate.objects.filter(enrolment__exchange=exchange))
        missing = missing_before_completion(exchange)
        if missing:
            raise Refused(" ".join(missing))
        now = timezone.now()
        exchange.activities.filter(status=ActivityStatus.PROPOSED).update(status=ActivityStatus.CANCELLED)
        exchange.status = ExchangeStatus.COMPLETED
        exchange.completed_at = now
        exchange.save(update_fields=["status", "completed_at"])
        forget_all(exchange)
        record(actor=actor, verb="exchange.complete", subject=exchange, institution=side)
        issued, others = [], []
        for each in participation_in(exchange):
            took_part, reason = decisions.get(each.enrolment.pk, (each.took_part, ""))
            if took_part != each.took_part and not reason:
                raise Refused(
                    _("Say why, where you decide otherwise than by attendance."), f"reason_{each.enrolment.pk}"
                )
            if took_part:
                issued.append(_issue(actor, exchange, side, each, reason))
            else:
                others.append(each.enrolment.learner)
                if reason:
                    record(
                        actor=actor,
                        verb="enrolment.not_completed",
                        subject=each.enrolment,
                        institution=side,
                        note=reason,
                    )
        _tell_completed(exchange, others, certificates=len(issued))
        mark_changed([exchange.offer_id])
    return issued


def issue_late(*, actor, enrolment: Enrolment, reason: str) -> Certificate:
    """Certify somebody after the exchange was completed, with a reason."""
    with transaction.atomic():
        exchange = lock_exchange(enrolment.exchange_id)
        side = side_of(actor, exchange)
        if exchange.status != ExchangeStatus.COMPLETED:
            raise Refused(_("Certificates are issued when the exchange is completed."))
        existing = Certificate.objects.filter(enrolment=enrolment).first()
        if existing is not None:
            return existing
        if not reason:
            raise Refused(_("Say why."), "reason")
        found = next((each for each in participation_in(exchange) if each.enrolment.pk == enrolment.pk), None)
        if found is None:
            raise Refused(_("Only who held a place to the end can get a certificate."))
        return _issue(actor, exchange, side, found, reason)


def revoke_certificate(*, actor, certificate: Certificate, reason: str) -> Certificate:
    """Take a certificate back. Its page says so, and why, to everybody who looks it up."""
    with transaction.atomic():
        certificate = Certificate.objects.select_for_update(of=("self",)).for_list().get(pk=certificate.pk)
        exchange = certificate.enrolment.exchange
        side = side_of(actor, exchange)
        if not certificate.is_valid:
            return certificate
        if not reason:
            raise Refused(_("Say why; everybody who looks it up will read it."), "reason")
        certificate.revoked_at = timezone.now()
        certificate.revoked_reason = reason
        certificate.save(update_fields=["revoked_at", "revoked_reason"])
        record(actor=actor, verb="certificate.revoke", subject=certificate, institution=side, note=reason)
        notify(
            recipients=[certificate.enrolment.learner],
            kind="certificate_revoked",
            key=f"certificate_revoked:{certificate.pk}",
            url=certificate.get_absolute_url(),
            exchange=str(exchange),
            reason=reason,
        )
    return certificate


def facts_of(exchange: Exchange, participation: Participation) -> dict[str, Any]:
    """What a certificate says, as it is true on the day of issue."""
    offer, enrolment = exchange.offer, participation.enrolment
    institutions = [part.institution for part in exchange.parts.select_related("institution")]
    return {
        "learner": enrolment.learner.name,
        "institution": enrolment.part.institution.name,
        "exchange": exchange.title,
        "format": offer.format,
        "institutions": [institution.name for institution in institutions],
        "host": offer.institution.name,
        "starts": exchange.starts.isoformat(),
        "ends": exchange.ends.isoformat(),
        "language": exchange.language,
        "field": offer.field,
        "live_hours": _number(offer.live_hours),
        "independent_hours": _number(offer.independent_hours),
        "sessions_held": participation.held,
        "sessions_attended": participation.present,
        "hours_attended": round(participation.minutes / 60, 1),
        "outcomes": [line.strip() for line in offer.outcomes.splitlines() if line.strip()],
        "credits": "none" if offer.format in WITHOUT_CREDITS else "host" if offer.format in HOST_CREDITED else "home",
    }


def _number(value) -> float | None:
    return None if value is None else float(value)


def _issue(actor, exchange: Exchange, side: Institution, participation: Participation, reason: str) -> Certificate:
    enrolment = participation.enrolment
    enrolment.status = EnrolmentStatus.COMPLETED
    enrolment.save(update_fields=["status"])
    certificate = Certificate.objects.create(
        enrolment=enrolment, issued_by=actor, facts=facts_of(exchange, participation)
    )
    record(actor=actor, verb="certificate.issue", subject=certificate, institution=side, note=reason)
    notify(
        recipients=[enrolment.learner] if enrolment.learner.is_active else [],
        kind="certificate_issued",
        key=f"certificate_issued:{certificate.pk}",
        url=certificate.get_absolute_url(),
        exchange=str(exchange),
        code=certificate.code,
    )
    return certificate


def _tell_completed(exchange: Exchange, others, *, certificates: int) -> None:
    people = {user.pk: user for user in [*coordinators_of(exchange.institutions.all()), *others] if user.is_active}
    notify(
        recipients=people.values(),
        kind="exchange_completed",
        key=f"exchange_completed:{exchange.pk}",
        url=reverse("exchange_detail", args=[exchange.pk]),
        exchange=str(exchange),
        certificates=certificates,
    )


def certificate_by_code(typed: str) -> Certificate | None:
    """The certificate with this code, typed with spaces, hyphens or capitals as people copy it from paper."""
    code = "".join(typed.split()).replace("-", "").lower()
    if not (code.isascii() and code.isalnum() and len(code) <= 20):
        return None
    return Certificate.objects.for_list().filter(code=code).first()
