from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from teams.views import audit, invitations, organizations, personal, second_step, sessions, sign_in, team

app_name = "teams"

member_urls = [
    path("role/", team.member_role, name="member_role"),
    path("remove/", team.member_remove, name="member_remove"),
    path("sign-in-link/", team.member_sign_in_link, name="member_sign_in_link"),
    path("second-step/reset/", second_step.reset, name="member_second_step_reset"),
]
team_urls: list[URLPattern | URLResolver] = [
    path("", team.team, name="team"),
    path("name/", team.organization_rename, name="organization_rename"),
    path("second-step/", second_step.require, name="second_step_required"),
    path("leave/", team.leave, name="leave"),
    path("members/<int:pk>/", include(member_urls)),
    path("invitations/", invitations.invite, name="invite"),
    path("invitations/<int:pk>/renew/", invitations.renew, name="invitation_renew"),
    path("invitations/<int:pk>/revoke/", invitations.revoke, name="invitation_revoke"),
]
settings_urls = [
    path("", personal.settings, name="settings"),
    path("theme/", personal.theme, name="theme"),
    path("look/", personal.look, name="look"),
    path("sessions/end/", sessions.end, name="sessions_end"),
]

urlpatterns = [
    path("team/", include(team_urls)),
    path("join/<str:secret>/", invitations.join, name="invitation"),
    path("sign-in/<str:secret>/", sign_in.by_link, name="sign_in_link"),
    path("set-password/", sign_in.set_password, name="set_password"),
    path("organizations/", organizations.organizations, name="organizations"),
    path("organizations/<int:pk>/choose/", organizations.choose, name="choose_organization"),
    path("settings/", include(settings_urls)),
    path("audit/", audit.audit, name="audit"),
    path("audit/export/", audit.export, name="audit_export"),
]
