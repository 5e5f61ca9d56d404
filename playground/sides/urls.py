from __future__ import annotations

from django.urls import path

from playground.sides import blind, views
from playground.sides.stream import stream

urlpatterns = [
    path("", views.sides, name="sides"),
    path("ask/", views.ask, name="sides_ask"),
    path("votes/", blind.votes, name="votes"),
    path("<int:pk>/", views.trial, name="trial"),
    path("<int:pk>/blind/", blind.sitting, name="sitting"),
    path("<int:pk>/<int:place>/", blind.round, name="round"),
    path("<int:pk>/<int:place>/vote/", blind.vote, name="vote"),
    path("<int:pk>/<int:round>/<int:place>/stream/", stream, name="side_stream"),
    path("<int:pk>/<int:round>/<int:place>/stop/", views.stop, name="side_stop"),
    path("<int:pk>/<int:round>/<int:place>/again/", views.again, name="side_again"),
]
