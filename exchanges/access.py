"""One access function per object: it answers the object, or 404 alike for what is unknown and what is forbidden."""

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from exchanges.actions.feeds import feed_of
from exchanges.actions.intakes import may_manage
from exchanges.actions.polls import may_run
from exchanges.models import (
    Activity,
    Announcement,
    CalendarFeed,
    Enrolment,
    Exchange,
    Group,
    Intake,
    IntakeExchange,
    Offer,
    Pairing,
    Placement,
    Poll,
    Run,
    SessionPlan,
    Suggestion,
    Tie,
)
from institutions.enums import Role
from institutions.models import Institution, Membership

# Offers --------------------------------------------------------------------------------------------------------------


def access_offer(user, pk: int) -> Offer:
    """An offer that was published, for anybody; a draft for the coordinators of its institution."""
    return get_object_or_404(Offer.objects.visible_to(user).select_related("institution"), pk=pk)


# Partner suggestions and pairings ------------------------------------------------------------------------------------


def access_own_offer(user, pk: int) -> Offer:
    """An offer of an institution that the person coordinates."""
    return get_object_or_404(Offer.objects.coordinated_by(user).select_related("institution"), pk=pk)


def access_suggestion(user, pk: int) -> Suggestion:
    """A suggestion for an offer that the person coordinates."""
    own = Offer.objects.coordinated_by(user)
    return get_object_or_404(Suggestion.objects.filter(offer__in=own).select_related("offer"), pk=pk)


def access_pairing(user, pk: int) -> Pairing:
    """A pairing, for the coordinators of both sides."""
    return get_object_or_404(Pairing.objects.visible_to(user).with_sides(), pk=pk)


# Exchanges and enrolments --------------------------------------------------------------------------------------------


def access_exchange(user, pk: int) -> Exchange:
    """A public exchange for anybody; any other for those who coordinate it or take part."""
    return get_object_or_404(Exchange.objects.visible_to(user).with_parts(), pk=pk)


def access_coordinated_exchange(user, pk: int) -> Exchange:
    """An exchange to run: for the coordinators of the participating institutions."""
    return get_object_or_404(Exchange.objects.coordinated_by(user).with_parts(), pk=pk)


def access_own_enrolment(user, exchange_pk: int) -> Enrolment:
    """The person's own enrolment in an exchange."""
    if not user.is_authenticated:
        raise Http404
    enrolments = user.enrolments.select_related("exchange__offer", "part__institution")
    # By way of the exchange: as a foreign key, a number that no database holds would be an error.
    return get_object_or_404(enrolments, exchange__in=Exchange.objects.filter(pk=exchange_pk))


def access_enrolment(user, pk: int) -> Enrolment:
    """An enrolment of one's own, or of an exchange that one coordinates."""
    if not user.is_authenticated:
        raise Http404
    return get_object_or_404(Enrolment.objects.visible_to(user).for_list().select_related("exchange"), pk=pk)


# Intakes -------------------------------------------------------------------------------------------------------------


def access_intake(user, pk: int) -> Intake:
    """An intake that has opened, for anybody; any other for those who run it."""
    return get_object_or_404(Intake.objects.visible_to(user).select_related("institution", "partnership"), pk=pk)


def access_managed_intake(user, pk: int) -> Intake:
    """An intake to run: for platform admins and the coordinators of its institution."""
    intake = access_intake(user, pk)
    if not may_manage(user, intake):
        raise Http404
    return intake


def access_intake_entry(user, pk: int, entry_pk: int) -> IntakeExchange:
    """An exchange of an intake that one runs."""
    intake = access_managed_intake(user, pk)
    entry = get_object_or_404(intake.entries.select_related("exchange__offer"), pk=entry_pk)
    entry.intake = intake
    return entry


def access_intake_owners(user):
    """The institutions for which the person may prepare an intake; 404 for those who may for none."""
    found = Institution.objects.verified() if user.is_platform_admin else Institution.objects.of(user, Role.COORDINATOR)
    if not (user.is_platform_admin or found.exists()):
        raise Http404
    return found


def access_intake_places(user, pk: int) -> tuple[Intake, QuerySet[Institution] | None]:
    """An intake, and the institutions whose learners the person sees by name in it (None: of all of them).

    For platform admins, for who runs it, and for coordinators of institutions that take part.
    """
    intake = access_intake(user, pk)
    if user.is_platform_admin:
        return intake, None
    own = Institution.objects.of(user, Role.COORDINATOR)
    taking_part = own.filter(exchange_parts__exchange__entries__intake=intake)
    if not (may_manage(user, intake) or taking_part.exists()):
        raise Http404
    return intake, own


