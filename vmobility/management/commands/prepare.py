"""All that bin/run has to do before it serves, in one process: a restart should take seconds."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connection


class Command(BaseCommand):
    help = "Migrate, collect static files, load the sample world into an empty database, and say what is used."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fresh", action="store_true", help="Empty the database first. Asks nothing.")

    def handle(self, *args: Any, fresh: bool, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if fresh:
            call_command("flush", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        if not get_user_model().objects.exists() and "load_sample_world" in get_commands():
            self.stdout.write("Loading the sample world")
            call_command("load_sample_world", stdout=self.stdout)
        self.stdout.write(f"  Database  {self.database()}")
        self.stdout.write(f"  Broker    {self.broker()}")

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
