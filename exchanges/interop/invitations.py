"""What mails about sessions bring for calendars: an invitation to each session, its change, or its end."""

from collections.abc import Iterator

from exchanges.enums import ActivityStatus
from exchanges.interop.ics import invitation
from exchanges.models import Activity
from institutions.interop.mail import Attachment, attach_to
from institutions.models import Notice

KINDS = (
    *("session_planned", "session_changed", "session_cancelled", "session_follows_clocks"),
    *("enrolment_placed", "enrolment_moved_up", "enrolment_withdrawn", "exchange_cancelled"),
    "group_changed",
)
MOST = 30  # of one mail; whoever has more sessions than that follows a feed


def attach_invitations() -> None:
    """Have the mails of these kinds carry invitations. Called once, when the app is ready."""
    attach_to(*KINDS, make=invitations_of)


def invitations_of(notice: Notice) -> Iterator[Attachment]:
    """One file for each session that the notice names and its recipient may see, or has left.

    A mail about one session is itself the invitation too, which mail programs offer to accept. For several there are
    files only: programs look at no more than one such form, and would take the first session for all of them.
    """
    named, left = notice.context.get("sessions", []), notice.context.get("sessions_left", [])
    found = Activity.objects.sessions().exclude(status=ActivityStatus.PROPOSED).select_related("exchange", "group")
    invited = list(found.visible_to(notice.recipient).filter(pk__in=named)[:MOST])
    gone = list(found.filter(pk__in=left)[:MOST])
    alone = len(invited) + len(gone) == 1
    for cancelled, sessions in ((False, invited), (True, gone)):
        for session in sessions:
            content = invitation(session, notice.recipient, now=notice.created_at, cancelled=cancelled)
            over = cancelled or session.status == ActivityStatus.CANCELLED
            mimetype = f"text/calendar; method={'CANCEL' if over else 'REQUEST'}"
            if alone:
                yield Attachment("invite.ics", content.decode(), mimetype, alternative=True)
            yield Attachment(f"session-{session.pk}.ics", content.decode(), mimetype)
