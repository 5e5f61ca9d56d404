"""What stays of the playground, under its own addresses."""

from __future__ import annotations

from django.urls import path

from playground.keep.views import history, presets

urlpatterns = [
    path("history/", history.history, name="history"),
    path("history/forget/", history.forget_all, name="forget_all"),
    path("history/<int:pk>/", history.asked, name="asked"),
    path("history/<int:pk>/request.json", history.asked_request, name="asked_request"),
    path("history/<int:pk>/forget/", history.forget, name="forget"),
    path("prompts/", presets.presets, name="presets"),
    path("prompts/save/", presets.save, name="save_preset"),
    path("prompts/<int:pk>/overwrite/", presets.overwrite, name="overwrite_preset"),
    path("prompts/<int:pk>/rename/", presets.rename, name="rename_preset"),
    path("prompts/<int:pk>/delete/", presets.delete, name="delete_preset"),
]
