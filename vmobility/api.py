"""The addresses of the REST API under /api/v1/: one line for each noun."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from exchanges.api.activities import ActivityViewSet
from exchanges.api.enrolments import EnrolmentViewSet
from exchanges.api.exchanges import ExchangeViewSet
from exchanges.api.groups import GroupViewSet
from exchanges.api.intakes import IntakeViewSet
from exchanges.api.offers import OfferViewSet
from exchanges.api.runs import RunViewSet
from institutions.api.institutions import InstitutionViewSet
from institutions.api.notices import NoticeSettingsView, NoticeViewSet
from institutions.api.partnerships import PartnershipViewSet

router = SimpleRouter(use_regex_path=False)
router.register("institutions", InstitutionViewSet, basename="api_institution")
router.register("partnerships", PartnershipViewSet, basename="api_partnership")
router.register("offers", OfferViewSet, basename="api_offer")
router.register("exchanges", ExchangeViewSet, basename="api_exchange")
router.register("intakes", IntakeViewSet, basename="api_intake")
router.register("activities", ActivityViewSet, basename="api_activity")
router.register("enrolments", EnrolmentViewSet, basename="api_enrolment")
router.register("notices", NoticeViewSet, basename="api_notice")
router.register("groups", GroupViewSet, basename="api_group")
router.register("runs", RunViewSet, basename="api_run")

urlpatterns = [*router.urls, path("notice-settings/", NoticeSettingsView.as_view(), name="api_notice_settings")]
