from __future__ import annotations

from django.urls import path

from finetunes.views import again, approvals, archive, cost, decide, detail, elsewhere, listing, live, new, results, spending

app_name = "finetunes"
urlpatterns = [
    path("", listing.fine_tune_list, name="list"),
    path("new/", new.fine_tune_new, name="new"),
    path("approvals/", approvals.approval_list, name="approvals"),
    path("spending/", spending.spent, name="spending"),
    path("spending/limits/", spending.budget_edit, name="budget"),
    path("cost/", cost.training_cost, name="cost"),
    path("elsewhere/<int:pk>/", elsewhere.elsewhere, name="elsewhere"),
    path("elsewhere/<int:pk>/import/", elsewhere.elsewhere_import, name="import"),
    path("elsewhere/<int:pk>/stop/", elsewhere.elsewhere_stop, name="stop-import"),
    path("elsewhere/<int:pk>/look/", elsewhere.elsewhere_look, name="look"),
    path("elsewhere/<int:pk>/hush/", elsewhere.elsewhere_hush, name="hush"),
    path("archive/<int:pk>/", archive.archive, name="archive"),
    path("archive/<int:pk>/start/", archive.archive_start, name="archive-start"),
    path("archive/<int:pk>/download/", archive.archive_download, name="archive-download"),
    path("<int:pk>/", detail.fine_tune_detail, name="detail"),
    path("<int:pk>/approval/", approvals.approval_detail, name="approval"),
    path("<int:pk>/approval/give/", approvals.approval_give, name="approval_give"),
    path("<int:pk>/approval/decline/", approvals.approval_decline, name="approval_decline"),
    path("<int:pk>/again/", again.again_choose, name="again"),
    path("<int:pk>/again/<int:connection>/", again.again_wait, name="again-wait"),
    path("<int:pk>/again/<int:connection>/take/", again.again_take, name="again-take"),
    path("<int:pk>/cancel/", detail.fine_tune_cancel, name="cancel"),
    path("<int:pk>/decide/", decide.fine_tune_decide, name="decide"),
    path("<int:pk>/events/", detail.fine_tune_events, name="events"),
    path("<int:pk>/raw/", detail.fine_tune_raw, name="raw"),
    path("<int:pk>/stream/", live.fine_tune_stream, name="stream"),
    path("<int:pk>/charts/<slug:key>/", results.chart, name="chart"),
    path("<int:pk>/charts/<slug:key>/table/", results.chart_table, name="table"),
    path("<int:pk>/results/<int:file>/", results.result_file, name="results"),
]
