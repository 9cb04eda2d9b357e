"""System checks of our own (`manage.py check`): what would go wrong quietly is said loudly."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection

from institutions.hours import tzdata_version


@register(Tags.security)
def mailbox_stays_at_home(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The mailbox shows anybody's mail to anybody."""
    if settings.MAILBOX and settings.HTTPS:
        return [
            Error(
                "The mailbox page is on while SITE_URL is https.",
                hint="Set EMAIL_URL, or unset VMOBILITY_EMBEDDED: on a server, mail needs a mail server.",
                id="vmobility.E001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def real_parts_on_servers(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Several machines can share PostgreSQL and Redis, but neither SQLite nor a folder."""
    if settings.EMBEDDED:
        return []
    found: list[CheckMessage] = []
    if not settings.DATABASE_URL:
        found.append(Warning("DATABASE_URL is not set: SQLite is for one machine.", id="vmobility.W001"))
    if not settings.REDIS_URL:
        found.append(Warning("REDIS_URL is not set: the folder broker is for one machine.", id="vmobility.W002"))
    return found


@register("celery", deploy=True)
def scheduled_tasks_exist(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Beat would send a misspelt task name for ever, and only the worker's log would say so."""
    from vmobility.celery import app

    app.loader.import_default_modules()
    return [
        Error(f"Beat wakes {entry['task']}, but no such task is registered.", id="vmobility.E002")
        for entry in app.conf.beat_schedule.values()
        if entry["task"] not in app.tasks
    ]


@register(Tags.database)
def sessions_follow_tzdata(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Sessions to come that older time zone rules derived; a worker that starts moves them. With --database."""
    from exchanges.actions.time_rules import is_behind
    from exchanges.models import Activity

    if not databases or Activity._meta.db_table not in connection.introspection.table_names():
        return []  # nothing was migrated yet
    columns = connection.introspection.get_table_description(connection.cursor(), Activity._meta.db_table)
    if "moved_from" not in {column.name for column in columns} or not is_behind():
        return []
    return [
        Warning(
            f"Sessions to come were derived with older time zone rules than tzdata {tzdata_version()}.",
            hint="Start a worker, or look with manage.py follow_tzdata and run it with --apply.",
            id="vmobility.W003",
        )
    ]
