from __future__ import annotations

from django.urls import include, path

from notifications.views import hooks, inbox, personal

app_name = "notifications"

hook_urls = [
    path("", hooks.hook_edit, name="hook_edit"),
    path("test/", hooks.hook_test, name="hook_test"),
    path("delete/", hooks.hook_delete, name="hook_delete"),
]

urlpatterns = [
    path("", inbox.notification_list, name="list"),
    path("read/", inbox.notifications_read, name="read"),
    path("<int:pk>/", inbox.notification_open, name="open"),
    path("preferences/", personal.preferences, name="preferences"),
    path("preferences/test/", personal.test_mail, name="test_mail"),
    path("hooks/", hooks.hook_list, name="hooks"),
    path("hooks/add/", hooks.hook_add, name="hook_add"),
    path("hooks/<int:pk>/", include(hook_urls)),
]
