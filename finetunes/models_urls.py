from __future__ import annotations

app_name = "models"
urlpatterns: list = []
