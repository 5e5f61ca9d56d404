from __future__ import annotations

from django.urls import path

from datasets import views

app_name = "datasets"

one_urls = [
    path("", views.checks, name="detail"),
]
urlpatterns = [
    path("", views.dataset_list, name="list"),
]
