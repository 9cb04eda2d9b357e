"""Addresses of this app; each noun has its own block."""

from django.urls import path

from exchanges.views import (
    activities,
    attendance,
    catalogue,
    desk,
    enrolments,
    exchanges,
    feeds,
    groups,
    home,
    offer_editor,
    offers,
    pairings,
    recognition,
    runs,
    suggestions,
)

urlpatterns = [
    path("", home.home, name="home"),
    # Desk
    path("desk/", desk.desk, name="desk"),
    # Open catalogue
    path("offers/", catalogue.offer_list, name="offer_list"),
    path("exchanges/", catalogue.exchange_list, name="exchange_list"),
    # Offers
    path("offers/<int:pk>/", offers.offer_detail, name="offer_detail"),
    path("my/offers/", offer_editor.my_offers, name="my_offers"),
    path("offers/new/", offer_editor.offer_new, name="offer_new"),
    path("offers/<int:pk>/edit/", offer_editor.offer_edit, name="offer_edit"),
    path("offers/<int:pk>/edit/<slug:step>/", offer_editor.offer_edit, name="offer_edit"),
    path("offers/<int:pk>/edit/<slug:step>/autosave/", offer_editor.offer_autosave, name="offer_autosave"),
    path("offers/<int:pk>/publish/", offer_editor.offer_publish, name="offer_publish"),
    path("offers/<int:pk>/close/", offer_editor.offer_close, name="offer_close"),
    path("offers/<int:pk>/reopen/", offer_editor.offer_reopen, name="offer_reopen"),
    path("offers/<int:pk>/duplicate/", offer_editor.offer_duplicate, name="offer_duplicate"),
    path("offers/<int:pk>/discard/", offer_editor.offer_discard, name="offer_discard"),
    path("offers/<int:pk>/history/", offer_editor.offer_history, name="offer_history"),
    # Partner suggestions
    path("offers/<int:pk>/partners/", suggestions.suggestion_list, name="suggestion_list"),
    path("offers/<int:pk>/partners/run/", suggestions.suggestion_run, name="suggestion_run"),
    path("offers/<int:pk>/partners/again/", suggestions.suggestion_refresh, name="suggestion_refresh"),
    path("suggestions/<int:pk>/dismiss/", suggestions.suggestion_dismiss, name="suggestion_dismiss"),
    path("suggestions/<int:pk>/restore/", suggestions.suggestion_restore, name="suggestion_restore"),
    # Pairings
    path("pairings/", pairings.pairing_list, name="pairing_list"),
    path("pairings/new/", pairings.pairing_new, name="pairing_new"),
    path("pairings/<int:pk>/", pairings.pairing_detail, name="pairing_detail"),
    path("pairings/<int:pk>/accept/", pairings.pairing_accept, name="pairing_accept"),
    path("pairings/<int:pk>/decline/", pairings.pairing_decline, name="pairing_decline"),
    path("pairings/<int:pk>/withdraw/", pairings.pairing_withdraw, name="pairing_withdraw"),
    # Exchanges
    path("exchanges/<int:pk>/", exchanges.exchange_detail, name="exchange_detail"),
    path("exchanges/<int:pk>/edit/", exchanges.exchange_edit, name="exchange_edit"),
    path("exchanges/<int:pk>/open/", exchanges.exchange_open, name="exchange_open"),
    path("exchanges/<int:pk>/close/", exchanges.exchange_close, name="exchange_close"),
    path("exchanges/<int:pk>/cancel/", exchanges.exchange_cancel, name="exchange_cancel"),
    # Enrolments
    path("exchanges/<int:pk>/join/", enrolments.enrolment_new, name="enrolment_new"),
    path("exchanges/<int:pk>/leave/", enrolments.enrolment_withdraw, name="enrolment_withdraw"),
    path("exchanges/<int:pk>/learners/", enrolments.enrolment_list, name="enrolment_list"),
    path("exchanges/<int:pk>/learners.csv", enrolments.enrolment_csv, name="enrolment_csv"),
    # Groups
    path("exchanges/<int:pk>/groups/", groups.exchange_groups, name="exchange_groups"),
    path("exchanges/<int:pk>/groups/run/", groups.group_run, name="group_run"),
    path("exchanges/<int:pk>/groups/again/", groups.group_again, name="group_again"),
    path("exchanges/<int:pk>/groups/undo/", groups.group_undo, name="group_undo"),
    path("exchanges/<int:pk>/groups/confirm/", groups.group_confirm, name="group_confirm"),
    path("exchanges/<int:pk>/groups/<int:number>/dissolve/", groups.group_dissolve, name="group_dissolve"),
    path("groups/<int:pk>/", groups.group_detail, name="group_detail"),
    # Sessions and tasks
    path("exchanges/<int:pk>/sessions/", activities.exchange_sessions, name="exchange_sessions"),
    path("exchanges/<int:pk>/sessions/new/", activities.activity_new, name="activity_new"),
    path("exchanges/<int:pk>/sessions/confirm/", activities.activity_confirm_all, name="activity_confirm_all"),
    path("activities/<int:pk>/edit/", activities.activity_edit, name="activity_edit"),
    path("activities/<int:pk>/cancel/", activities.activity_cancel, name="activity_cancel"),
    path("activities/<int:pk>/join/", activities.activity_join, name="activity_join"),
    path("activities/<int:pk>/attendance/", attendance.attendance_edit, name="attendance_edit"),
    path("activities/<int:pk>.ics", activities.activity_ics, name="activity_ics"),
    # Matching runs
    path("runs/", runs.run_list, name="run_list"),
    path("runs/<int:pk>/", runs.run_detail, name="run_detail"),
    path("runs/<int:pk>/progress/", runs.run_progress, name="run_progress"),
    path("runs/<int:pk>/input.json", runs.run_input, name="run_input"),
    path("runs/<int:pk>/cancel/", runs.run_cancel, name="run_cancel"),
    path("runs/<int:pk>/again/", runs.run_again, name="run_again"),
    path("runs/<int:pk>/repeat/", runs.run_repeat, name="run_repeat"),
    # Calendar feeds
    path("settings/calendar/", feeds.feed_list, name="feed_list"),
    path("exchanges/<int:pk>/calendar/", feeds.feed_of_exchange, name="feed_of_exchange"),
    path("calendar/<int:pk>/renew/", feeds.feed_renew, name="feed_renew"),
    path("calendar/<int:pk>/end/", feeds.feed_end, name="feed_end"),
    path("calendar/<str:signed>.ics", feeds.feed_ics, name="feed_ics"),
    # Recognition
    path("exchanges/<int:pk>/complete/", recognition.exchange_complete, name="exchange_complete"),
    path("enrolments/<int:pk>/certificate/", recognition.certificate_late, name="certificate_late"),
    path("recognition/", recognition.my_recognition, name="my_recognition"),
    path("verify/", recognition.certificate_lookup, name="certificate_lookup"),
    path("verify/<str:code>/", recognition.certificate_verify, name="certificate_verify"),
    path("verify/<str:code>/certificate.pdf", recognition.certificate_pdf, name="certificate_pdf"),
    path("verify/<str:code>/revoke/", recognition.certificate_revoke, name="certificate_revoke"),
]
