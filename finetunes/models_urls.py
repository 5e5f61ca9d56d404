from __future__ import annotations

from django.urls import path

from finetunes.views import models, shutdowns

app_name = "models"
urlpatterns = [
    path("", models.model_list, name="list"),
    path("shutdowns/", shutdowns.shutdown_list, name="shutdowns"),
    path("<int:pk>/", models.model_detail, name="detail"),
    path("<int:pk>/deployment/", models.model_deployment, name="deployment"),
    path("<int:pk>/delete/", models.model_delete, name="delete"),
]
