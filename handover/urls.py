from __future__ import annotations

from django.urls import path

from handover import views

app_name = "handover"

urlpatterns = [
    path("", views.export, name="export"),
    path("start/", views.export_start, name="export_start"),
    path("<uuid:public_id>/", views.export_download, name="export_download"),
]
