from __future__ import annotations

import csv
import io
from pathlib import Path

from django.test import Client

from datasets.models import Dataset
from teams.models import AuditEntry
from tests.conftest import People
from tests.datasets.made import csv_of, prepared, uploaded, version_of, worked
from tests.datasets.test_remove import trained_on


def test_a_dataset_gets_another_name(people: People, member_client: Client) -> None:
    dataset = prepared(people.organization)
    assert member_client.post(f"/datasets/{dataset.pk}/rename/", {"name": "Orders"}).status_code == 302
    dataset.refresh_from_db()
    assert dataset.name == "Orders"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.details) == ("dataset.renamed", {"before": "tickets"})


def test_a_name_cannot_be_empty(people: People, member_client: Client) -> None:
    dataset = prepared(people.organization)
    shown = member_client.post(f"/datasets/{dataset.pk}/rename/", {"name": " "}).content.decode()
    assert "This field is required" in shown
    dataset.refresh_from_db()
    assert dataset.name == "tickets"


def test_renaming_does_not_disturb_the_worker(people: People, member_client: Client) -> None:
    dataset = uploaded(people.organization)
    claimed = Dataset.objects.claim(dataset.pk, 30)
    assert claimed is not None
    member_client.post(f"/datasets/{dataset.pk}/rename/", {"name": "Orders"})
    assert claimed.held().exists()


def test_deleting_takes_everything_and_is_audited(people: People, member_client: Client) -> None:
    dataset = prepared(people.organization)
    version_of(dataset)
    folder = Path(dataset.source.path).parent
    said = member_client.post(f"/datasets/{dataset.pk}/delete/", follow=True).content.decode()
    assert "“tickets” was deleted." in said
    assert not Dataset.objects.exists()
    assert not folder.exists()
    assert AuditEntry.objects.get().details["name"] == "tickets"


def test_deleting_is_refused_while_a_fine_tune_points_at_it(people: People, member_client: Client) -> None:
    dataset = prepared(people.organization)
    trained_on(version_of(dataset), people)
    said = member_client.post(f"/datasets/{dataset.pk}/delete/", follow=True).content.decode()
    assert "It cannot be deleted" in said
    assert Dataset.objects.exists()


def test_deleting_while_a_worker_reads_stops_the_worker_quietly(people: People, member_client: Client) -> None:
    dataset = uploaded(people.organization)
    member_client.post(f"/datasets/{dataset.pk}/delete/")
    from datasets.advance import advance

    advance(dataset.pk)
    assert not Dataset.objects.exists()


def test_the_uploaded_file_comes_back_as_it_was(people: People, viewer_client: Client) -> None:
    content = csv_of([("a", "b")])
    dataset = worked(uploaded(people.organization, content=content, name="../x y.csv"))
    response = viewer_client.get(f"/datasets/{dataset.pk}/source/")
    assert b"".join(response) == content
    assert response["Content-Disposition"] == 'attachment; filename="x-y.csv"'
    assert response["X-Content-Type-Options"] == "nosniff"


def test_bad_rows_are_downloaded_as_a_table_without_formulas(people: People, viewer_client: Client) -> None:
    dataset = worked(uploaded(people.organization, content=b'prompt,completion\na,b\n=HYPERLINK("x")\n' + b"bad\n" * 300))
    response = viewer_client.get(f"/datasets/{dataset.pk}/bad-rows.csv")
    rows = list(csv.reader(io.StringIO(b"".join(response).decode())))
    assert len(rows) == 302
    assert rows[0] == ["line", "column", "reason", "text"]
    assert rows[1][0] == "3"
    assert rows[1][3].startswith("'=HYPERLINK")
