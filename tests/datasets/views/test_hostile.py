"""Every text of a file is hostile: it is shown as text, downloaded as text, and never a path."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from django.test import Client

from datasets.models import Dataset
from tests.conftest import People
from tests.datasets.made import csv_of, prepared, uploaded, version_of, worked
from tests.datasets.workbooks import workbook

SCRIPT = "<script>alert(1)</script>"
BREAKOUT = "\"><img src=x onerror=alert(1)>{{7*7}}'"
PATHS = [
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini.csv",
    "/etc/passwd",
    "a/../../b.csv",
    "nul.csv",
    "\x00.csv",
    "%2e%2e%2f.csv",
]
FORMULAS = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"]


def shown(client: Client, dataset: Dataset, *tails: str) -> str:
    return "".join(client.get(f"/datasets/{dataset.pk}/{tail}").content.decode() for tail in tails)


def is_text(page: str) -> bool:
    """Whether nothing of a file became an element, an attribute or a result."""
    return SCRIPT not in page and not re.search(r"<img[^>]+onerror", page) and "49'" not in page


def test_names_of_files_datasets_and_columns_are_text(people: People, member_client: Client) -> None:
    content = csv_of([("a", "b"), ("c", "d")], f"{SCRIPT},{BREAKOUT.replace(chr(34), chr(39))}")
    dataset = worked(uploaded(people.organization, content=content, name=f"{BREAKOUT}.csv"))
    page = shown(member_client, dataset, "columns/", "rename/") + member_client.get("/datasets/").content.decode()
    assert "&lt;script&gt;" in page
    assert is_text(page)


def test_names_of_sheets_are_text(people: People, member_client: Client) -> None:
    name = "<b>&'{{7}}"
    content = workbook([["x", "y"], ["1", "2"]], **{name: [["prompt", "completion"], ["a", "b"]]})
    dataset = worked(uploaded(people.organization, content=content, name="x.xlsx"))
    page = shown(member_client, dataset, "columns/")
    assert "&lt;b&gt;&amp;" in page
    assert name not in page


def test_examples_findings_and_bad_rows_are_text(people: People, member_client: Client) -> None:
    rows = [(f"{SCRIPT}{BREAKOUT.replace(chr(34), '')} {number}", SCRIPT) for number in range(9)]
    dataset = worked(uploaded(people.organization, content=csv_of([*rows, rows[0]]) + f"{SCRIPT}\n".encode()))
    page = shown(member_client, dataset, "", "examples/", "examples/?q=%3Cscript%3E", "versions/", "columns/")
    assert dataset.bad_count == 1
    assert is_text(page)


@pytest.mark.parametrize("path", PATHS)
def test_a_file_s_name_is_no_path_and_no_header(people: People, member_client: Client, path: str) -> None:
    dataset = uploaded(people.organization, name=path)
    assert re.fullmatch(r"datasets/[0-9a-f]{32}/source", dataset.source.name or "")
    assert Path(dataset.source.path).is_file()
    sent = member_client.get(f"/datasets/{dataset.pk}/source/")["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="[\w.-]+"', sent)


def test_no_download_of_a_dataset_takes_its_name_into_a_header(people: People, member_client: Client) -> None:
    dataset = prepared(people.organization)
    version_of(dataset)
    Dataset.objects.filter(pk=dataset.pk).update(name='x"\r\nSet-Cookie: a=b; ../é')
    for tail in ("source/", "versions/1/training.jsonl", "versions/1/validation.jsonl"):
        sent = member_client.get(f"/datasets/{dataset.pk}/{tail}")
        assert re.fullmatch(r'attachment; filename="[\w.-]+"', sent["Content-Disposition"])
        assert "Set-Cookie" not in sent


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_the_bad_rows_is_a_formula(people: People, viewer_client: Client, formula: str) -> None:
    """Neither what stands in the row, nor the name of its column."""
    content = csv_of([("a", "b")], f"prompt,completion,{formula.strip()}").replace(b'"b"', b'"b","c"')
    bad = f'"{formula}"\n"a","b","{formula}\x00"\n'.encode()
    dataset = worked(uploaded(people.organization, content=content + bad))
    assert dataset.bad_count == 2
    sent = b"".join(viewer_client.get(f"/datasets/{dataset.pk}/bad-rows.csv")).decode()
    cells = [cell for row in csv.reader(io.StringIO(sent, newline="")) for cell in row]
    assert not [cell for cell in cells if re.match(r"\s*[=+@＝-]|[\t\r\n]", cell)]
    assert formula.strip() in sent
