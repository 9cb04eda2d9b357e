"""One access function per object: it answers the object, or 404 alike for what is unknown and what is forbidden."""

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from institutions.actions import calendars, institutions, memberships, partnerships
from institutions.enums import Role
from institutions.interop.stop_links import read_stop_token
from institutions.models import (
    Absence,
    BusyCalendar,
    CalendarPeriod,
    Institution,
    JournalEntry,
    Membership,
    Notice,
    Partnership,
    User,
)


def access_notice(user: User, pk: int) -> Notice:
    """A notice in one's own inbox."""
    return get_object_or_404(Notice.objects.inbox(user), pk=pk)


def access_lost_mails(user: User) -> QuerySet[Notice]:
    """Mails that bounced or were given up, for platform admins only."""
    _need_platform_admin(user)
    return Notice.objects.lost().select_related("recipient")


def access_lost_mail(user: User, pk: int) -> Notice:
    return get_object_or_404(access_lost_mails(user), pk=pk)


def access_stop_link(token: str) -> tuple[User, str]:
    """Whose mails a link at the end of a mail stops, and which; it needs nobody signed in."""
    found = read_stop_token(token)
    if found is None:
        raise Http404
    user_id, what = found
    return get_object_or_404(User, pk=user_id, is_active=True), what


# Institutions and their members ---------------------------------------------------------------------------------------


def access_institution(user, slug: str) -> Institution:
    """A verified institution for everybody; any other for those whom it concerns."""
    return get_object_or_404(Institution.objects.visible_to(user), slug=slug)


def access_institution_to_edit(user: User, slug: str) -> Institution:
    institution = access_institution(user, slug)
    if not institutions.may_edit(user, institution):
        raise Http404
    return institution


def access_institution_to_decide(user: User, slug: str) -> Institution:
    """Any institution, for platform admins."""
    _need_platform_admin(user)
    return get_object_or_404(Institution, slug=slug)


def access_institution_members(user: User, slug: str) -> Institution:
    """An institution whose list of members one may see: its admins and platform admins."""
    institution = access_institution(user, slug)
    admin = Membership.objects.active().of(user, Role.ADMIN).filter(institution=institution)
    if not (user.is_platform_admin or admin.exists()):
        raise Http404
    return institution


def access_own_membership(user: User, pk: int) -> Membership:
    """A role or request of one's own."""
    return get_object_or_404(Membership.objects.of(user).select_related("institution"), pk=pk)


def access_membership_to_decide(user: User, pk: int) -> Membership:
    """Somebody's role or request in an institution whose members one decides on."""
    membership = get_object_or_404(Membership.objects.select_related("institution", "user"), pk=pk)
    if not memberships.may_decide(user, membership.institution):
        raise Http404
    return membership


def access_membership_queue(user: User) -> QuerySet[Institution]:
    """The institutions whose admin one is; 404 for those who are admin of none."""
    found = Institution.objects.of(user, Role.ADMIN)
    if not found.exists():
        raise Http404
    return found


# Partnerships --------------------------------------------------------------------------------------------------------


def access_partnership(user, pk: int) -> Partnership:
    """A partnership, for coordinators and admins of its parties and for platform admins."""
    return get_object_or_404(Partnership.objects.visible_to(user), pk=pk)


def access_partnership_as_party(user: User, pk: int) -> Partnership:
    """A partnership to change or to sign: platform admins may look, but the text is the parties'."""
    partnership = access_partnership(user, pk)
    if not partnerships.sides_of(user, partnership):
        raise Http404
    return partnership


def access_partnership_to_decide(user: User, pk: int) -> Partnership:
    """Any partnership, for platform admins."""
    _need_platform_admin(user)
    return get_object_or_404(Partnership, pk=pk)


# Platform admins -----------------------------------------------------------------------------------------------------


def access_approvals(user: User) -> None:
    """The approval queue is for platform admins only."""
    _need_platform_admin(user)


def access_journal(user: User) -> QuerySet[JournalEntry]:
    """The whole journal, for platform admins only."""
    _need_platform_admin(user)
    return JournalEntry.objects.select_related("actor", "institution")


def _need_platform_admin(user: User) -> None:
    if not (user.is_authenticated and user.is_platform_admin):
        raise Http404


# Availability --------------------------------------------------------------------------------------------------------


def access_absence(user: User, pk: int) -> Absence:
    """Dates away of one's own."""
    return get_object_or_404(Absence.objects.filter(user=user), pk=pk)


def access_busy_calendar(user: User, pk: int) -> BusyCalendar:
    """A calendar of one's own, which nobody else may see."""
    return get_object_or_404(BusyCalendar.objects.filter(user=user), pk=pk)


def access_calendar(user: User, slug: str) -> Institution:
    """An institution whose academic calendar one keeps."""
    institution = access_institution(user, slug)
    if not calendars.may_edit(user, institution):
        raise Http404
    return institution


def access_period(user: User, slug: str, pk: int) -> CalendarPeriod:
    """An entry of such a calendar."""
    periods = CalendarPeriod.objects.filter(institution=access_calendar(user, slug))
    return get_object_or_404(periods.select_related("institution"), pk=pk)
