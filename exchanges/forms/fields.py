"""Fields that several forms share."""

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from institutions.forms.fields import LineField, TextField
from institutions.hours import NonexistentTime, resolve_wall

__all__ = ["LineField", "TextField", "add_refusal", "date_field", "instant_of", "posted", "time_field"]


def date_field(**kwargs) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs)


def time_field(**kwargs) -> forms.TimeField:
    return forms.TimeField(widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}), **kwargs)


def instant_of(day: dt.date, at: dt.time, zone: str) -> dt.datetime:
    """The instant of what was typed as wall time; a time that a clock change skips is refused with its neighbours.

    The code of the error, "date" or "time", says to which of the two fields it belongs.
    """
    try:
        return resolve_wall(day, at, zone, fold=0)
    except NonexistentTime as gap:
        earlier, later = (f"{wall:%H:%M}" for wall in gap.nearest)
        raise ValidationError(
            _("Clocks change on that day, and this time does not exist. Take %(earlier)s or %(later)s."),
            code="time",
            params={"earlier": earlier, "later": later},
        ) from gap
    except ValueError as error:
        raise ValidationError(_("This date is out of reach."), code="date") from error


def posted(request):
    """What a form is bound to: the data of a POST, even an empty one, or nothing."""
    return request.POST if request.method == "POST" else None


def add_refusal(form: forms.Form, refusal, aliases: dict[str, str] | None = None) -> None:
    """Show what an action refused at its field, or above the form where the field is not in it."""
    field = (aliases or {}).get(refusal.field, refusal.field)
    form.add_error(field if field in form.fields else None, str(refusal))
