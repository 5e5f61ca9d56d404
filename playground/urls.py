from __future__ import annotations

from django.urls import include, path

from playground import views
from playground.compare import compare, record
from playground.stream import stream

app_name = "playground"
urlpatterns = [
    path("", views.home, name="home"),
    path("compare/", compare, name="compare"),
    path("compare/record/", record, name="record"),
    path("side-by-side/", include("playground.sides.urls")),
    path("bases/<int:pk>/", views.bases, name="bases"),
    path("switch/", views.switch, name="switch"),
    path("turn/", views.turn, name="turn"),
    path("mend/", views.mend, name="mend"),
    path("request/", views.preview, name="preview"),
    path("answer/", views.answer, name="answer"),
    path("stream/", stream, name="stream"),
    path("", include("playground.keep.urls")),
]
