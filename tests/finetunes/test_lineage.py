"""Lineage: where something comes from and what came of it, the same in a drawing and in a list."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from connections.models import Connection
from datasets.models import Dataset, Version
from evaluations.models import Evaluation, Run
from finetunes.lineage import collect
from finetunes.lineage.draw import BELOW, HIGH, draw
from finetunes.lineage.graph import Branch, Graph, Node
from finetunes.models import FineTune, Model
from finetunes.statuses import Status
from playground.models import Preset
from tests.conftest import People
from tests.finetunes.conftest import NAME, new_fine_tune, new_version
from tests.finetunes.runs import Maker


def node(key: str) -> Node:
    return Node(key, "Thing", key)


def diamond() -> Graph:
    """a → b, a → c, both → d."""
    graph = Graph(focus="d")
    graph.add(node("a"))
    graph.add(node("b"), "a")
    graph.add(node("c"), "a")
    graph.add(node("d"), "b", "c")
    return graph


class TestGraph:
    def test_columns_follow_the_longest_way(self) -> None:
        graph = diamond()
        graph.add(node("d"), "a")
        assert [[one.key for one in column] for column in graph.columns()] == [["a"], ["b", "c"], ["d"]]

    def test_each_node_is_listed_once_and_says_what_else_it_comes_from(self) -> None:
        (root,) = diamond().branches()
        assert [one.node.key for one in root.branches] == ["b", "c"]
        (last,) = root.branches[0].branches
        assert (last.node.key, [one.key for one in last.also_from]) == ("d", ["c"])
        assert root.branches[1].branches == []

    def test_a_circle_ends(self) -> None:
        graph = diamond()
        graph.add(node("a"), "d")
        assert sum(map(len, graph.columns())) == 4
        assert graph.branches() == []

    def test_no_two_boxes_lie_on_each_other(self) -> None:
        graph = diamond()
        for number in range(9):
            graph.add(node(f"more {number}"), "b")
        drawing = draw(graph)
        assert len({(box.x, box.y) for box in drawing.boxes}) == len(drawing.boxes) == 13
        for column in {box.x for box in drawing.boxes}:
            heights = sorted(box.y for box in drawing.boxes if box.x == column)
            assert all(then - first >= HIGH + BELOW for first, then in pairwise(heights))
        assert max(box.y + HIGH for box in drawing.boxes) <= drawing.height
        assert [box.node.key for box in drawing.boxes if box.is_focus] == ["d"]

    def test_nothing_is_drawn_of_nothing(self) -> None:
        assert draw(Graph()).boxes == []


@pytest.fixture
def family(people: People, connection: Connection, version: Version, model: Model, make: Maker) -> dict[str, object]:
    """A model, what went on from it with other data, its model, an evaluation of both and a shared prompt of the last."""
    other = new_version(people, "Tickets 2027", recipe=[{}, {}])
    child = make(name="the-child", version=other, parent=model, base_model=NAME)
    grown = Model.objects.create(
        organization=people.organization,
        connection=connection,
        name="grown",
        base_model="ada",
        fine_tune=child,
        version=other,
    )
    judged = Evaluation.objects.create(organization=people.organization, name="Refunds in May", state="ready")
    for one in (model, grown):
        Run.objects.create(evaluation=judged, model=one, key=str(one.pk), connection=connection, name=one.name, state="done")
    Preset.objects.create(organization=people.organization, name="Polite", key=str(grown.pk), format="completion")
    return {"model": model, "child": child, "grown": grown, "version": version, "other": other}


NAMES = {"Tickets 2026 v1", "ticket-triage", NAME, "the-child", "grown", "Tickets 2027 v1", "Refunds in May", "Polite"}


def names(graph: Graph) -> set[str]:
    return {one.name for one in graph.nodes.values()}


def edges(graph: Graph) -> set[tuple[str, str]]:
    return {(graph.nodes[first].name, graph.nodes[then].name) for first, then in graph.edges}


def listed(branches: list[Branch]) -> list[str]:
    return [name for one in branches for name in (one.node.name, *listed(one.branches))]


class TestCollecting:
    def test_from_a_model_up_to_its_file_and_down_to_what_rests_on_it(self, family: dict[str, object]) -> None:
        found = collect.of_model(Model.objects.get(name=NAME))
        assert names(found) >= NAMES
        assert edges(found) >= {
            ("Tickets 2026", "Tickets 2026 v1"),
            ("Tickets 2026 v1", "ticket-triage"),
            ("ticket-triage", NAME),
            (NAME, "the-child"),
            ("Tickets 2027 v1", "the-child"),
            ("the-child", "grown"),
            ("grown", "Refunds in May"),
            (NAME, "Refunds in May"),
            ("grown", "Polite"),
        }
        assert sorted(listed(found.branches())) == sorted(one.name for one in found.nodes.values())

    def test_from_its_last_descendant_the_whole_way_up(self, family: dict[str, object]) -> None:
        assert names(collect.of_model(Model.objects.get(name="grown"))) >= NAMES

    def test_from_file_version_and_fine_tune(self, family: dict[str, object]) -> None:
        version = Version.objects.get(dataset__name="Tickets 2026")
        for found in (
            collect.of_dataset(version.dataset),
            collect.of_version(version),
            collect.of_fine_tune(FineTune.objects.get(name="ticket-triage")),
        ):
            assert names(found) >= NAMES

    def test_versions_name_what_they_follow_and_their_recipe(self, people: People, version: Version) -> None:
        Version.objects.create(
            dataset=version.dataset, number=2, format="chat", training_rows=1, parent=version, recipe=[{}]
        )
        found = collect.of_dataset(version.dataset)
        assert ("Tickets 2026 v1", "Tickets 2026 v2") in edges(found)
        assert "recipe of 1 step" in {one.note for one in found.nodes.values()}

    def test_deleted_ones_stay_with_their_name(self, family: dict[str, object]) -> None:
        Model.objects.filter(name=NAME).update(deleted_at=timezone.now())
        found = collect.of_model(Model.objects.get(name="grown"))
        (gone,) = (one for one in found.nodes.values() if one.name == NAME)
        assert (gone.is_gone, gone.note) == (True, "Deleted")

    def test_one_that_was_started_elsewhere_comes_from_a_file_there(self, make: Maker) -> None:
        imported = make(version=None, training_file_id="file-1", file_names={"file-1": {"name": "theirs.jsonl"}})
        assert ("theirs.jsonl", "A run") in edges(collect.of_fine_tune(imported))


class TestMany:
    @pytest.fixture
    def many(self, people: People, connection: Connection, version: Version) -> None:
        rows = [
            FineTune(
                organization=people.organization, connection=connection, dialect="legacy", name=f"run {number}",
                base_model="ada", training_version=version, status=Status.SUCCEEDED,
            )
            for number in range(400)
        ]  # fmt: skip
        made = FineTune.objects.bulk_create(rows)
        Model.objects.bulk_create(
            Model(
                organization=people.organization, connection=connection, name=f"m {one.pk}", base_model="ada", fine_tune=one
            )
            for one in made
        )

    def test_the_rest_is_counted(self, many: None, version: Version) -> None:
        found = collect.of_version(version)
        assert "388 more" in names(found)
        assert len(found.nodes) < 40

    def test_queries_do_not_grow(self, many: None, version: Version, viewer_client: Client) -> None:
        url = reverse("finetunes:lineage-dataset", args=[version.dataset_id])
        with CaptureQueriesContext(database) as first:
            viewer_client.get(url)
        FineTune.objects.filter(name__gt="run 1").update(training_version=None)
        with CaptureQueriesContext(database) as second:
            viewer_client.get(url)
        assert len(first) <= len(second) + 1 <= 25


class TestPages:
    def addresses(self, model: Model) -> list[str]:
        version, fine_tune = model.version, model.fine_tune
        assert version
        assert fine_tune
        return [
            reverse("models:lineage", args=[model.pk]),
            reverse("finetunes:lineage", args=[fine_tune.pk]),
            reverse("finetunes:lineage-version", args=[version.pk]),
            reverse("finetunes:lineage-dataset", args=[version.dataset_id]),
        ]

    def test_drawing_and_list_have_the_same_links(
        self, viewer_client: Client, family: dict[str, object], model: Model
    ) -> None:
        for address in self.addresses(model):
            page = viewer_client.get(address).content.decode()
            drawn, written = page.split('id="list"')
            assert set(re.findall(r'<a href="([^"]+)"', drawn.split('<svg class="lineage"')[1])) == set(
                re.findall(r'<a class="link wrap-any" href="([^"]+)"', written)
            )
            assert "style=" not in drawn.split('<svg class="lineage"')[1]

    def test_the_drawing_is_well_formed_whatever_the_names_are(self, viewer_client: Client, model: Model) -> None:
        Dataset.objects.update(name='<script>alert("1")</script>&')
        page = viewer_client.get(self.addresses(model)[0]).content.decode()
        svg = page[page.index('<svg class="lineage"') :]
        assert ElementTree.fromstring(svg[: svg.index("</svg>") + 6]) is not None
        assert "<script>alert" not in page

    def test_each_page_leads_to_it(self, viewer_client: Client, model: Model) -> None:
        version, fine_tune = model.version, model.fine_tune
        assert version
        assert fine_tune
        Version.objects.update(split={"share": 0.2, "seed": 42})
        pages: list[Any] = [model, fine_tune, version, version.dataset]
        for one, address in zip(pages, self.addresses(model), strict=True):
            assert address in viewer_client.get(one.get_absolute_url()).content.decode(), address

    def test_another_organization_s_is_not_found(self, outsider_client: Client, model: Model) -> None:
        for address in self.addresses(model):
            assert outsider_client.get(address).status_code == 404

    def test_a_fine_tune_that_has_no_model_yet(
        self, viewer_client: Client, people: People, connection: Connection, version: Version
    ) -> None:
        made = new_fine_tune(people, connection, version)
        assert viewer_client.get(reverse("finetunes:lineage", args=[made.pk])).status_code == 200
