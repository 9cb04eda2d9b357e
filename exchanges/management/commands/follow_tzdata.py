"""`manage.py follow_tzdata`: what new time zone rules do to sessions that are agreed; with --apply, do it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from exchanges.actions.time_rules import MOST_KEPT, follow


class Command(BaseCommand):
    help = (
        "Lists the sessions to come whose agreed wall time is another instant by the installed tzdata than by the one"
        " they were derived with. With --apply their instants are moved, the wall times stay, calendars follow, and"
        " workers tell the people concerned. Workers do this by themselves when they start, and every hour."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="move them; otherwise nothing is changed")

    def handle(self, *args: Any, apply: bool, **options: Any) -> None:
        found = follow(apply=apply)
        for each in found.differences:
            wall = each.wall
            note = "" if each.exists else "  does not exist any more: read with the offset before the change"
            self.stdout.write(
                f"{wall.pk}  {wall.day} {wall.at:%H:%M} {wall.zone}  "
                f"{wall.starts_at:%Y-%m-%d %H:%M} -> {each.now:%Y-%m-%d %H:%M} UTC{note}"
            )
        if found.total > MOST_KEPT:
            self.stdout.write(f"... and {found.total - MOST_KEPT} more")
        zones = ", ".join(f"{zone} {count}" for zone, count in found.moved.most_common())
        done = "moved" if apply else "would move; --apply moves them"
        self.stdout.write(
            f"tzdata {found.version}: {found.looked_at} sessions were derived with older rules, "
            f"{found.total} of them {done}{f' ({zones})' if zones else ''}."
        )
