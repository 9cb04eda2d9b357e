"""One access function per object: it answers the object, or 404 alike for what is unknown and what is forbidden."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from exchanges.actions.feeds import feed_of
from exchanges.models import Activity, CalendarFeed, Enrolment, Exchange, Group, Offer, Pairing, Run, Suggestion, Tie
from institutions.enums import Role
from institutions.models import Membership

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


# Matching runs -------------------------------------------------------------------------------------------------------


def access_runs(user):
    """The runs about what the person coordinates, all of them for platform admins; for nobody else is there a list."""
    if not (user.is_platform_admin or Membership.objects.active().of(user, Role.COORDINATOR).exists()):
        raise Http404
    return Run.objects.visible_to(user)


def access_run(user, pk: int) -> Run:
    return get_object_or_404(Run.objects.visible_to(user).select_related("repeats").for_list(), pk=pk)


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
