"""All that bin/run has to do before it serves, in one process: a restart should take seconds."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from exchanges.sample_world import people


class Command(BaseCommand):
    help = "Migrate, collect static files, load the sample world into an empty database, and say what is used."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fresh", action="store_true", help="Empty the database first. Asks nothing.")

    def handle(self, *args: Any, fresh: bool, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if fresh:
            call_command("flush", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        if not get_user_model().objects.exists():
            self.stdout.write("Loading the sample world")
            call_command("load_sample_world", stdout=self.stdout)
        self.stdout.write(f"  Database  {self.database()}")
        self.stdout.write(f"  Broker    {self.broker()}")
        for line in self.people():
            self.stdout.write(line)

    def database(self) -> str:
        place = connection.settings_dict
        if connection.vendor == "sqlite":
            return f"SQLite in {place['NAME']}"
        host = place["HOST"] or place["OPTIONS"].get("host") or "this machine"
        return f"{connection.display_name} at {host}, database {place['NAME']}"

    def broker(self) -> str:
        if settings.REDIS_URL:
            return f"Redis at {settings.REDIS_URL.rsplit('@', 1)[-1].removeprefix('redis://')}"
        return f"Celery's filesystem broker in {settings.VAR_DIR / 'broker'}"

    def people(self) -> Iterator[str]:
        """Who of the sample world one can sign in as, by what they may do; nobody where it was never loaded."""
        emails = [member.email for member in people.CAST]
        there = set(get_user_model().objects.filter(email__in=emails).values_list("email", flat=True))
        titles = {"coordinator": "coordinators", "admin": "admins", "learner": "learners", None: "platform"}
        start = "  Sign in   "
        for role, title in titles.items():
            emails = [member.email for member in people.CAST if member.role == role and member.email in there]
            if emails:
                yield f"{start}{title:<13}{'  '.join(emails)}"
                start = " " * len(start)
        if there:
            yield f"{start}{'password':<13}{people.PASSWORD}"
