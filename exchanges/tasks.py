"""Celery tasks: explicit names, ids only, tolerant of missing rows, each delegating to an action."""

import socket

from celery import shared_task

from exchanges.actions import polls, time_rules
from exchanges.actions.activities import remind_due
from exchanges.actions.announcements import tell_due
from exchanges.actions.carry_out import carry_out_due_runs
from exchanges.actions.exchanges import open_and_close_due
from exchanges.actions.intake_news import tell_news
from exchanges.actions.intakes import sweep_intakes as open_and_close_intakes
from exchanges.actions.offers import expire_overdue, remind_expiring
from exchanges.actions.pairings import lapse_overdue, remind_of_replies
from exchanges.actions.placements import lapse_overdue as lapse_places
from exchanges.actions.placements import remind_of_confirming


@shared_task(name="exchanges.run_due_matching")
def run_due_matching(run_id: int | None = None) -> None:
    """Carry out the run that was just asked for, or every run that is due."""
    carry_out_due_runs(worker=socket.gethostname(), run_id=run_id)


@shared_task(name="exchanges.sweep_pairings")
def sweep_pairings() -> None:
    """End proposals whose deadline has passed, and remind of those that come near."""
    lapse_overdue()
    remind_of_replies()


@shared_task(name="exchanges.sweep_offers")
def sweep_offers() -> None:
    """End offers whose day for replies or first day has passed, and remind of those that come near."""
    expire_overdue()
    remind_expiring()


@shared_task(name="exchanges.sweep_exchanges")
def sweep_exchanges() -> None:
    """Open and close enrolment by each exchange's own window."""
    open_and_close_due()


@shared_task(name="exchanges.sweep_intakes")
def sweep_intakes() -> None:
    """Open and close intakes by their windows, lapse places that were not confirmed, and remind of what comes near."""
    open_and_close_intakes()
    lapse_places()
    remind_of_confirming()
    tell_news()


@shared_task(name="exchanges.tell_intake_news")
def tell_intake_news(intake_id: int) -> None:
    """Tell everybody concerned what is new in the intake, batch by batch."""
    tell_news(intake_id=intake_id)


@shared_task(name="exchanges.tell_announcements")
def tell_announcements() -> None:
    """Tell people of the announcements that are on their way."""
    tell_due()


@shared_task(name="exchanges.remind_sessions")
def remind_sessions() -> None:
    """Remind of sessions and tasks a day before, and of sessions an hour before."""
    remind_due()


@shared_task(name="exchanges.follow_tzdata")
def follow_tzdata() -> None:
    """Move the instants of agreed wall times where a new release of time zone rules says so."""
    if time_rules.is_behind():
        time_rules.follow(apply=True)
    time_rules.tell_moved()


@shared_task(name="exchanges.tell_moved_sessions")
def tell_moved_sessions() -> None:
    """Tell the people of sessions that new time zone rules moved."""
    time_rules.tell_moved()


@shared_task(name="exchanges.sweep_polls")
def sweep_polls() -> None:
    """Remind of polls that close within a day, and tell who opened those that have closed."""
    polls.sweep_polls()
