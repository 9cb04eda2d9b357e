from exchanges.models.activity import Activity, Attendance
from exchanges.models.announcement import Announcement
from exchanges.models.catalogue import CatalogueState
from exchanges.models.choice import Choice, ChoiceList, ReserveMark
from exchanges.models.enrolment import Enrolment
from exchanges.models.exchange import Exchange, ExchangeInstitution
from exchanges.models.feed import CalendarFeed
from exchanges.models.group import Group
from exchanges.models.intake import Intake, IntakeExchange, IntakeQuota, PriorityLine
from exchanges.models.offer import Offer, OfferLanguage, OfferResource, OfferRevision
from exchanges.models.pairing import Pairing
from exchanges.models.placement import Placement
from exchanges.models.plan import SessionPlan
from exchanges.models.planned_pairing import PlannedPairing
from exchanges.models.poll import Poll, PollOption, PollVote
from exchanges.models.recognition import Certificate
from exchanges.models.run import Run, RunRecord, Suggestion
from exchanges.models.series import Series, Turn
from exchanges.models.weights import RankingWeights
from exchanges.models.wish import Confidence, Tie, Wish

__all__ = [
    "Activity",
    "Announcement",
    "Attendance",
    "CalendarFeed",
    "CatalogueState",
    "Certificate",
    "Choice",
    "ChoiceList",
    "Confidence",
    "Enrolment",
    "Exchange",
    "ExchangeInstitution",
    "Group",
    "Intake",
    "IntakeExchange",
    "IntakeQuota",
    "Offer",
    "OfferLanguage",
    "OfferResource",
    "OfferRevision",
    "Pairing",
    "Placement",
    "PlannedPairing",
    "Poll",
    "PollOption",
    "PollVote",
    "PriorityLine",
    "RankingWeights",
    "ReserveMark",
    "Run",
    "RunRecord",
    "Series",
    "SessionPlan",
    "Suggestion",
    "Tie",
    "Turn",
    "Wish",
]
