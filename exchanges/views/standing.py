"""Where somebody stands in an exchange, and the pages that she may open."""

import datetime as dt
from dataclasses import dataclass, field

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges.actions.enrolments import in_intake, parts_open_to, position
from exchanges.enums import EnrolmentStatus, ExchangeStatus
from exchanges.models import Activity, Enrolment, Exchange, ExchangeInstitution, IntakeExchange
from institutions.enums import Role
from institutions.models import Membership

LONGEST_SESSION = dt.timedelta(hours=12)
TAKING_PART = (EnrolmentStatus.PLACED, EnrolmentStatus.COMPLETED)


@dataclass
class Standing:
    """What an exchange is to the person who looks at it."""

    coordinates: bool = False
    enrolment: Enrolment | None = None
    position: int | None = None
    open_parts: list[ExchangeInstitution] = field(default_factory=list)
    entry: IntakeExchange | None = None  # of the running intake by which its places are given

    @property
    def takes_part(self) -> bool:
        """Holds a place, or held one to the end."""
        return self.enrolment is not None and self.enrolment.status in TAKING_PART

    @property
    def waits(self) -> bool:
        return self.enrolment is not None and self.enrolment.status == EnrolmentStatus.WAITING

    @property
    def is_inside(self) -> bool:
        """Sees more than a stranger."""
        return self.coordinates or self.takes_part or self.waits


def standing_of(user, exchange: Exchange) -> Standing:
    entry = in_intake(exchange) if exchange.status == ExchangeStatus.ENROLLING else None
    if not user.is_authenticated:
        return Standing(entry=entry)
    enrolment = exchange.enrolments.filter(learner=user).select_related("part__institution", "group").first()
    institutions = [part.institution_id for part in exchange.parts.all()]
    return Standing(
        coordinates=Membership.objects.active()
        .of(user, Role.COORDINATOR)
        .filter(institution__in=institutions)
        .exists(),
        enrolment=enrolment,
        position=position(enrolment) if enrolment else None,
        open_parts=parts_open_to(user, exchange) if exchange.status == ExchangeStatus.ENROLLING else [],
        entry=entry,
    )


def next_session_of(exchange: Exchange, standing: Standing) -> Activity | None:
    """The next confirmed live session that concerns the person: of the whole exchange, or of her group.

    Coordinators see the first of all groups. A session that goes on counts as the next.
    """
    coming = exchange.activities.sessions().confirmed().filter(starts_at__gt=timezone.now() - LONGEST_SESSION)
    if not standing.coordinates:
        if not standing.takes_part:
            return None
        coming = coming.for_group(standing.enrolment.group).exclude(
            series__in=exchange.series.filter(elsewhere=standing.enrolment)
        )
    return next((session for session in coming.select_related("group")[:20] if session.ends_at > timezone.now()), None)


def exchange_tabs(exchange: Exchange, standing: Standing, current: str) -> list[dict]:
    """The exchange's pages that this person may open; none where there is but one."""
    pages = [("exchange_detail", _("Overview"))]
    if standing.coordinates:
        pages.append(("enrolment_list", _("Learners")))
        pages.append(("exchange_groups", _("Groups")))
        pages.append(("exchange_hours", _("Shared hours")))
    if standing.coordinates or standing.takes_part:
        pages.append(("exchange_sessions", _("Sessions")))
    if standing.coordinates and exchange.status in (ExchangeStatus.RUNNING, ExchangeStatus.COMPLETED):
        pages.append(("exchange_complete", _("Recognition")))
    tabs = []
    for name, label in pages:
        try:
            url = reverse(name, args=[exchange.pk])
        except NoReverseMatch:
            continue
        tabs.append({"label": label, "url": url, "current": name == current})
    return tabs if len(tabs) > 1 else []


def exchange_crumbs(exchange: Exchange) -> list[tuple[str, str]]:
    return [(_("Exchanges"), reverse("exchange_list")), (exchange.title, exchange.get_absolute_url())]
