from __future__ import annotations

from django.urls import path

from forgetting import views

app_name = "forgetting"

urlpatterns = [
    path("team/retention/", views.retention, name="retention"),
    path("team/members/<int:pk>/leaving/", views.member_leaving, name="member_leaving"),
    path("team/members/<int:pk>/erase/", views.member_erase, name="member_erase"),
    path("settings/delete/", views.delete_account, name="delete_account"),
]
