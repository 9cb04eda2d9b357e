"""Each person's desk: what waits for her first, then what runs, then the rest.

Every noun has a small function that says what of it waits; none asks more queries for many rows than for one.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from exchanges.enums import (
    ActivityStatus,
    EnrolmentStatus,
    ExchangeStatus,
    GroupStatus,
    IntakeStatus,
    OfferStatus,
    PlacementStatus,
)
from exchanges.models import (
    Activity,
    Certificate,
    ChoiceList,
    Enrolment,
    Exchange,
    ExchangeInstitution,
    Group,
    Intake,
    Offer,
    Pairing,
    Placement,
    PlannedPairing,
)
from exchanges.views.standing import LONGEST_SESSION
from institutions.enums import InstitutionStatus, MembershipStatus, PartnershipStatus
from institutions.models import Institution, LearnerProfile, Membership, Partnership, PartnershipParty

MOST = 5  # of each kind; the pages of each noun list all
FRESH = dt.timedelta(days=14)
SOON = dt.timedelta(hours=24)
RUNNING = (ExchangeStatus.ENROLLING, ExchangeStatus.GROUPING, ExchangeStatus.RUNNING)


@dataclass
class Waiting:
    """One thing that waits: what, why, by when if there is a deadline, and where to do it."""

    title: str
    url: str
    label: str
    text: str = ""
    due: dt.datetime | None = None


@dataclass
class Roles:
    """The institutions (ids) in which a person holds each role in force, and her requests that wait."""

    user: object
    coordinator: list[int] = field(default_factory=list)
    admin: list[int] = field(default_factory=list)
    learner: list[int] = field(default_factory=list)
    requests: list[Membership] = field(default_factory=list)

    @property
    def any(self) -> bool:
        return bool(self.coordinator or self.admin or self.learner)


def roles_of(user) -> Roles:
    roles = Roles(user)
    held = Membership.objects.of(user).filter(status__in=(MembershipStatus.ACTIVE, MembershipStatus.REQUESTED))
    for membership in held.select_related("institution").order_by("pk"):
        if membership.status == MembershipStatus.REQUESTED:
            roles.requests.append(membership)
        elif membership.institution.status == InstitutionStatus.VERIFIED:
            getattr(roles, membership.role).append(membership.institution_id)
    return roles


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    roles = roles_of(request.user)
    waiting = [item for source in SOURCES for item in source(roles)]
    sessions = next_sessions(roles)
    waiting.sort(key=lambda item: (item.due is None, item.due or timezone.now()))
    return render(
        request,
        "exchanges/desk.html",
        {
            "greeting": greeting_at(timezone.now().astimezone(request.zone).hour, request.user.get_short_name()),
            "waiting": waiting,
            "roles": roles,
            "soon": [session for session in sessions if session.starts_at <= timezone.now() + SOON],
            "later": [session for session in sessions if session.starts_at > timezone.now() + SOON],
            "places": places_of(roles),
            "open_exchanges": open_to(roles),
            "exchanges": exchanges_run_by(roles),
            "sent": sent_by(roles),
            "offers": offers_of(roles),
        },
    )


def greeting_at(hour: int, name: str) -> str:
    if 5 <= hour < 12:
        return _("Good morning, %s") % name
    if 12 <= hour < 18:
        return _("Good afternoon, %s") % name
    if 18 <= hour < 23:
        return _("Good evening, %s") % name
    return _("Hello, %s") % name


# What waits ----------------------------------------------------------------------------------------------------------


def replies(roles: Roles) -> Iterator[Waiting]:
    if not roles.coordinator:
        return
    for pairing in Pairing.objects.waiting().to(roles.coordinator).with_sides().order_by("reply_by")[:MOST]:
        yield Waiting(
            title=_("Reply to %(institution)s about “%(offer)s”")
            % {"institution": pairing.offer.institution, "offer": pairing.offer},
            text=_("Without a reply it lapses at this time."),
            url=pairing.get_absolute_url(),
            label=_("Read and reply"),
            due=pairing.reply_by,
        )


def partnerships_to_sign(roles: Roles) -> Iterator[Waiting]:
    if not roles.admin:
        return
    unsigned = PartnershipParty.objects.filter(
        partnership=OuterRef("pk"), institution__in=roles.admin, signed_at__isnull=True
    )
    for partnership in Partnership.objects.filter(Exists(unsigned), status=PartnershipStatus.SIGNING)[:MOST]:
        yield Waiting(
            title=_("Sign the partnership “%s”") % partnership,
            text=_("Version %s") % partnership.version,
            url=partnership.get_absolute_url(),
            label=_("Read and sign"),
        )


def partnerships_to_settle(roles: Roles) -> Iterator[Waiting]:
    mine = {*roles.coordinator, *roles.admin}
    if not mine:
        return
    for partnership in Partnership.objects.of(mine).filter(status__in=PartnershipStatus.editable())[:MOST]:
        returned = partnership.status == PartnershipStatus.RETURNED
        yield Waiting(
            title=_("Revise the partnership “%s”") % partnership
            if returned
            else _("Start the signing of “%s”") % partnership,
            text=partnership.decision_note[:200] if returned else _("It is drafted; look through the terms."),
            url=partnership.get_absolute_url(),
            label=_("Open the partnership"),
        )


def approvals(roles: Roles) -> Iterator[Waiting]:
    if not roles.user.is_platform_admin:
        return
    institutions = Institution.objects.pending().count()
    partnerships = Partnership.objects.waiting_for_approval().count()
    if institutions or partnerships:
        said = []
        if institutions:
            said.append(ngettext("%s institution", "%s institutions", institutions) % institutions)
        if partnerships:
            said.append(ngettext("%s partnership", "%s partnerships", partnerships) % partnerships)
        yield Waiting(
            title=_("Decide on what waits for approval"),
            text=", ".join(said),
            url=reverse("approval_queue"),
            label=_("Open the queue"),
        )


def members_to_admit(roles: Roles) -> Iterator[Waiting]:
    if not roles.admin:
        return
    count = Membership.objects.requested().filter(institution__in=roles.admin).count()
    if count:
        yield Waiting(
            title=ngettext("%s person asks to join your institution", "%s people ask to join your institution", count)
            % count,
            url=reverse("membership_queue"),
            label=_("Look at them"),
        )


def groups_to_confirm(roles: Roles) -> Iterator[Waiting]:
    if not roles.coordinator:
        return
    proposed = Group.objects.filter(exchange=OuterRef("pk"), status=GroupStatus.PROPOSED)
    grouping = Exchange.objects.of(roles.coordinator).filter(Exists(proposed), status=ExchangeStatus.GROUPING)
    for exchange in grouping.order_by("starts")[:MOST]:
        yield Waiting(
            title=_("Confirm the groups of “%s”") % exchange,
            text=_("They are proposed, and so is the first session."),
            url=reverse("exchange_groups", args=[exchange.pk]),
            label=_("Look at the groups"),
        )


def first_sessions_to_settle(roles: Roles) -> Iterator[Waiting]:
    """Of exchanges whose groups are confirmed: then only the hour is missing."""
    if not roles.coordinator:
        return
    proposed = Activity.objects.filter(exchange=OuterRef("pk"), status=ActivityStatus.PROPOSED)
    groups = Group.objects.filter(exchange=OuterRef("pk"), status=GroupStatus.CONFIRMED)
    grouping = Exchange.objects.of(roles.coordinator).filter(status=ExchangeStatus.GROUPING)
    for exchange in grouping.filter(Exists(proposed), Exists(groups)).order_by("starts")[:MOST]:
        yield Waiting(
            title=_("Settle the first session of “%s”") % exchange,
            text=_("Its hour is proposed; the exchange runs as soon as one is settled."),
            url=reverse("exchange_sessions", args=[exchange.pk]),
            label=_("Choose the hour"),
        )


def attendance_to_note(roles: Roles) -> Iterator[Waiting]:
    if not roles.coordinator:
        return
    exchanges = Exchange.objects.of(roles.coordinator)
    over = Activity.objects.awaiting_attendance(timezone.now()).filter(exchange__in=exchanges)
    for session in over.with_people().order_by("starts_at")[:MOST]:
        yield Waiting(
            title=_("Note who was at “%s”") % session,
            text=f"{session.exchange} · {session.group}" if session.group else str(session.exchange),
            url=reverse("attendance_edit", args=[session.pk]),
            label=_("Note it"),
        )


def enrolment_to_open(roles: Roles) -> Iterator[Waiting]:
    if not roles.coordinator:
        return
    planned = Exchange.objects.of(roles.coordinator).filter(status=ExchangeStatus.PLANNED)
    for exchange in planned.order_by("starts")[:MOST]:
        scheduled = exchange.enrol_opens and exchange.enrol_opens > timezone.now()
        yield Waiting(
            title=_("Open enrolment in “%s”") % exchange,
            text=_("It opens by itself at this time, if nothing is missing.")
            if scheduled
            else _("See what is still missing before learners can join."),
            url=reverse("exchange_open", args=[exchange.pk]),
            label=_("See what is missing"),
            due=exchange.enrol_opens if scheduled else None,
        )


def drafts(roles: Roles) -> Iterator[Waiting]:
    if not roles.coordinator:
        return
    mine = Offer.objects.of(roles.coordinator).filter(coordinator=roles.user, status=OfferStatus.DRAFT)
    for offer in mine.order_by("-updated_at")[:MOST]:
        yield Waiting(
            title=_("Finish your draft “%s”") % offer,
            url=reverse("offer_edit", args=[offer.pk]),
            label=_("Go on writing"),
        )


def suggestions(roles: Roles) -> Iterator[Waiting]:
    """Offers with fresh suggestions whose coordinators have not proposed anything to anybody yet."""
    if not roles.coordinator:
        return
    fits = Q(
        suggestions__near_miss=False,
        suggestions__dismissed_at__isnull=True,
    )
    fresh = (
        Offer.objects.published()
        .of(roles.coordinator)
        .exclude(pk__in=Pairing.objects.current().values("offer"))
        .annotate(fits=Count("suggestions", filter=fits, distinct=True), ranked=Max("runs__finished_at"))
        .filter(fits__gt=0, ranked__gte=timezone.now() - FRESH)
    )
    for offer in fresh.order_by("-ranked")[:MOST]:
        yield Waiting(
            title=ngettext("%(count)s partner fits “%(offer)s”", "%(count)s partners fit “%(offer)s”", offer.fits)
            % {"count": offer.fits, "offer": offer},
            text=_("See why, and propose a pairing."),
            url=reverse("suggestion_list", args=[offer.pk]),
            label=_("See the partners"),
        )


def planned_pairings(roles: Roles) -> Iterator[Waiting]:
    """Whom the last plan for all open offers proposes, while nobody has spoken."""
    if not roles.coordinator:
        return
    own = Offer.objects.published().of(roles.coordinator)
    found = PlannedPairing.objects.of_latest_plan().of_offers(own.values("pk")).in_force().unspoken()
    fresh = found.filter(run__finished_at__gte=timezone.now() - FRESH)
    for planned in fresh.with_sides().order_by("-score", "pk")[:MOST]:
        ours, theirs = planned.first, planned.second
        if ours.institution_id not in roles.coordinator:
            ours, theirs = theirs, ours
        yield Waiting(
            title=_("“%(offer)s” would go well with “%(partner)s”") % {"offer": ours, "partner": theirs},
            text=_("%s. Of all open offers together, these fit best like this.") % theirs.institution,
            url=reverse("suggestion_list", args=[ours.pk]),
            label=_("See why"),
        )


def hours_to_say(roles: Roles) -> Iterator[Waiting]:
    """Groups are formed from hours: who holds a place and has given none is asked for them."""
    if not roles.learner:
        return
    placed = roles.user.enrolments.filter(status=EnrolmentStatus.PLACED, exchange__status__in=RUNNING).exists()
    if placed and not LearnerProfile.objects.filter(user=roles.user).exclude(hours="0" * 84).exists():
        yield Waiting(
            title=_("Say when you can meet live"),
            text=_("Groups are formed from people whose hours overlap."),
            url=reverse("settings_hours"),
            label=_("Enter your hours"),
        )


def certificates(roles: Roles) -> Iterator[Waiting]:
    recent = Certificate.objects.filter(
        enrolment__learner=roles.user, revoked_at__isnull=True, issued_at__gte=timezone.now() - FRESH
    )
    for certificate in recent.select_related("enrolment__exchange")[:MOST]:
        yield Waiting(
            title=_("Your certificate for “%s” is here") % certificate.enrolment.exchange,
            url=certificate.get_absolute_url(),
            label=_("Look at it"),
        )


def places_to_confirm(roles: Roles) -> Iterator[Waiting]:
    offered = Placement.objects.published().filter(choice_list__learner=roles.user, status=PlacementStatus.OFFERED)
    for placement in offered.select_related("entry__exchange").order_by("confirm_by")[:MOST]:
        yield Waiting(
            title=_("Confirm your place in “%s”") % placement.entry,
            text=_("Without it the place goes to the next at this time."),
            url=reverse("intake_result", args=[placement.intake_id]),
            label=_("Confirm or decline"),
            due=placement.confirm_by,
        )


def intakes_to_choose_in(roles: Roles) -> Iterator[Waiting]:
    if not roles.learner:
        return
    lists = ChoiceList.objects.filter(learner=roles.user)
    running = Intake.objects.of(roles.learner).filter(status=IntakeStatus.OPEN, closes__gt=timezone.now())
    started = Exists(lists.filter(intake=OuterRef("pk")))
    found = running.exclude(pk__in=lists.submitted().values("intake")).annotate(started=started)
    for intake in found.order_by("closes")[:MOST]:
        yield Waiting(
            title=_("Choose in “%s”") % intake,
            text=_("You have a draft; it counts once you submit it.")
            if intake.started
            else _("Rank the exchanges that you would like. It closes at this time."),
            url=reverse("intake_choices", args=[intake.pk]),
            label=_("Choose"),
            due=intake.closes,
        )


def intakes_to_settle(roles: Roles) -> Iterator[Waiting]:
    """Drafts to open and results to review, for who runs them; platform admins see those of the platform."""
    if not roles.coordinator and not roles.user.is_platform_admin:
        return
    mine = Q(institution__in=roles.coordinator)
    if roles.user.is_platform_admin:
        mine |= Q(institution__isnull=True)
    found = Intake.objects.filter(mine, status__in=(IntakeStatus.DRAFT, IntakeStatus.CLOSED, IntakeStatus.REVIEW))
    for intake in found.order_by("closes")[: 2 * MOST]:
        if intake.status == IntakeStatus.DRAFT:
            yield Waiting(
                title=_("Open the intake “%s”") % intake,
                text=_("Choose its exchanges, set the rules, and open it."),
                url=intake.get_absolute_url(),
                label=_("Go on preparing"),
                due=intake.opens,
            )
        else:
            yield Waiting(
                title=_("Review the result of “%s”") % intake,
                text=_("Learners wait until it is published."),
                url=reverse("intake_review", args=[intake.pk]),
                label=_("Review it"),
            )


SOURCES = (
    places_to_confirm,
    intakes_to_choose_in,
    intakes_to_settle,
    replies,
    approvals,
    partnerships_to_sign,
    members_to_admit,
    groups_to_confirm,
    first_sessions_to_settle,
    attendance_to_note,
    partnerships_to_settle,
    enrolment_to_open,
    planned_pairings,
    suggestions,
    drafts,
    hours_to_say,
    certificates,
)


# What runs, and the rest ---------------------------------------------------------------------------------------------


def next_sessions(roles: Roles) -> list[Activity]:
    """The next confirmed live sessions: of one's own group or of the whole exchange, or of exchanges one runs."""
    mine = roles.user.enrolments.filter(status=EnrolmentStatus.PLACED)
    whose = Q(exchange__in=mine.values("exchange"), group__isnull=True) | Q(group__in=mine.values("group"))
    if roles.coordinator:
        parts = ExchangeInstitution.objects.filter(institution__in=roles.coordinator)
        whose |= Q(exchange__in=parts.values("exchange"))
    now = timezone.now()
    coming = Activity.objects.sessions().confirmed().filter(whose, starts_at__gt=now - LONGEST_SESSION)
    found = coming.exclude(exchange__status=ExchangeStatus.CANCELLED).select_related("exchange", "group")
    # One of each exchange: its groups often meet at the same time.
    first_of = {}
    for session in found.order_by("starts_at", "pk")[: 10 * MOST]:
        if session.ends_at > now:
            first_of.setdefault(session.exchange_id, session)
    return list(first_of.values())[:2]


