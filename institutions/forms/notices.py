"""How one wants to be reached, and the filters of the inbox and of lost mails."""

from django import forms
from django.utils.translation import gettext_lazy as _

from institutions.enums import Delivery, NoticeGroup, NoticeStatus
from institutions.forms.fields import DayField
from institutions.models import NoticePreference, User
from institutions.notice_kinds import KINDS, choosable_groups

WEEKDAYS = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]


class PreferencesForm(forms.Form):
    """Two fields for each group, `<group>_inbox` and `<group>_email`, and when digests come."""

    digest_at = forms.TimeField(
        label=_("Digests come at"),
        help_text=_("On your own clock."),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    digest_day = forms.TypedChoiceField(label=_("The weekly one on"), coerce=int, choices=list(enumerate(WEEKDAYS)))

    def __init__(self, *args, user: User, chosen: dict[NoticeGroup, NoticePreference], **kwargs):
        initial = {"digest_at": user.digest_at, "digest_day": user.digest_day}
        for group, choice in chosen.items():
            initial |= {f"{group}_inbox": choice.inbox, f"{group}_email": choice.email}
        super().__init__(*args, initial=initial, **kwargs)
        for group in choosable_groups():
            self.fields[f"{group}_inbox"] = forms.BooleanField(
                label=_("%(group)s: in the app") % {"group": group.label}, required=False
            )
            self.fields[f"{group}_email"] = forms.ChoiceField(
                label=_("%(group)s: by e-mail") % {"group": group.label}, choices=Delivery.choices
            )

    def rows(self):
        """The fields by group, for the table."""
        return [(group, self[f"{group}_inbox"], self[f"{group}_email"]) for group in choosable_groups()]

    def groups(self) -> dict[str, tuple[bool, str]]:
        said = self.cleaned_data
        return {str(group): (said[f"{group}_inbox"], said[f"{group}_email"]) for group in choosable_groups()}


class LostMailFilterForm(forms.Form):
    """What makes no sense is left out of the filter, and said at its field."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Bounced and given up")), *((each.value, each.label) for each in NoticeStatus.lost())],
    )
    kind = forms.ChoiceField(
        label=_("About"), required=False, choices=lambda: [("", _("Anything")), *((name, name) for name in KINDS)]
    )
    to = forms.CharField(
        label=_("To"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"placeholder": _("Name or e-mail")}),
    )
    error = forms.CharField(label=_("What the server said"), required=False, max_length=100)
    since = DayField(label=_("Written from"), required=False)

    def is_filtered(self) -> bool:
        return any(self.cleaned_data.values())

    def filtered(self, mails):
        self.is_valid()
        said = self.cleaned_data
        if state := said.get("state"):
            mails = mails.filter(status=state)
        if kind := said.get("kind"):
            mails = mails.filter(kind=kind)
        if to := said.get("to"):
            mails = mails.addressed_to(to)
        if error := said.get("error"):
            mails = mails.filter(last_error__icontains=error)
        if since := said.get("since"):
            mails = mails.written_since(since)
        return mails
