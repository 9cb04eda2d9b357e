"""Pieces that all API modules share: clean text, and the browser's form as the rule for what is written."""

from typing import Any

from django import forms
from rest_framework import serializers

from institutions import codes
from institutions.forms.rules import by_rule
from institutions.models import Institution


class CleanText(serializers.CharField):
    """Text without control characters, in one line unless `multiline`."""

    def __init__(self, *, multiline: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.multiline = multiline

    def to_internal_value(self, data):
        return by_rule(codes.clean_text, super().to_internal_value(data), multiline=self.multiline)


class Note(serializers.Serializer):
    """Why, in words for the people it concerns."""

    note = CleanText(multiline=True, max_length=2000, required=False, allow_blank=True, default="")


class Empty(serializers.Serializer):
    """A move that needs nothing but its address."""


class InstitutionName(serializers.ModelSerializer):
    """An institution where another object names it."""

    class Meta:
        model = Institution
        fields = ["slug", "name", "country", "city", "zone"]


def known_institution() -> dict[str, Any]:
    """Arguments of a SlugRelatedField that takes a verified institution by its slug."""
    return {"slug_field": "slug", "queryset": Institution.objects.verified()}


def checked(form: forms.Form) -> dict[str, Any]:
    """The form's cleaned data, or a 400 with the messages that a person would see at the fields."""
    if not form.is_valid():
        raise serializers.ValidationError(
            {
                "non_field_errors" if name == forms.forms.NON_FIELD_ERRORS else name: [str(error) for error in errors]
                for name, errors in form.errors.items()
            }
        )
    return form.cleaned_data
