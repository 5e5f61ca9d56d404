from __future__ import annotations

from django.urls import path

from finetunes.views import deletion, lineage, models, shutdowns

app_name = "models"
urlpatterns = [
    path("", models.model_list, name="list"),
    path("shutdowns/", shutdowns.shutdown_list, name="shutdowns"),
    path("<int:pk>/", models.model_detail, name="detail"),
    path("<int:pk>/lineage/", lineage.of_model, name="lineage"),
    path("<int:pk>/deployment/", models.model_deployment, name="deployment"),
    path("<int:pk>/delete/", deletion.model_delete, name="delete"),
    path("<int:pk>/delete/again/", deletion.model_delete_again, name="delete-again"),
    path("<int:pk>/restore/", deletion.model_restore, name="restore"),
]
