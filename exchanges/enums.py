"""Formats, modes and states of what is done together, and the legal moves between the states."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from institutions.enums import States


class Format(TextChoices):
    COIL = "coil", _("COIL module")
    COURSE_PLACES = "course", _("Virtual course places")
    JOINT_SEMINAR = "seminar", _("Joint seminar or guest lectures")
    VIRTUAL_EXCHANGE = "dialogue", _("Virtual exchange (facilitated dialogue)")
    TANDEM = "tandem", _("Tandem")
    BIP = "bip", _("Blended intensive programme")
    VET = "vet", _("VET virtual mobility")
    STAFF = "staff", _("Staff training")


class Mode(TextChoices):
    VIRTUAL = "virtual", _("Fully virtual")
    MOSTLY_VIRTUAL = "mostly", _("Mostly virtual, with an optional visit")
    BLENDED = "blended", _("Blended, with a physical part")

    @classmethod
    def with_physical_part(cls):
        return (cls.MOSTLY_VIRTUAL, cls.BLENDED)


class Context(TextChoices):
    TEACHING = "teaching", _("Teaching")
    TRAINING = "training", _("Training")
    LEARNING = "learning", _("Learning")


class Bandwidth(TextChoices):
    LOW = "low", _("A slow line is enough (text and sound)")
    MEDIUM = "medium", _("Video now and then")
    HIGH = "high", _("Steady video")


class OfferStatus(States):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    CLOSED = "closed", _("Closed")
    EXPIRED = "expired", _("Expired")

    @classmethod
    def moves(cls):
        return {
            cls.DRAFT: (cls.PUBLISHED, cls.CLOSED),
            cls.PUBLISHED: (cls.CLOSED, cls.EXPIRED),
            cls.CLOSED: (cls.PUBLISHED,),
            cls.EXPIRED: (cls.PUBLISHED,),
        }


class PairingStatus(States):
    PROPOSED = "proposed", _("Waiting for a reply")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    LAPSED = "lapsed", _("Lapsed without a reply")
    WITHDRAWN = "withdrawn", _("Withdrawn")

    @classmethod
    def moves(cls):
        return {cls.PROPOSED: (cls.ACCEPTED, cls.DECLINED, cls.LAPSED, cls.WITHDRAWN)}


class DeclineReason(TextChoices):
    DATES = "dates", _("The dates don't fit our terms")
    HOURS = "hours", _("We share too few hours")
    TOPIC = "topic", _("The topic or level doesn't fit")
    NUMBERS = "numbers", _("The numbers of learners don't fit")
    STAFF = "staff", _("We have nobody to run it")
    RECOGNITION = "recognition", _("We can't recognise it for our learners")
    OTHER = "other", _("Another reason")


class ExchangeRole(TextChoices):
    COORDINATING = "coordinating", _("Coordinating institution")
    PARTNER = "partner", _("Partner institution")


class ExchangeStatus(States):
    PLANNED = "planned", _("Being planned")
    ENROLLING = "enrolling", _("Open for enrolment")
    GROUPING = "grouping", _("Enrolment closed, groups forming")
    RUNNING = "running", _("Running")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")

    @classmethod
    def moves(cls):
        return {
            cls.PLANNED: (cls.ENROLLING, cls.CANCELLED),
            cls.ENROLLING: (cls.GROUPING, cls.CANCELLED),
            cls.GROUPING: (cls.RUNNING, cls.ENROLLING, cls.CANCELLED),
            cls.RUNNING: (cls.COMPLETED, cls.CANCELLED),
        }

    @classmethod
    def public(cls):
        """States in which anyone may see that the exchange exists."""
        return (cls.ENROLLING, cls.GROUPING, cls.RUNNING, cls.COMPLETED)


class EnrolmentStatus(States):
    PLACED = "placed", _("Place held")
    WAITING = "waiting", _("On the waiting list")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    COMPLETED = "completed", _("Completed")

    @classmethod
    def moves(cls):
        return {
            cls.PLACED: (cls.WITHDRAWN, cls.COMPLETED),
            cls.WAITING: (cls.PLACED, cls.WITHDRAWN),
            cls.WITHDRAWN: (cls.PLACED, cls.WAITING),
        }


class GroupStatus(States):
    PROPOSED = "proposed", _("Proposed")
    CONFIRMED = "confirmed", _("Confirmed")

    @classmethod
    def moves(cls):
        return {cls.PROPOSED: (cls.CONFIRMED,)}


class TieKind(TextChoices):
    TOGETHER = "together", _("Together")
    APART = "apart", _("Apart")


class Trait(TextChoices):
    """Kinds of people of which somebody may not want to be a group's only one. Sensitive: with consent, never shown."""

    WOMAN = "woman", _("A woman")
    MAN = "man", _("A man")
    NON_BINARY = "non_binary", _("Non-binary, or of another gender")
    FIRST_GENERATION = "first_generation", _("The first of my family to study")
    OLDER = "older", _("Older than most (30 and more)")
    CARER = "carer", _("Caring for children or relatives")
    DISABILITY = "disability", _("With a disability or a long illness")
    MINORITY = "minority", _("Of an ethnic or religious minority")


class ActivityKind(TextChoices):
    SESSION = "session", _("Live session")
    TASK = "task", _("Task")


