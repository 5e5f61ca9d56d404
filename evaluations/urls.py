from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from evaluations.views import act, detail, download, listing, of_model, results, set_up

app_name = "evaluations"

one_urls: list[URLPattern | URLResolver] = [
    path("", detail.detail, name="detail"),
    path("progress/", detail.poll, name="progress"),
    path("answers.csv", download.csv, name="csv"),
    path("answers.xlsx", download.xlsx, name="xlsx"),
    path("scores/", results.scores, name="scores"),
    path("scores/short/", results.short, name="short"),
    path("threshold/", results.keep, name="keep"),
    path("report.html", results.report, name="report"),
    path("cancel/", act.cancel, name="cancel"),
    path("resume/", act.resume, name="resume"),
    path("again/", act.again, name="again"),
    path("delete/", detail.delete, name="delete"),
    path("set-up/", set_up.set_up, name="set_up"),
    path("set-up/models/", set_up.models, name="models"),
    path("set-up/bases/<int:connection>/", set_up.bases, name="bases"),
    path("set-up/read/", set_up.read, name="read"),
    path("set-up/estimate/", set_up.estimate, name="estimate"),
    path("start/", set_up.start, name="start"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", listing.evaluation_list, name="list"),
    path("new/", listing.new, name="new"),
    path("new/version/", listing.of_version, name="of_version"),
    path("new/sheet/", listing.of_sheet, name="of_sheet"),
    path("model/<int:pk>/", of_model.of_model, name="of_model"),
    path("fine-tune/<int:pk>/", results.of_fine_tune, name="of_fine_tune"),
    path("<int:pk>/", include(one_urls)),
]
