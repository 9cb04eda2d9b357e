"""Writes the sample world to the database.

What is past is written as rows with the dates and the journal it would have left; what waits today is brought about
by the platform's own actions, so that the people concerned have their notices too.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from exchanges.actions.catalogue import mark_all_changed
from exchanges.models import Enrolment
from exchanges.sample_world import intakes, stories
from exchanges.sample_world.today import bring_about
from exchanges.sample_world.world import World, own_times
from exchanges.sample_world.write_agreements import write_pairings, write_partnerships
from exchanges.sample_world.write_calendars import write_absences, write_calendars
from exchanges.sample_world.write_exchanges import describe_groups, write_exchange
from exchanges.sample_world.write_intakes import write_intakes
from exchanges.sample_world.write_offers import write_offers
from exchanges.sample_world.write_people import write_institutions, write_people
from institutions.models import JournalEntry, LearnerProfile


@transaction.atomic
def build(*, tell: Callable[[str], None], passwords: bool) -> World:
    """Write the whole world in one transaction: all of it, or nothing."""
    world = World(tell=tell, passwords=passwords)
    with own_times():
        write_institutions(world)
        write_people(world)
        write_calendars(world)
        write_absences(world)
        write_partnerships(world)
        write_offers(world)
        write_pairings(world)
        for story in (*stories.EXCHANGES, *intakes.EXCHANGES):
            write_exchange(world, story)
        LearnerProfile.objects.bulk_create(world.profiles.values(), batch_size=500)
        describe_groups()
        world.journal.sort(key=lambda entry: entry.at)
        JournalEntry.objects.bulk_create(world.journal, batch_size=500)
    tell(f"{len(stories.EXCHANGES)} exchanges, {Enrolment.objects.count()} enrolments")
    bring_about(world)
    write_intakes(world)
    mark_all_changed()
    tell(f"{JournalEntry.objects.count()} journal rows")
    return world


def demo_passwords_wanted() -> bool:
    """Known passwords belong on one's own machine only."""
    return bool(settings.DEBUG or settings.EMBEDDED)
