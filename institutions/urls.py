"""Addresses of this app; each noun has its own block."""

from django.urls import path

from institutions.views import (
    approvals,
    availability,
    institutions,
    journal,
    lost_mails,
    memberships,
    notice_settings,
    notices,
    partnerships,
    settings,
    style,
)

urlpatterns = [
    # The catalogue of the look, for those who build pages
    path("style/", style.style, name="style"),
    # Settings
    path("settings/", settings.settings_profile, name="settings_profile"),
    path("settings/zone/", settings.settings_move, name="settings_move"),
    path("settings/hours/", settings.settings_hours, name="settings_hours"),
    path("settings/notices/", notice_settings.settings_notices, name="settings_notices"),
    path("settings/away/", availability.absence_list, name="absence_list"),
    path("settings/away/put-back/", availability.absence_put_back, name="absence_put_back"),
    path("settings/away/<int:pk>/", availability.absence_edit, name="absence_edit"),
    path("settings/away/<int:pk>/remove/", availability.absence_remove, name="absence_remove"),
    path("settings/busy/", availability.busy_calendars, name="busy_calendars"),
    path("settings/busy/state/", availability.busy_state, name="busy_state"),
    path("settings/busy/<int:pk>/remove/", availability.busy_remove, name="busy_remove"),
    path("settings/busy/<int:pk>/read/", availability.busy_read, name="busy_read"),
    path("settings/api/", settings.settings_api, name="settings_api"),
    path("zone/", settings.zone_choose, name="zone_choose"),
    # Notices
    path("inbox/", notices.notice_list, name="notice_list"),
    path("inbox/read/", notices.notice_read_all, name="notice_read_all"),
    path("inbox/<int:pk>/", notices.notice_open, name="notice_open"),
    path("inbox/<int:pk>/mark/", notices.notice_mark, name="notice_mark"),
    path("mail/stop/<str:token>/", notice_settings.mail_stop, name="mail_stop"),
    path("mail/lost/", lost_mails.mail_lost, name="mail_lost"),
    path("mail/lost/again/", lost_mails.mail_all_again, name="mail_all_again"),
    path("mail/lost/<int:pk>/", lost_mails.mail_lost_detail, name="mail_lost_detail"),
    path("mail/lost/<int:pk>/again/", lost_mails.mail_send_again, name="mail_send_again"),
    # Institutions
    path("institutions/", institutions.institution_list, name="institution_list"),
    path("institutions/register/", institutions.institution_register, name="institution_register"),
    path("institutions/zone/", institutions.institution_zone, name="institution_zone"),
    path("institutions/<slug:slug>/", institutions.institution_detail, name="institution_detail"),
    path("institutions/<slug:slug>/edit/", institutions.institution_edit, name="institution_edit"),
    path("institutions/<slug:slug>/domains/", institutions.institution_domains, name="institution_domains"),
    path("institutions/<slug:slug>/suspend/", institutions.institution_suspend, name="institution_suspend"),
    path("institutions/<slug:slug>/restore/", institutions.institution_restore, name="institution_restore"),
    # Members
    path("institutions/<slug:slug>/join/", memberships.institution_join, name="institution_join"),
    path("institutions/<slug:slug>/members/", memberships.membership_list, name="membership_list"),
    path("memberships/", memberships.membership_mine, name="membership_mine"),
    path("memberships/queue/", memberships.membership_queue, name="membership_queue"),
    path("memberships/<int:pk>/decide/", memberships.membership_decide, name="membership_decide"),
    path("memberships/<int:pk>/end/", memberships.membership_end, name="membership_end"),
    path("memberships/<int:pk>/leave/", memberships.membership_leave, name="membership_leave"),
    path("memberships/<int:pk>/withdraw/", memberships.membership_withdraw, name="membership_withdraw"),
    # Partnerships
    path("partnerships/", partnerships.partnership_list, name="partnership_list"),
    path("partnerships/new/", partnerships.partnership_new, name="partnership_new"),
    path("partnerships/parties/", partnerships.partnership_parties, name="partnership_parties"),
    path("partnerships/<int:pk>/", partnerships.partnership_detail, name="partnership_detail"),
    path("partnerships/<int:pk>/edit/", partnerships.partnership_edit, name="partnership_edit"),
    path("partnerships/<int:pk>/start/", partnerships.partnership_start_signing, name="partnership_start_signing"),
    path("partnerships/<int:pk>/sign/<slug:slug>/", partnerships.partnership_sign, name="partnership_sign"),
    path("partnerships/<int:pk>/reopen/", partnerships.partnership_reopen, name="partnership_reopen"),
    path("partnerships/<int:pk>/suspend/", partnerships.partnership_suspend, name="partnership_suspend"),
    path("partnerships/<int:pk>/resume/", partnerships.partnership_resume, name="partnership_resume"),
    path("partnerships/<int:pk>/end/", partnerships.partnership_end, name="partnership_end"),
    # Platform admins
    path("approvals/", approvals.approval_queue, name="approval_queue"),
    path("approvals/institutions/<slug:slug>/", approvals.approval_institution, name="approval_institution"),
    path("approvals/partnerships/<int:pk>/", approvals.approval_partnership, name="approval_partnership"),
    path("journal/", journal.journal, name="journal"),
    path("journal/csv/", journal.journal_csv, name="journal_csv"),
]
