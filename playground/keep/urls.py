"""What stays of the playground, under its own addresses."""

from __future__ import annotations

from django.urls import path

from playground.keep.views import history

urlpatterns = [
    path("history/", history.history, name="history"),
    path("history/forget/", history.forget_all, name="forget_all"),
    path("history/<int:pk>/", history.asked, name="asked"),
    path("history/<int:pk>/request.json", history.asked_request, name="asked_request"),
    path("history/<int:pk>/forget/", history.forget, name="forget"),
]
