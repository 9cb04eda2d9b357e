"""Fields that several models share."""

from typing import cast

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from institutions.hours import WeekHours


class WeekHoursField(models.CharField):
    """Local half-hours of a week (`institutions.hours.WeekHours`), 84 hexadecimal digits, Monday 00:00 first."""

    description = _("Local half-hours of a week")

    def __init__(self, *args, **kwargs):
        kwargs["max_length"] = 84
        kwargs.setdefault("default", WeekHours)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value, expression, connection):
        return None if value is None else WeekHours.from_hex(value)

    def to_python(self, value):
        if value is None or isinstance(value, WeekHours):
            return value
        try:
            return WeekHours.from_hex(value) if value else WeekHours()
        except ValueError as error:
            raise ValidationError(_("These are not the half-hours of a week.")) from error

    def get_prep_value(self, value):
        value = self.to_python(value)
        return None if value is None else value.to_hex()

    def value_to_string(self, obj):
        return cast(WeekHours, self.value_from_object(obj)).to_hex()
