"""The journal's rows about one object, in words, for `includes/history.html`."""

from django.utils.translation import gettext as _

from institutions.models import JournalEntry


def history_of(*subjects) -> list[dict]:
    """Who did what, when and why, newest first; the platform's own moves have no actor."""
    words = _words()
    found = [
        {
            "actor": entry.actor,
            "at": entry.at,
            "text": words.get(entry.verb, (entry.verb, entry.verb))[0 if entry.actor else 1],
            "note": entry.note,
        }
        for subject in subjects
        for entry in JournalEntry.objects.about(subject)
    ]
    return sorted(found, key=lambda item: item["at"])[::-1]


def _words() -> dict[str, tuple[str, str]]:
    """Each verb with a person before it, and without."""
    return {
        "pairing.propose": (_("proposed it."), _("It was proposed.")),
        "pairing.withdraw": (_("withdrew it."), _("It ended: the offer takes no further partner.")),
        "pairing.accept": (_("accepted."), _("It was accepted.")),
        "pairing.decline": (_("declined."), _("It was declined.")),
        "pairing.lapse": (_("let it lapse."), _("The deadline passed without a reply.")),
        "exchange.plan": (_("accepted, and the exchange was planned."), _("The exchange was planned.")),
        "exchange.add_partner": (_("joined with a further institution."), _("A further institution joined.")),
        "exchange.edit": (_("changed the settings."), _("The settings were changed.")),
        "exchange.open_enrolment": (_("opened enrolment."), _("Enrolment opened.")),
        "exchange.close_enrolment": (_("closed enrolment."), _("Enrolment closed.")),
        "exchange.cancel": (_("cancelled the exchange."), _("The exchange was cancelled.")),
        "exchange.start": (_("let the exchange begin."), _("The exchange began.")),
        "intake.create": (_("prepared the intake."), _("The intake was prepared.")),
        "intake.edit": (_("changed the intake."), _("The intake was changed.")),
        "intake.rules": (_("changed exchanges or rules."), _("Exchanges or rules were changed.")),
        "intake.open": (_("opened the intake."), _("The intake opened.")),
        "intake.close": (_("closed the intake."), _("The intake closed.")),
        "intake.reopen": (_("reopened the intake."), _("The intake was reopened.")),
        "intake.allocate": (_("gave the places."), _("Places were given, for review.")),
        "intake.balance": (_("asked for the balance."), _("The balance was asked for.")),
        "intake.unbalance": (_("went back from the balance."), _("The balance was left.")),
        "intake.close_exchange": (_("took an exchange out."), _("An exchange was taken out.")),
        "intake.reopen_exchange": (_("took an exchange back in."), _("An exchange was taken back in.")),
        "intake.publish": (_("published the result."), _("The result was published.")),
        "intake.finish": (_("ended the intake."), _("The intake ended.")),
        "intake.cancel": (_("cancelled the intake."), _("The intake was cancelled.")),
        "group.ask_again": (_("had the groups formed afresh."), _("Groups were formed afresh.")),
        "group.form": (_("formed the groups."), _("Groups were formed.")),
        "group.move": (_("moved people between groups."), _("People were moved between groups.")),
        "group.undo": (_("undid the last move."), _("The last move was undone.")),
        "group.redo": (_("made a move again."), _("A move was made again.")),
        "group.lock": (_("locked a group."), _("A group was locked.")),
        "group.unlock": (_("unlocked a group."), _("A group was unlocked.")),
        "group.ask_late": (
            _("had groups looked for, for those without one."),
            _("Groups were looked for, for those without one."),
        ),
        "group.ask_regroup": (_("had the groups mended."), _("The groups were mended.")),
        "group.tie": (_("settled who is kept together or apart."), _("It was settled who is kept together or apart.")),
        "group.untie": (_("took such a settlement back."), _("Such a settlement was taken back.")),
        "group.confirm": (_("confirmed the groups."), _("The groups were confirmed.")),
        "exchange.complete": (_("completed the exchange."), _("The exchange was completed.")),
    }
