"""The addresses of the trainer's API: all below /v1."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from trainer.api.door import route

resources: list[URLPattern] = []

urlpatterns: list[URLPattern | URLResolver] = [path("v1/", include(resources))]

handler400 = "trainer.api.envelope.malformed"
handler404 = "trainer.api.envelope.unknown_address"
handler500 = "trainer.api.envelope.broken"
