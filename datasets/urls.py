from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from datasets.views import checks, compare, download, examples, listing, manage, recipes, rows, versions

app_name = "datasets"

version_urls = [
    path("", versions.detail, name="version"),
    path("delete/", versions.delete, name="delete_version"),
    path("training.jsonl", versions.download, {"side": "training"}, name="training"),
    path("validation.jsonl", versions.download, {"side": "validation"}, name="validation"),
    path("evaluation.jsonl", versions.download, {"side": "evaluation"}, name="evaluation"),
]
one_urls: list[URLPattern | URLResolver] = [
    path("", checks.detail, name="detail"),
    path("progress/", checks.progress, name="progress"),
    path("decision/", checks.decision, name="decision"),
    path("undo/", checks.undo, name="undo"),
    path("task/", checks.task, name="task"),
    path("accept/", checks.accept, name="accept"),
    path("columns/", checks.columns, name="columns"),
    path("retry/", checks.retry, name="retry"),
    path("cancel/", checks.cancel, name="cancel"),
    path("recipe/keep/", recipes.keep, name="keep"),
    path("recipe/replay/", recipes.replay, name="replay"),
    path("bad-rows.csv", download.bad_rows, name="bad_rows"),
    path("source/", download.source, name="source"),
    path("examples/", examples.examples, name="examples"),
    path("examples/edit/", rows.edit, name="edit_row"),
    path("examples/exclude/", rows.exclude, name="exclude_rows"),
    path("examples/restore/", rows.restore, name="restore_rows"),
    path("versions/", versions.versions, name="versions"),
    path("versions/compare/", compare.compare_versions, name="compare"),
    path("versions/make/", versions.make, name="make"),
    path("versions/<int:number>/", include(version_urls)),
    path("rename/", manage.rename, name="rename"),
    path("delete/", manage.delete, name="delete"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", listing.dataset_list, name="list"),
    path("upload/", listing.dataset_upload, name="upload"),
    path("sample/", listing.dataset_sample, name="sample"),
    path("purposes/<slug:key>.csv", listing.purpose_sheet, name="purpose_sheet"),
    path("recipes/", recipes.recipes, name="recipes"),
    path("recipes/<int:pk>.json", recipes.recipe_file, name="recipe_file"),
    path("recipes/<int:pk>/delete/", recipes.recipe_delete, name="recipe_delete"),
    path("<int:pk>/", include(one_urls)),
]
