"""Roles, kinds and states of who takes part, and the legal moves between the states."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    HEI = "hei", _("Higher-education institution")
    VET = "vet", _("VET provider")
    TRAINING = "training", _("Training organisation")
    OTHER = "other", _("Other organisation")


class Role(TextChoices):
    LEARNER = "learner", _("Learner")
    COORDINATOR = "coordinator", _("Coordinator")
    ADMIN = "admin", _("Institution admin")


class States(TextChoices):
    """A status with its legal moves: subclasses define `moves()`, a mapping of state to the states it may go to."""

    @classmethod
    def moves(cls) -> dict:
        return {}

    def may_become(self, other: "States") -> bool:
        """Whether the rules allow this state to turn into `other`."""
        return other in self.moves().get(self, ())


class InstitutionStatus(States):
    PENDING = "pending", _("Waiting for approval")
    VERIFIED = "verified", _("Verified")
    DECLINED = "declined", _("Declined")
    SUSPENDED = "suspended", _("Suspended")

    @classmethod
    def moves(cls):
        return {
            cls.PENDING: (cls.VERIFIED, cls.DECLINED),
            cls.DECLINED: (cls.PENDING,),
            cls.VERIFIED: (cls.SUSPENDED,),
            cls.SUSPENDED: (cls.VERIFIED,),
        }


class MembershipStatus(States):
    REQUESTED = "requested", _("Waiting for approval")
    ACTIVE = "active", _("Active")
    DECLINED = "declined", _("Declined")
    ENDED = "ended", _("Ended")

    @classmethod
    def moves(cls):
        return {
            cls.REQUESTED: (cls.ACTIVE, cls.DECLINED, cls.ENDED),
            cls.ACTIVE: (cls.ENDED,),
        }


class PartnershipStatus(States):
    DRAFT = "draft", _("Draft")
    SIGNING = "signing", _("Being signed")
    SUBMITTED = "submitted", _("Waiting for final approval")
    RETURNED = "returned", _("Sent back with comments")
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    EXPIRED = "expired", _("Expired")
    ENDED = "ended", _("Ended")
    DECLINED = "declined", _("Declined")

    @classmethod
    def moves(cls):
        return {
            cls.DRAFT: (cls.SIGNING, cls.ENDED),
            cls.SIGNING: (cls.SUBMITTED, cls.DRAFT, cls.ENDED),
            cls.SUBMITTED: (cls.ACTIVE, cls.RETURNED, cls.DECLINED, cls.ENDED),
            cls.RETURNED: (cls.SIGNING, cls.ENDED),
            cls.ACTIVE: (cls.SUSPENDED, cls.EXPIRED, cls.ENDED),
            cls.SUSPENDED: (cls.ACTIVE, cls.EXPIRED, cls.ENDED),
        }

    @classmethod
    def editable(cls):
        return (cls.DRAFT, cls.RETURNED)

    @classmethod
    def over(cls):
        return (cls.EXPIRED, cls.ENDED, cls.DECLINED)


class AbsenceKind(TextChoices):
    AWAY = "away", _("Away")
    HOLIDAY = "holiday", _("Holiday")
    EXAMS = "exams", _("Exams")


class PeriodKind(TextChoices):
    TERM = "term", _("Term")
    HOLIDAY = "holiday", _("Holiday")
    EXAMS = "exams", _("Exam period")

    @classmethod
    def without_teaching(cls):
        return (cls.HOLIDAY, cls.EXAMS)


class ClockStyle(TextChoices):
    """How times of day are written; automatic: as in the country of the person's zone."""

    AUTO = "", _("As in my country")
    HALF_DAY = "12", _("12 hours (2:30 pm)")
    WHOLE_DAY = "24", _("24 hours (14:30)")


class WeekStart(TextChoices):
    """With which day weeks begin."""

    AUTO = "", _("As in my country")
    MONDAY = "0", _("Monday")
    SATURDAY = "5", _("Saturday")
    SUNDAY = "6", _("Sunday")


class Channel(TextChoices):
    EMAIL = "email", _("E-mail")
    INBOX = "inbox", _("In the app")


class NoticeGroup(TextChoices):
    """What notices are about; people choose for each how it reaches them."""

    PROPOSALS = "proposals", _("Offers and proposals")
    PLACES = "places", _("Places and enrolment")
    GROUPS = "groups", _("Groups")
    SESSIONS = "sessions", _("Live sessions")
    TASKS = "tasks", _("Tasks")
    RECOGNITION = "recognition", _("Recognition")
    PARTNERSHIPS = "partnerships", _("Partnerships and administration")
    ANNOUNCEMENTS = "announcements", _("Announcements")
    ACCOUNT = "account", _("Your account and roles")


class Delivery(TextChoices):
    """How mails of a group reach a person."""

    AT_ONCE = "at_once", _("At once")
    DAILY = "daily", _("In a daily digest")
    WEEKLY = "weekly", _("In a weekly digest")
    OFF = "off", _("Not by e-mail")

    @classmethod
    def digests(cls):
        return (cls.DAILY, cls.WEEKLY)


class NoticeStatus(States):
    QUEUED = "queued", _("Queued")
    GATHERED = "gathered", _("Waits for a digest")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    MERGED = "merged", _("In a digest")
    BOUNCED = "bounced", _("Bounced")
    DEAD = "dead", _("Given up")
    CANCELLED = "cancelled", _("Cancelled")

    @classmethod
    def moves(cls):
        return {
            cls.QUEUED: (cls.SENDING, cls.CANCELLED),
            cls.GATHERED: (cls.MERGED, cls.QUEUED),
            cls.SENDING: (cls.SENT, cls.QUEUED, cls.BOUNCED, cls.DEAD, cls.CANCELLED),
            cls.DEAD: (cls.QUEUED,),
            cls.BOUNCED: (cls.QUEUED,),
        }

    @classmethod
    def lost(cls):
        """Mails that did not arrive; a platform admin can send them again."""
        return (cls.BOUNCED, cls.DEAD)


class Cefr(TextChoices):
    """Levels of the Common European Framework; the order of the members is the order of the levels."""

    A1 = "A1", "A1"
    A2 = "A2", "A2"
    B1 = "B1", "B1"
    B2 = "B2", "B2"
    C1 = "C1", "C1"
    C2 = "C2", "C2"
    NATIVE = "native", _("native")
