"""Columns that a query leaves out."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connections.models import Connection
from datasets.models import Dataset
from finetunes.models import Model
from tests.conftest import People
from work.columns import others

pytestmark = pytest.mark.django_db


def test_all_but_the_wanted_ones_and_the_key_are_named() -> None:
    names = others(Dataset, "version__dataset", "name", "mapping")
    assert {"version__dataset__findings", "version__dataset__layout", "version__dataset__organization"} <= set(names)
    assert not {"version__dataset__id", "version__dataset__name", "version__dataset__mapping"} & set(names)


def test_what_is_left_out_is_still_there_when_asked_for(people: People) -> None:
    connection = Connection.objects.create(organization=people.organization, name="Ours", base_url="http://x.test", key="k")
    Model.objects.create(organization=people.organization, connection=connection, name="m", base_model="ada")
    model = Model.objects.select_related("connection").defer(*others(Connection, "connection", "name")).get()
    with CaptureQueriesContext(database) as asked:
        assert model.connection.name == "Ours"
        assert len(asked) == 0
        assert model.connection.base_url == "http://x.test"
    assert len(asked) == 1
