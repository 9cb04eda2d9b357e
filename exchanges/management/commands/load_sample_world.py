"""`manage.py load_sample_world`: the sample world, or many times its offers for load tests."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchanges.models import Offer
from exchanges.sample_world import people, scale
from exchanges.sample_world.build import build, demo_passwords_wanted
from exchanges.sample_world.offers import OFFERS
from institutions.models import Institution


class Command(BaseCommand):
    help = "Loads real institutions, plausible offers and invented people, with dates around today."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scale", type=int, default=1, help="so many times the offers, for load tests")
        parser.add_argument("--offers", type=int, default=0, help="add published offers until there are so many")
        parser.add_argument(
            "--demo-passwords", action="store_true", help="give the cast their known password on this machine too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        more = options["scale"] > 1 or options["offers"] > 0
        if options["scale"] < 1 or options["offers"] < 0:
            raise CommandError("--scale and --offers count upwards.")
        if not Institution.objects.exists():
            passwords = options["demo_passwords"] or demo_passwords_wanted()
            build(tell=self.say, passwords=passwords)
            if passwords:
                self.say(f"Sign in as {people.CAST[0].email} (or another of the cast) with {people.PASSWORD}")
            else:
                self.say("The cast have no passwords here; --demo-passwords gives them the known one")
        elif not more:
            raise CommandError(
                "This database has institutions already, so nothing was loaded. "
                "Use an empty database, or add offers for load tests with --scale or --offers."
            )
        if more:
            wanted = options["offers"] - Offer.objects.published().count()
            count = max(wanted, 0) + (options["scale"] - 1) * len(OFFERS)
            scale.add_offers(count, tell=self.say)
        self.say(f"Done in {time.monotonic() - began:.1f} s")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
