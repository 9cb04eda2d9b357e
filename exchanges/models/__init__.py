from exchanges.models.activity import Activity, Attendance
from exchanges.models.catalogue import CatalogueState
from exchanges.models.enrolment import Enrolment
from exchanges.models.exchange import Exchange, ExchangeInstitution
from exchanges.models.group import Group
from exchanges.models.offer import Offer, OfferLanguage, OfferResource, OfferRevision
from exchanges.models.pairing import Pairing
from exchanges.models.recognition import Certificate
from exchanges.models.run import Run, Suggestion

__all__ = [
    "Activity",
    "Attendance",
    "CatalogueState",
    "Certificate",
    "Enrolment",
    "Exchange",
    "ExchangeInstitution",
    "Group",
    "Offer",
    "OfferLanguage",
    "OfferResource",
    "OfferRevision",
    "Pairing",
    "Run",
    "Suggestion",
]
