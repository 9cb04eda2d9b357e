"""Why somebody's calendar could not be read, in words for the person whose calendar it is."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy


def problem_words(code: str, facts: Mapping[str, Any]) -> str:
    """The sentence for a `FetchError` or `CalendarError`; "" where there is no problem."""
    if not code:
        return ""
    known = {
        "address": _("This is not an address that can be read. It begins with https:// and ends, mostly, with .ics."),
        "scheme": _("Only addresses that begin with https://, http:// or webcal:// can be read."),
        "password_in_address": _("An address with a password in it can't be read. Use a private link instead."),
        "port": _("An address with this port can't be read."),
        "unknown_host": _("There is no server called %(host)s. Look for a slip in the address."),
        "private": _("%(host)s is not on the public internet, so it can't be read from here. Upload the file instead."),
        "no_answer": _("%(host)s does not answer. It is tried again."),
        "certificate": _("%(host)s can't show that it is who it says: its certificate is not in order."),
        "slow": _("The server took too long. It is tried again."),
        "cut_off": _("The server stopped in the middle of the calendar. It is tried again."),
        "redirects": _("The address leads on to another one too many times."),
        "redirect_to_http": _("The address leads on to one that is not secure."),
        "sign_in": _("The server wants a password. Use the calendar's private or secret link, which needs none."),
        "gone": _("There is no calendar at this address any more. Copy its link again."),
        "status": _("The server answered with an error (%(status)s). It is tried again."),
        "compressed": _("The server sends the calendar in a form that we did not ask for."),
        "size": _("The calendar is larger than %(most)s MB. Export or share only the coming months."),
        "web_page": _("This is a web page and not a calendar. Copy the link that ends with .ics."),
        "no_calendar": _("This is not a calendar file (iCalendar, .ics)."),
        "too_often": _("An event in it repeats by the hour or more often. Take it out of the calendar that you share."),
        "too_many_events": _("It holds more than %(most)s events. Share a smaller calendar."),
        "too_complex": _("Its repeating events take too long to work out. Share a smaller calendar."),
        "too_many_periods": _("It names more than %(most)s periods. Only terms, holidays and exams belong here."),
        "failed": _("Reading it failed, which is our fault. It is tried again."),
    }  # fmt: skip
    return (known.get(code) or known["failed"]) % {"host": "", "status": "", "most": "", **facts}


def left_out_words(problems: Mapping[str, int]) -> list[str]:
    """What of a file is no period of an academic calendar, in sentences with numbers."""
    sentences = {
        "hours": ngettext_lazy(
            "%(n)s event has hours within a day, like a lecture or a deadline.",
            "%(n)s events have hours within a day, like lectures or deadlines.",
            "n",
        ),
        "no_name": ngettext_lazy("%(n)s event has no name.", "%(n)s events have no name.", "n"),
        "no_dates": ngettext_lazy(
            "%(n)s event has no dates that can be read.", "%(n)s events have no dates that can be read.", "n"
        ),
        "ends_before_start": ngettext_lazy(
            "%(n)s event ends before it begins.", "%(n)s events end before they begin.", "n"
        ),
        "out_of_reach": ngettext_lazy(
            "%(n)s event is long over or far ahead.", "%(n)s events are long over or far ahead.", "n"
        ),
        "cancelled": ngettext_lazy("%(n)s event is cancelled.", "%(n)s events are cancelled.", "n"),
    }
    return [str(sentence % {"n": problems[code]}) for code, sentence in sentences.items() if problems.get(code)]
