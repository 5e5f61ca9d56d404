from __future__ import annotations

app_name = "finetunes"
urlpatterns: list = []
