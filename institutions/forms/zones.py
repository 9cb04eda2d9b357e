"""Choosing a time zone by its IANA name."""

from functools import cache
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Zones by area: [(area, [(IANA name, city)])]. Names without an area are old aliases, except UTC."""
    names = sorted(name for name in available_timezones() if name.split("/")[0] in AREAS)
    grouped: dict[str, list[tuple[str, str]]] = {"UTC": [("UTC", "UTC")]}
    for name in names:
        area, _sep, city = name.partition("/")
        grouped.setdefault(area, []).append((name, city.replace("_", " ")))
    return list(grouped.items())


class ZoneField(forms.ChoiceField):
    """An IANA time zone; the page's script preselects the browser's own (`data-zone-guess`)."""

    def __init__(self, **kwargs):
        super().__init__(choices=zone_choices, **kwargs)
        self.widget.attrs["data-zone-guess"] = ""
        self.error_messages["invalid_choice"] = _("Choose a time zone from the list.")
