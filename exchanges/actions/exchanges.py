"""Planning exchanges, opening and closing their enrolment, cancelling them.

Whoever changes an exchange, its parts or its places holds the lock on the exchange's row.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from exchanges.actions.catalogue import mark_changed
from exchanges.actions.confidences import forget_all
from exchanges.actions.enrolments import fill_places, in_intake, lock_exchange
from exchanges.actions.pairing_ends import release_waiting
from exchanges.actions.placements import release_exchange
from exchanges.actions.runs import cancel_runs, request_group_run
from exchanges.actions.waiting import cascade, lock_running_intake, offered_places
from exchanges.enums import ActivityStatus, ExchangeRole, ExchangeStatus, PollStatus
from exchanges.models import Activity, Exchange, ExchangeInstitution, Intake, Offer, Pairing, Poll
from institutions.actions.journal import record
from institutions.actions.notices import coordinators_of, notify
from institutions.enums import Role
from institutions.errors import Refused
from institutions.models import Institution, Membership, Partnership, User

CLOSES_BEFORE_START = timedelta(days=7)
EDITABLE = (ExchangeStatus.PLANNED, ExchangeStatus.ENROLLING, ExchangeStatus.GROUPING)
OPEN_ENDED = timedelta(days=365)  # a drafted partnership outlives its first exchange by a year


def plan_exchange(*, actor, pairing: Pairing) -> Exchange:
    """Turn an accepted pairing into an exchange, or add the partner to the exchange that the offer has already.

    Dates, places, sessions and group sizes are the offer's; its coordinators adjust them. A partnership is drafted
    where none covers all institutions and none is under way.
    """
    offer = pairing.offer
    existing = Exchange.objects.filter(offer=offer).first()
    if existing is None:
        exchange = _new_exchange(pairing)
    else:
        exchange = lock_exchange(existing.pk)
        if exchange.status != ExchangeStatus.PLANNED:
            raise Refused(_("The exchange has begun enrolment, so no further partner can join it."))
    ExchangeInstitution.objects.get_or_create(
        exchange=exchange,
        institution=pairing.partner_institution,
        defaults={"role": ExchangeRole.PARTNER, "places": offer.partner_places or 0},
    )
    if exchange.covering_partnership() is None and exchange.pending_partnership() is None:
        _draft_partnership(actor, exchange)
    verb = "exchange.plan" if existing is None else "exchange.add_partner"
    record(actor=actor, verb=verb, subject=exchange, institution=pairing.partner_institution)
    return exchange


def edit_exchange(
    *, actor, exchange: Exchange, changes: Mapping[str, Any], places: Mapping[int, int] | None = None
) -> Exchange:
    """Change dates, enrolment window, groups, language and places (institution id to number).

    Places never fall below those that are held; where they grow, learners move up from the waiting list.
    """
    with transaction.atomic():
        intake = lock_running_intake(exchange.pk)
        exchange = _locked(exchange)
        _must_coordinate(actor, exchange)
        if exchange.status not in EDITABLE:
            raise Refused(_("This exchange can't be changed any more."))
        before = {name: getattr(exchange, name) for name in changes}
        for name, value in changes.items():
            setattr(exchange, name, value)
        _must_be_in_order(exchange)
        if exchange.status == ExchangeStatus.ENROLLING:
            _must_be_covered(exchange, "ends")
            if intake is None and (exchange.enrol_closes is None or exchange.enrol_closes <= timezone.now()):
                raise Refused(_("Enrolment is open: let it close at a time to come."), "enrol_closes")
        exchange.save()
        changed = {name: [_plain(old), _plain(changes[name])] for name, old in before.items() if old != changes[name]}
        changed |= _set_places(exchange, places or {}, intake)
        if intake is not None:
            cascade(intake)
        if changed:
            record(
                actor=actor,
                verb="exchange.edit",
                subject=exchange,
                institution=_side_of(actor, exchange),
                changes=changed,
            )
        if {"starts", "ends"} & changed.keys():
            _tell(
                "exchange_dates_changed",
                exchange,
                _all_people(exchange),
                key=timezone.now().isoformat(),
                starts=exchange.starts.isoformat(),
                ends=exchange.ends.isoformat(),
            )
        if exchange.status in ExchangeStatus.public():
            mark_changed([exchange.offer_id])
    return exchange


def open_enrolment(*, actor, exchange: Exchange) -> Exchange:
    """Let learners join from now on.

    Refused unless an active partnership covers all the institutions over the exchange's dates. `actor` is None when
    the enrolment window opens by itself.
    """
    with transaction.atomic():
        exchange = _locked(exchange)
        if actor is not None:
            _must_coordinate(actor, exchange)
        _must_not_be_in_intake(exchange)
        if not ExchangeStatus(exchange.status).may_become(ExchangeStatus.ENROLLING):
            raise Refused(_("Enrolment can't be opened: the exchange is %(state)s.") % {"state": _state(exchange)})
        now = timezone.now()
        missing = missing_before_enrolment(exchange, now)
        if missing:
            raise Refused(" ".join(missing.values()))
        cancel_runs(exchange=exchange)
        exchange.status = ExchangeStatus.ENROLLING
        if exchange.enrol_opens is None or exchange.enrol_opens > now:
            exchange.enrol_opens = now
        exchange.save(update_fields=["status", "enrol_opens"])
        release_waiting(exchange.offer)
        record(actor=actor, verb="exchange.open_enrolment", subject=exchange, institution=_side_of(actor, exchange))
        _tell(
            "enrolment_opened",
            exchange,
            coordinators_of(exchange.institutions.all()),
            key=now.isoformat(),
            enrol_closes=_instant(exchange.enrol_closes),
        )
        mark_changed([exchange.offer_id])
    return exchange


def close_enrolment(*, actor, exchange: Exchange) -> Exchange:
    """No more joining; a worker forms the groups. `actor` is None when the window ends by itself."""
    with transaction.atomic():
        exchange = _locked(exchange)
        if actor is not None:
            _must_coordinate(actor, exchange)
        _must_not_be_in_intake(exchange)
        if exchange.status != ExchangeStatus.ENROLLING:
            raise Refused(_("Enrolment is not open."))
        now = timezone.now()
        exchange.status = ExchangeStatus.GROUPING
        if exchange.enrol_closes is None or exchange.enrol_closes > now:
            exchange.enrol_closes = max(now, (exchange.enrol_opens or now) + timedelta(seconds=1))
        exchange.save(update_fields=["status", "enrol_closes"])
        record(actor=actor, verb="exchange.close_enrolment", subject=exchange, institution=_side_of(actor, exchange))
        request_group_run(actor=actor, exchange=exchange)
        _tell(
            "enrolment_closed",
            exchange,
            coordinators_of(exchange.institutions.all()),
            key=now.isoformat(),
            placed=exchange.enrolments.placed().count(),
            waiting=exchange.enrolments.waiting().count(),
        )
        mark_changed([exchange.offer_id])
    return exchange


def cancel_exchange(*, actor, exchange: Exchange, reason: str) -> Exchange:
    """Call the exchange off, and tell everyone who takes part why."""
    if not reason:
        raise Refused(_("Say why; everyone who takes part will read it."), "reason")
    with transaction.atomic():
        intake = lock_running_intake(exchange.pk)
        exchange = _locked(exchange)
        _must_coordinate(actor, exchange)
        if not ExchangeStatus(exchange.status).may_become(ExchangeStatus.CANCELLED):
            raise Refused(_("It can't be cancelled: the exchange is %(state)s.") % {"state": _state(exchange)})
        cancel_runs(exchange=exchange)
        forget_all(exchange)
        release_waiting(exchange.offer)
        called_off = list(exchange.activities.sessions().coming(timezone.now()).values_list("pk", flat=True))
        Activity.objects.filter(
            exchange=exchange, status__in=(ActivityStatus.PROPOSED, ActivityStatus.CONFIRMED)
        ).update(status=ActivityStatus.CANCELLED, sequence=F("sequence") + 1)
        exchange.series.update(sequence=F("sequence") + 1)
        Poll.objects.open().filter(exchange=exchange).update(status=PollStatus.CANCELLED)
        exchange.status = ExchangeStatus.CANCELLED
        exchange.save(update_fields=["status"])
        record(
            actor=actor,
            verb="exchange.cancel",
            subject=exchange,
            institution=_side_of(actor, exchange),
            note=reason,
        )
        _tell(
            "exchange_cancelled",
            exchange,
            _all_people(exchange),
            urgent=True,
            reason=reason,
            sessions=called_off,
        )
        if intake is not None:
            release_exchange(intake, exchange.pk)
        mark_changed([exchange.offer_id])
    return exchange


def open_and_close_due(*, now: datetime | None = None, limit: int = 200) -> tuple[int, int]:
    """Open and close enrolment by each exchange's own window; answers how many of each.

    The window rests while an intake gives the exchange's places, and counts again once that is done. What stands in
    the way of opening is told to the coordinators once.
    """
    now = now or timezone.now()
    opened = closed = 0
    due = Exchange.objects.filter(status=ExchangeStatus.PLANNED, enrol_opens__lte=now, enrol_closes__gt=now)
    for exchange in due.order_by("enrol_opens")[:limit]:
        try:
            open_enrolment(actor=None, exchange=exchange)
            opened += 1
        except Refused:
            _tell_what_is_missing(exchange, now)
    over = Exchange.objects.filter(status=ExchangeStatus.ENROLLING, enrol_closes__lte=now).taking_directly()
    for exchange in over.order_by("enrol_closes")[:limit]:
        try:
            close_enrolment(actor=None, exchange=exchange)
            closed += 1
        except Refused:
            continue  # somebody closed or cancelled it meanwhile
    return opened, closed


def _tell_what_is_missing(exchange: Exchange, now: datetime) -> None:
    for coordinator in coordinators_of(exchange.institutions.all()):
        with translation.override(coordinator.language):  # notices keep sentences as they were written
            missing = " ".join(missing_before_enrolment(exchange, now).values())
        if missing:
            _tell("enrolment_not_opened", exchange, [coordinator], key=_instant(exchange.enrol_opens), reason=missing)


def missing_before_enrolment(exchange: Exchange, now: datetime | None = None) -> dict[str, str]:
    """What still stands in the way of opening enrolment, as sentences by topic, most important first."""
    now = now or timezone.now()
    missing = {}
    if exchange.covering_partnership() is None:
        pending = exchange.pending_partnership()
        missing["partnership"] = (
            _("The partnership “%(title)s” is not in force yet: %(state)s.")
            % {"title": pending, "state": pending.get_status_display().lower()}
            if pending is not None
            else _("No active partnership covers all the institutions over the whole of the exchange.")
        )
    if exchange.enrol_closes is None:
        missing["window"] = _("It is not settled when enrolment closes.")
    elif exchange.enrol_closes <= now:
        missing["window"] = _("The time at which enrolment closes has passed.")
    if exchange.ends < now.astimezone(exchange.tz).date():
        missing["dates"] = _("The exchange's dates have passed.")
    if any(part.places == 0 for part in exchange.parts.all()):
        missing["places"] = _("An institution has no places yet.")
    return missing


def _new_exchange(pairing: Pairing) -> Exchange:
    offer = pairing.offer
    starts, ends = _shared_dates(offer, pairing.partner_offer)
    closes = datetime.combine(starts, datetime.min.time(), offer.tz) - CLOSES_BEFORE_START
    exchange = Exchange.objects.create(
        offer=offer,
        title=offer.title,
        summary=offer.summary,
        zone=offer.zone,
        starts=starts,
        ends=ends,
        enrol_closes=closes if closes > timezone.now() + timedelta(days=1) else None,
        group_size_min=max(offer.group_size_min, 2),
        group_size_max=max(offer.group_size_max, 2),
        session_minutes=offer.session_minutes,
        language=_shared_language(pairing),
    )
    ExchangeInstitution.objects.create(
        exchange=exchange,
        institution=offer.institution,
        role=ExchangeRole.COORDINATING,
        places=offer.own_places or 0,
    )
    return exchange


def _shared_dates(offer: Offer, partner_offer: Offer | None):
    """The stretch that both offers name, where the host's number of weeks fits into it; otherwise the host's dates."""
    assert offer.starts and offer.ends
    if partner_offer is not None and partner_offer.starts and partner_offer.ends:
        starts, ends = max(offer.starts, partner_offer.starts), min(offer.ends, partner_offer.ends)
        if ends - starts >= timedelta(days=7 * (offer.weeks or 1) - 3):
            return starts, ends
    return offer.starts, offer.ends


def _shared_language(pairing: Pairing) -> str:
    """The first of the offer's languages that the partner also teaches in, or the offer's first."""
    tags = [language.tag for language in pairing.offer.languages.all()]
    if pairing.partner_offer is not None:
        theirs = {language.tag for language in pairing.partner_offer.languages.all()}
    else:
        theirs = set(pairing.partner_institution.languages)
    return next((tag for tag in tags if tag in theirs), tags[0] if tags else "en")


def _draft_partnership(actor, exchange: Exchange) -> Partnership:
    from institutions.actions.partnerships import draft_partnership

    parts = list(exchange.parts.select_related("institution"))
    places = {part.institution_id: part.places for part in parts}
    today = timezone.now().date()
    return draft_partnership(
        actor=actor,
        institutions=[part.institution for part in parts],
        title=" – ".join(part.institution.name for part in parts)[:200],
        fields=[],
        valid_from=min(today, exchange.starts),
        valid_until=exchange.ends + OPEN_ENDED,
        places={(sending, receiving): places[sending] for sending, receiving in permutations(places, 2)},
    )


def _set_places(exchange: Exchange, places: Mapping[int, int], intake: Intake | None = None) -> dict[str, list]:
    changed = {}
    offered = offered_places(intake, exchange) if intake is not None else {}
    for part in exchange.parts.select_related("institution"):
        wanted = places.get(part.institution_id, part.places)
        if wanted == part.places:
            continue
        held = part.held + offered.get(part.institution_id, 0)
        if wanted < held:
            raise Refused(
                _("%(held)s places of %(institution)s are held already.")
                % {"held": held, "institution": part.institution},
                f"places_{part.institution_id}",
            )
        changed[f"places {part.institution.name}"] = [part.places, wanted]
        part.places = wanted
        part.save(update_fields=["places"])
        fill_places(exchange, part)
    return changed


def _locked(exchange: Exchange) -> Exchange:
    """The exchange, with the lock on its offer taken first: in this order partners are accepted as well."""
    Offer.objects.select_for_update(no_key=True).get(pk=exchange.offer_id)
    return lock_exchange(exchange.pk)


def _must_not_be_in_intake(exchange: Exchange) -> None:
    if (entry := in_intake(exchange)) is not None:
        raise Refused(_("The intake “%s” gives its places and has to be over first.") % entry.intake)


def _must_coordinate(actor, exchange: Exchange) -> None:
    if _side_of(actor, exchange) is None:
        raise Refused(_("Only coordinators of the participating institutions can do this."))


def _side_of(actor, exchange: Exchange) -> Institution | None:
    """The participating institution for which the person acts."""
    if actor is None:
        return None
    mine = Membership.objects.active().of(actor, Role.COORDINATOR).values("institution")
    return Institution.objects.filter(pk__in=mine, exchange_parts__exchange=exchange).order_by("pk").first()


def _must_be_in_order(exchange: Exchange) -> None:
    if exchange.ends < exchange.starts:
        raise Refused(_("It can't end before it starts."), "ends")
    if exchange.group_size_max < exchange.group_size_min:
        raise Refused(_("The largest group can't be smaller than the smallest."), "group_size_max")
    if exchange.enrol_opens and exchange.enrol_closes and exchange.enrol_closes <= exchange.enrol_opens:
        raise Refused(_("Enrolment has to close after it opens."), "enrol_closes")
    if exchange.enrol_closes and exchange.enrol_closes.astimezone(exchange.tz).date() > exchange.ends:
        raise Refused(_("Let enrolment close before the exchange ends."), "enrol_closes")


def _must_be_covered(exchange: Exchange, field: str) -> None:
    if exchange.covering_partnership() is None:
        raise Refused(_("No active partnership covers these dates, and learners are enrolling already."), field)


def _all_people(exchange: Exchange) -> list[User]:
    """Coordinators of all sides, and learners with a place or on the waiting list; each once."""
    learners = User.objects.filter(is_active=True, enrolments__in=exchange.enrolments.current())
    people = {user.pk: user for user in [*coordinators_of(exchange.institutions.all()), *learners]}
    return list(people.values())


def _tell(kind: str, exchange: Exchange, recipients, *, key: str = "", urgent: bool = False, **context) -> None:
    notify(
        recipients=recipients,
        kind=kind,
        key=f"{kind}:{exchange.pk}:{key}",
        url=exchange.get_absolute_url(),
        urgent=urgent,
        exchange=str(exchange),
        **context,
    )


def _instant(value: datetime | None) -> str:
    return value.astimezone(UTC).isoformat() if value else ""


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)


def _state(exchange: Exchange) -> str:
    return exchange.get_status_display().lower()
