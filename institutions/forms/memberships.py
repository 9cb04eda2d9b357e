"""Asking for a role, and finding members."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from institutions.enums import MembershipStatus, Role
from institutions.forms.fields import TextField


class JoinForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=forms.RadioSelect)
    message = TextField(
        label=_("Message to the institution's admins"),
        required=False,
        max_length=1000,
        help_text=_("Who you are there, so that they recognise you."),
    )


class ReasonForm(forms.Form):
    """Why something is done that others will ask about."""

    note = TextField(label=_("Reason"), max_length=2000, help_text=_("The people concerned read it."))


class MemberSearchForm(forms.Form):
    """Find members. What makes no sense is left out, so that a shared address never fails."""

    q = forms.CharField(label=_("Name or e-mail address"), required=False, max_length=100, widget=forms.SearchInput)
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("Any role")), *Role.choices])
    status = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("Active and waiting")), *MembershipStatus.choices]
    )

    def found(self, memberships):
        self.is_valid()
        if status := self.cleaned_data.get("status"):
            memberships = memberships.filter(status=status)
        else:
            memberships = memberships.filter(status__in=[MembershipStatus.ACTIVE, MembershipStatus.REQUESTED])
        if role := self.cleaned_data.get("role"):
            memberships = memberships.filter(role=role)
        for word in self.cleaned_data.get("q", "").split()[:8]:
            memberships = memberships.filter(Q(user__name__icontains=word) | Q(user__email__icontains=word))
        return memberships
