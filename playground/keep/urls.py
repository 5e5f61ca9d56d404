"""What stays of the playground, under its own addresses."""

from __future__ import annotations

from django.urls import path

from playground.keep.views import collected, history, judging, presets

urlpatterns = [
    path("history/", history.history, name="history"),
    path("history/forget/", history.forget_all, name="forget_all"),
    path("history/<int:pk>/", history.asked, name="asked"),
    path("history/<int:pk>/request.json", history.asked_request, name="asked_request"),
    path("history/<int:pk>/forget/", history.forget, name="forget"),
    path("history/<int:pk>/judging/", judging.judging, name="judging"),
    path("history/<int:pk>/judge/", judging.judge, name="judge"),
    path("history/<int:pk>/correct/", judging.correct, name="correct"),
    path("history/<int:pk>/let-go/", judging.let_go, name="let_go"),
    path("collected/", collected.collected, name="collected"),
    path("collected/dataset/", collected.make_dataset, name="make_dataset"),
    path("collected/<int:pk>/", collected.edit, name="example"),
    path("collected/<int:pk>/change/", collected.change, name="change_example"),
    path("collected/<int:pk>/remove/", collected.remove, name="remove_example"),
    path("collected/dataset/<int:pk>/version/", collected.make_version, name="make_version"),
    path("prompts/", presets.presets, name="presets"),
    path("prompts/save/", presets.save, name="save_preset"),
    path("prompts/<int:pk>/overwrite/", presets.overwrite, name="overwrite_preset"),
    path("prompts/<int:pk>/rename/", presets.rename, name="rename_preset"),
    path("prompts/<int:pk>/delete/", presets.delete, name="delete_preset"),
]
