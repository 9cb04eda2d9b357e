"""Addresses of this app; each noun has its own block."""

from django.urls import path

from institutions.views import notices, settings, style

urlpatterns = [
    # The catalogue of the look, for those who build pages
    path("style/", style.style, name="style"),
    # Settings
    path("settings/", settings.settings_profile, name="settings_profile"),
    path("settings/hours/", settings.settings_hours, name="settings_hours"),
    path("zone/", settings.zone_choose, name="zone_choose"),
    # Notices
    path("inbox/", notices.notice_list, name="notice_list"),
    path("inbox/read/", notices.notice_read_all, name="notice_read_all"),
    path("inbox/<int:pk>/", notices.notice_open, name="notice_open"),
    path("mail/lost/", notices.mail_lost, name="mail_lost"),
    path("mail/lost/<int:pk>/again/", notices.mail_send_again, name="mail_send_again"),
]