def access_own_placement(user, intake_pk: int) -> Placement:
    """The person's own result in an intake, once it is published."""
    if not user.is_authenticated:
        raise Http404
    own = Placement.objects.published().filter(
        choice_list__learner=user, intake__in=Intake.objects.filter(pk=intake_pk)
    )
    return get_object_or_404(
        own.select_related(
            "intake__institution", "choice_list__learner", "choice_list__institution", "entry__exchange__offer"
        )
    )


# Groups, sessions and tasks ------------------------------------------------------------------------------------------


def access_group(user, pk: int) -> Group:
    """One's own group once it is confirmed; any group of an exchange that one coordinates."""
    return get_object_or_404(Group.objects.visible_to(user).select_related("exchange").with_members(), pk=pk)


def access_tie(user, pk: int) -> Tie:
    """A tie of an exchange that one coordinates."""
    return get_object_or_404(Tie.objects.filter(exchange__in=Exchange.objects.coordinated_by(user)), pk=pk)


def access_activity(user, pk: int) -> Activity:
    """What is settled for the person, and all that she coordinates."""
    return get_object_or_404(Activity.objects.visible_to(user).with_people(), pk=pk)


def access_coordinated_activity(user, pk: int) -> Activity:
    return get_object_or_404(Activity.objects.coordinated_by(user).with_people(), pk=pk)


def access_coordinated_plan(user, pk: int) -> SessionPlan:
    """A plan of a series, for the coordinators of its exchange."""
    plans = SessionPlan.objects.coordinated_by(user).select_related("exchange", "group", "run", "created_by")
    return get_object_or_404(plans, pk=pk)


# Matching runs -------------------------------------------------------------------------------------------------------


def access_runs(user):
    """The runs about what the person coordinates, all of them for platform admins; for nobody else is there a list."""
    if not (user.is_platform_admin or Membership.objects.active().of(user, Role.COORDINATOR).exists()):
        raise Http404
    return Run.objects.visible_to(user)


def access_run(user, pk: int) -> Run:
    return get_object_or_404(Run.objects.visible_to(user).select_related("repeats").for_list(), pk=pk)


# Platform admins -----------------------------------------------------------------------------------------------------


def access_matching_settings(user) -> None:
    """How partners are ranked here, and pairings for all, are for platform admins only."""
    if not (user.is_authenticated and user.is_platform_admin):
        raise Http404


# Announcements -------------------------------------------------------------------------------------------------------


def access_announcements(user):
    """Those to exchanges and institutions that the person coordinates, all of them for platform admins; else 404."""
    writes = Membership.objects.active().of(user, Role.COORDINATOR, Role.ADMIN)
    if not (user.is_platform_admin or writes.exists()):
        raise Http404
    return Announcement.objects.visible_to(user)


def access_announcement(user, pk: int) -> Announcement:
    return get_object_or_404(access_announcements(user).for_list(), pk=pk)


# Calendar feeds ------------------------------------------------------------------------------------------------------


def access_own_feed(user, pk: int) -> CalendarFeed:
    """A calendar feed of one's own."""
    return get_object_or_404(CalendarFeed.objects.of(user), pk=pk)


def access_feed(signed: str) -> CalendarFeed:
    """The feed that a signed address opens, for whoever knows it."""
    feed = feed_of(signed)
    if feed is None:
        raise Http404
    return feed


def access_exchange_to_follow(user, pk: int) -> Exchange:
    """An exchange whose sessions one may have in one's calendar: for those who take part or coordinate."""
    followed = Exchange.objects.followed_by(user).with_parts()
    return get_object_or_404(followed, pk=pk)


def access_poll(user, pk: int) -> Poll:
    """A poll, for those whom the meeting is for and the exchange's coordinators."""
    return get_object_or_404(Poll.objects.visible_to(user).for_list(), pk=pk)


def access_run_poll(user, pk: int) -> Poll:
    """A poll that the person may decide: as a coordinator, or having opened it in her own group."""
    poll = access_poll(user, pk)
    if not may_run(user, poll):
        raise Http404
    return poll
