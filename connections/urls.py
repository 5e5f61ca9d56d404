from __future__ import annotations

from django.urls import include, path

from connections import views

app_name = "connections"

connection_urls = [
    path("", views.connection_detail, name="detail"),
    path("edit/", views.connection_edit, name="edit"),
    path("prices/", views.connection_prices, name="prices"),
    path("bases/", views.connection_bases, name="bases"),
    path("test/", views.connection_test, name="test"),
    path("reopen/", views.connection_reopen, name="reopen"),
    path("archive/", views.connection_archive, name="archive"),
    path("restore/", views.connection_restore, name="restore"),
    path("delete/", views.connection_delete, name="delete"),
]

urlpatterns = [
    path("", views.connection_list, name="list"),
    path("add/", views.connection_add, name="add"),
    path("<int:pk>/", include(connection_urls)),
]