def places_of(roles: Roles) -> list[Enrolment]:
    """One's places and positions on waiting lists (`ahead` counts oneself), in exchanges that are not over."""
    before = Enrolment.objects.filter(
        part=OuterRef("part"), status=EnrolmentStatus.WAITING, number__lte=OuterRef("number")
    )
    count = before.order_by().values("part").annotate(n=Count("pk")).values("n")
    held = roles.user.enrolments.filter(status__in=(EnrolmentStatus.PLACED, EnrolmentStatus.WAITING))
    return list(
        held.filter(exchange__status__in=RUNNING)
        .select_related("exchange", "part__institution", "group")
        .annotate(ahead=Subquery(count))
        .order_by("exchange__starts")[:20]
    )


def open_to(roles: Roles) -> list[Exchange]:
    """Exchanges that a learner could join now."""
    if not roles.learner:
        return []
    mine = ExchangeInstitution.objects.filter(institution__in=roles.learner)
    taken = roles.user.enrolments.exclude(status=EnrolmentStatus.WITHDRAWN)
    found = (
        Exchange.objects.filter(
            status=ExchangeStatus.ENROLLING, enrol_closes__gt=timezone.now(), pk__in=mine.values("exchange")
        )
        .taking_directly()
        .exclude(pk__in=taken.values("exchange"))
    )
    return list(found.select_related("offer").order_by("enrol_closes")[:MOST])


def exchanges_run_by(roles: Roles) -> list[Exchange]:
    if not roles.coordinator:
        return []
    running = Exchange.objects.of(roles.coordinator).filter(status__in=RUNNING)
    return list(running.annotate(places=Sum("parts__places"), held=Sum("parts__held")).order_by("starts")[:20])


def sent_by(roles: Roles) -> list[Pairing]:
    """Proposals that wait for the other side."""
    if not roles.coordinator:
        return []
    sent = Pairing.objects.waiting().filter(offer__institution__in=roles.coordinator)
    return list(sent.with_sides().order_by("reply_by")[:MOST])


def offers_of(roles: Roles) -> list[Offer]:
    if not roles.coordinator:
        return []
    return list(Offer.objects.published().of(roles.coordinator).order_by(F("published_at").desc(), "-pk")[:MOST])
