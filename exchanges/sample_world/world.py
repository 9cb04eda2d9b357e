"""What has been written of the sample world so far, and the times at which it happened."""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import models
from django.utils import timezone

from exchanges.models import Enrolment, Exchange, Offer, Pairing
from exchanges.sample_world import people
from institutions.enums import Channel, NoticeStatus
from institutions.hours import WeekHours
from institutions.models import Institution, JournalEntry, LearnerProfile, Membership, Notice, Partnership, User

_WEEKDAYS = {name: number for number, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))}


def week_hours(text: str) -> WeekHours:
    """ "Tue Thu 13:00-17:00; Sat 10:00-12:00" as half-hours of a week."""
    ranges = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        *days, span = part.split()
        start, end = span.split("-")
        ranges += [(_WEEKDAYS[day], start, end) for day in days]
    return WeekHours.from_ranges(ranges)


@contextmanager
def own_times() -> Iterator[None]:
    """Rows are written with the times they are given, where the models would stamp the present."""
    stamped = [
        (model_field, name)
        for app in ("institutions", "exchanges")
        for model in apps.get_app_config(app).get_models()
        for model_field in model._meta.local_fields
        for name in ("auto_now", "auto_now_add")
        if getattr(model_field, name, False)
    ]
    for model_field, name in stamped:
        setattr(model_field, name, False)
    try:
        yield
    finally:
        for model_field, name in stamped:
            setattr(model_field, name, True)


class World:
    """What has been written so far, by key. Random choices come from one seeded source, so every day's is alike."""

    def __init__(self, *, tell: Callable[[str], None], passwords: bool) -> None:
        self.tell = tell
        self.now = timezone.now()
        self.today = self.now.date()
        self.monday = self.today - dt.timedelta(days=self.today.weekday())
        self.random = random.Random(20_26)  # noqa: S311 (it has to be the same each time)
        self.password = make_password(people.PASSWORD) if passwords else ""
        self.users: dict[str, User] = {}
        self.staff: dict[tuple[str, str], User] = {}
        self.learners: dict[str, list[User]] = {}
        self.institutions: dict[str, Institution] = {}
        self.offers: dict[str, Offer] = {}
        self.exchanges: dict[str, Exchange] = {}
        self.profiles: dict[int, LearnerProfile] = {}
        self.journal: list[JournalEntry] = []
        self.choosers: dict[tuple[str, str], list[User]] = {}
        """Invented learners who choose in an intake (by its key and their institution's)."""
        self.names = {country: people.names(country) for country in people.NAMES}

    def at(self, day: float) -> dt.datetime:
        """An instant so many days from now, in the working hours of somebody, never in the wrong half of time."""
        instant = self.now + dt.timedelta(days=day)
        moved = instant.replace(
            hour=self.random.randint(7, 16), minute=self.random.choice(range(0, 60, 5)), second=0, microsecond=0
        )
        return moved if (moved < self.now) == (day < 0) else instant

    def note(
        self,
        at: dt.datetime,
        actor: User | None,
        verb: str,
        subject: models.Model,
        institution: Institution | None = None,
        *,
        note: str = "",
        **data: Any,
    ) -> None:
        self.journal.append(
            JournalEntry(
                at=at,
                actor=actor,
                verb=verb,
                subject_type=subject._meta.label_lower,
                subject_id=subject.pk,
                subject_name=str(subject)[:200],
                institution=institution,
                note=note,
                data=data,
            )
        )


# When each kind of row came about, for those that actions make.
_BEGINNINGS: tuple[tuple[type[models.Model], str], ...] = (
    (JournalEntry, "at"),
    (Notice, "created_at"),
    (Institution, "created_at"),
    (Membership, "requested_at"),
    (Partnership, "created_at"),
    (Pairing, "proposed_at"),
    (Exchange, "created_at"),
    (Enrolment, "taken_at"),
)


@contextmanager
def happened(world: World, *, days: float) -> Iterator[None]:
    """What the actions inside write came about so long ago, and the mails went out then."""
    last = {model: model._default_manager.aggregate(pk=models.Max("pk"))["pk"] or 0 for model, _ in _BEGINNINGS}
    yield
    at = world.now - dt.timedelta(days=days, minutes=world.random.randint(0, 90))
    for model, name in _BEGINNINGS:
        model._default_manager.filter(pk__gt=last[model]).update(**{name: at})
    mails = Notice.objects.filter(pk__gt=last[Notice], channel=Channel.EMAIL)
    mails.update(status=NoticeStatus.SENT, due_at=at, sent_at=at)
