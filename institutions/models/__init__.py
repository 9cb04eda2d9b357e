from institutions.models.absence import Absence
from institutions.models.busy import BusyCalendar, BusyTime
from institutions.models.calendar import CalendarPeriod
from institutions.models.institution import Institution, InstitutionDomain
from institutions.models.journal import JournalEntry
from institutions.models.learner import LearnerProfile
from institutions.models.membership import Membership
from institutions.models.notice import Notice, NoticeAttempt, NoticePreference
from institutions.models.partnership import Partnership, PartnershipParty, PartnershipPlaces
from institutions.models.user import User

__all__ = [
    "Absence",
    "BusyCalendar",
    "BusyTime",
    "CalendarPeriod",
    "Institution",
    "InstitutionDomain",
    "JournalEntry",
    "LearnerProfile",
    "Membership",
    "Notice",
    "NoticeAttempt",
    "NoticePreference",
    "Partnership",
    "PartnershipParty",
    "PartnershipPlaces",
    "User",
]
