import datetime as dt

from django.db import migrations
from django.db.models import F


def widen(apps, schema_editor):
    """Whoever begins or ends the day beyond the new default limit keeps that: the limit is the day's own end."""
    users = apps.get_model("institutions", "User").objects
    users.filter(day_start__lt=dt.time(6)).update(limit_start=F("day_start"))
    users.filter(day_end__gt=dt.time(23)).update(limit_end=F("day_end"))


class Migration(migrations.Migration):
    dependencies = [("institutions", "0003_exceptions_calendars_and_busy_times")]

    operations = [migrations.RunPython(widen, migrations.RunPython.noop, elidable=True)]