class ActivityStatus(States):
    PROPOSED = "proposed", _("Proposed")
    CONFIRMED = "confirmed", _("Confirmed")
    HELD = "held", _("Held")
    CANCELLED = "cancelled", _("Cancelled")

    @classmethod
    def moves(cls):
        return {
            cls.PROPOSED: (cls.CONFIRMED, cls.CANCELLED),
            cls.CONFIRMED: (cls.HELD, cls.CANCELLED, cls.PROPOSED),
        }


class Scope(TextChoices):
    """How much of a series a change is for."""

    ONE = "one", _("Only this one")
    FOLLOWING = "following", _("This and all that follow")
    ALL = "all", _("All that are still to come")


class PollStatus(States):
    OPEN = "open", _("Open")
    DECIDED = "decided", _("Decided")
    CANCELLED = "cancelled", _("Called off")

    @classmethod
    def moves(cls):
        return {cls.OPEN: (cls.DECIDED, cls.CANCELLED)}


class Answer(TextChoices):
    YES = "yes", _("Yes")
    MAYBE = "maybe", _("If need be")
    NO = "no", _("No")


class Presence(TextChoices):
    PRESENT = "present", _("Present")
    ABSENT = "absent", _("Absent")
    EXCUSED = "excused", _("Excused")


class IntakeStatus(States):
    DRAFT = "draft", _("Being prepared")
    OPEN = "open", _("Open for choices")
    CLOSED = "closed", _("Choices closed")
    REVIEW = "review", _("Result under review")
    PUBLISHED = "published", _("Result published")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")

    @classmethod
    def moves(cls):
        return {
            cls.DRAFT: (cls.OPEN, cls.CANCELLED),
            cls.OPEN: (cls.CLOSED, cls.CANCELLED),
            cls.CLOSED: (cls.OPEN, cls.REVIEW, cls.CANCELLED),
            cls.REVIEW: (cls.PUBLISHED, cls.CANCELLED),
            cls.PUBLISHED: (cls.DONE,),
        }

    @classmethod
    def running(cls):
        """From opening to the end: its exchanges take no direct enrolments meanwhile."""
        return (cls.OPEN, cls.CLOSED, cls.REVIEW, cls.PUBLISHED)

    @classmethod
    def public(cls):
        """States in which anyone may see it."""
        return (*cls.running(), cls.DONE)

    @classmethod
    def with_result(cls):
        """States in which learners see what they got."""
        return (cls.PUBLISHED, cls.DONE)


class Mark(TextChoices):
    """What reserved places look for: sensitive, told with consent only, and shown to nobody."""

    NEVER_ABROAD = "never_abroad", _("Never been abroad for studies or training")
    FEWER_OPPORTUNITIES = "fewer_opportunities", _("Fewer opportunities")


class PlacementStatus(States):
    OFFERED = "offered", _("Place to confirm")
    CONFIRMED = "confirmed", _("Place confirmed")
    DECLINED = "declined", _("Declined")
    LAPSED = "lapsed", _("Lapsed")
    WAITING = "waiting", _("On the waiting list")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    NO_PLACE = "no_place", _("No place")

    @classmethod
    def moves(cls):
        return {
            cls.WAITING: (cls.OFFERED, cls.DECLINED, cls.NO_PLACE),
            cls.OFFERED: (cls.OFFERED, cls.CONFIRMED, cls.DECLINED, cls.LAPSED, cls.WAITING),
            cls.CONFIRMED: (cls.WITHDRAWN,),
        }

    @classmethod
    def holding(cls):
        """States in which a place is taken."""
        return (cls.OFFERED, cls.CONFIRMED)


class RunKind(TextChoices):
    PARTNERS = "partners", _("Partner suggestions")
    GROUPS = "groups", _("Groups and first session")
    SEATS = "seats", _("Places of an intake")
    REPEAT = "repeat", _("Repetition of an earlier run")
    LATE = "late", _("Groups for those without one")
    REGROUP = "regroup", _("Groups with as few moves as possible")
    PAIRINGS = "pairings", _("Pairings for all open offers")
    SLOTS = "slots", _("Hours for a series of sessions")


class AnnouncementStatus(States):
    WAITING = "waiting", _("Waiting for a worker")
    SENDING = "sending", _("On its way")
    SENT = "sent", _("Everybody was told")
    CANCELLED = "cancelled", _("Stopped")

    @classmethod
    def moves(cls):
        return {cls.WAITING: (cls.SENDING, cls.CANCELLED), cls.SENDING: (cls.SENT, cls.CANCELLED)}


class RunStatus(States):
    REQUESTED = "requested", _("Waiting for a worker")
    CLAIMED = "claimed", _("Working")
    FINISHED = "finished", _("Finished")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")

    @classmethod
    def moves(cls):
        return {
            cls.REQUESTED: (cls.CLAIMED, cls.CANCELLED),
            cls.CLAIMED: (cls.FINISHED, cls.FAILED, cls.REQUESTED, cls.CANCELLED),
        }

    @classmethod
    def at_work(cls):
        """States in which a result may still come."""
        return (cls.REQUESTED, cls.CLAIMED)


class ResourceKind(TextChoices):
    OER = "oer", _("Open educational resource")
    MOOC = "mooc", _("Open online course (MOOC)")
