"""Who was at a session: a choice for each person."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from exchanges.enums import Presence
from exchanges.models import Enrolment


class AttendanceForm(forms.Form):
    """A row of choices for each of the people; none may be left open."""

    def __init__(self, *args, people: Sequence[Enrolment], noted: dict[int, str], **kwargs):
        super().__init__(*args, **kwargs)
        self.people = people
        for enrolment in people:
            self.fields[self._name(enrolment)] = forms.ChoiceField(
                label=enrolment.learner.name,
                choices=Presence.choices,
                widget=forms.RadioSelect,
                initial=noted.get(enrolment.pk),
                error_messages={"required": _("Say whether they were there.")},
            )

    @staticmethod
    def _name(enrolment: Enrolment) -> str:
        return f"presence_{enrolment.pk}"

    @property
    def rows(self):
        return [(enrolment, self[self._name(enrolment)]) for enrolment in self.people]

    @property
    def presences(self) -> dict[int, Presence]:
        return {person.pk: Presence(self.cleaned_data[self._name(person)]) for person in self.people}
