"""Collect a lineage: up to where it began, down to what rests on it, so many of each kind, however many there are."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datasets.models import Dataset, Version
from finetunes import rests
from finetunes.lineage.graph import Graph, Node
from finetunes.models import FineTune, Model

MOST = 12
"""Of a kind in one generation; the others are counted."""
GENERATIONS = 5
"""So many in each direction."""


def of_dataset(dataset: Dataset) -> Graph:
    graph = Graph(focus=_key(dataset))
    rows = Version.objects.filter(dataset=dataset).select_related("dataset", "parent__dataset").order_by("-number")
    graph.add(_dataset(dataset))
    versions = list(rows[:MOST])
    for version in reversed(versions):
        _add_version(graph, version)
    _add_more(graph, _key(dataset), rows.count() - len(versions), reverse("datasets:versions", args=[dataset.pk]))
    _down(graph, FineTune.objects.filter(training_version__in=versions))
    return graph


def of_version(version: Version) -> Graph:
    graph = Graph(focus=_key(version))
    _add_version(graph, version)
    for later in Version.objects.filter(parent=version).select_related("dataset", "parent__dataset")[:MOST]:
        _add_version(graph, later)
    _down(graph, FineTune.objects.filter(training_version=version))
    return graph


def of_fine_tune(fine_tune: FineTune) -> Graph:
    graph = Graph(focus=_key(fine_tune))
    _up(graph, fine_tune)
    _down(graph, FineTune.objects.filter(pk=fine_tune.pk))
    return graph


def of_model(model: Model) -> Graph:
    graph = Graph(focus=_key(model))
    if model.fine_tune:
        _up(graph, model.fine_tune)
    _add_models(graph, [model])
    if model.version and not model.fine_tune:  # what trained it is not known here, but on what is
        graph.edges.add((_add_version(graph, model.version), _key(model)))
    _down(graph, FineTune.objects.filter(parent=model), [model])
    return graph


def _up(graph: Graph, fine_tune: FineTune) -> None:
    """Add a fine-tune and what it comes from, generation by generation."""
    chain = [fine_tune]
    while len(chain) <= GENERATIONS and (parent := _fine_tunes().filter(tuned_models=chain[-1].parent_id or 0).first()):
        chain.append(parent)
    for older, newer in zip(reversed(chain), [*reversed(chain[:-1]), None], strict=True):
        _add_fine_tune(graph, older)
        if newer is not None and newer.parent is not None:
            _add_models(graph, [newer.parent])


def _down(graph: Graph, found: QuerySet[FineTune], models: Sequence[Model] = ()) -> None:
    """Add fine-tunes, their models, what went on from these, and what rests on all of them."""
    shown = list(models)
    for _generation in range(GENERATIONS):
        total = found.count()
        fine_tunes = list(_fine_tunes(found)[:MOST])
        for one in reversed(fine_tunes):
            _add_fine_tune(graph, one)
        if fine_tunes:
            last = graph.sources(_key(fine_tunes[0]))
            _add_more(graph, last[-1] if last else None, total - len(fine_tunes), reverse("finetunes:list"))
        made = list(Model.objects.filter(fine_tune__in=fine_tunes).select_related("fine_tune").defer("raw")[: 2 * MOST])
        if not made:
            break
        _add_models(graph, made)
        shown += made
        found = FineTune.objects.filter(parent__in=made)
    for kind in rests.above(shown, MOST) if shown else []:
        for thing in kind.things:
            node = Node(f"{thing.kind}:{thing.url}", thing.kind or kind.title, thing.name, thing.url, thing.note, "rest")
            graph.add(node, f"model:{thing.model}")
        if kind.things:
            _add_more(graph, f"model:{kind.things[0].model}", kind.more, shown[0].get_absolute_url(), kind.title)


def _fine_tunes(found: QuerySet[FineTune] | None = None) -> QuerySet[FineTune]:
    rows = FineTune.objects.all() if found is None else found
    related = ("training_version__dataset", "training_version__parent__dataset", "parent__fine_tune", "connection")
    return rows.select_related(*related).defer("raw", "error_raw", "known_before").order_by("-created_at", "-pk")


def _add_fine_tune(graph: Graph, fine_tune: FineTune) -> None:
    version = fine_tune.training_version
    source = _add_version(graph, version) if version else _add_remote_file(graph, fine_tune)
    parent = _add_models(graph, [fine_tune.parent])[0] if fine_tune.parent else None
    state = fine_tune.status_label
    note = _("%(state)s, gone at the provider") % {"state": state} if fine_tune.gone_at else state
    url = fine_tune.get_absolute_url()
    graph.add(
        Node(_key(fine_tune), _("Fine-tune"), fine_tune.name, url, note, "fine-tune", bool(fine_tune.gone_at)),
        source,
        parent,
    )


def _add_models(graph: Graph, models: Sequence[Model]) -> list[str]:
    return [
        graph.add(
            Node(
                _key(model),
                _("Model"),
                model.name,
                model.get_absolute_url(),
                model.state[1],
                "model",
                model.is_deleted or model.is_being_deleted,
            ),
            f"finetune:{model.fine_tune_id}" if f"finetune:{model.fine_tune_id}" in graph.nodes else None,
        )
        for model in models
    ]


def _add_version(graph: Graph, version: Version) -> str:
    """Add a version with its file and the version that it follows."""
    file = graph.add(_dataset(version.dataset))
    parent = graph.add(_version(version.parent), _key(version.parent.dataset)) if version.parent else None
    return graph.add(_version(version), file, parent)


def _add_remote_file(graph: Graph, fine_tune: FineTune) -> str | None:
    """Add the training file of one that was started elsewhere, which only its provider has."""
    file = fine_tune.training_file_id
    if not file:
        return None
    name = str(fine_tune.file_names.get(file, {}).get("name") or file)
    return graph.add(Node(f"file:{fine_tune.connection_id}:{file}", _("File at the provider"), name, shape="file"))


def _add_more(graph: Graph, source: str | None, count: int, url: str, what: str = "") -> None:
    if count > 0 and source:
        name = ngettext("%(n)d more", "%(n)d more", count) % {"n": count}
        graph.add(Node(f"more:{source}:{url}:{what}", what or _("Not drawn"), name, url, shape="more"), source)


def _dataset(dataset: Dataset) -> Node:
    return Node(_key(dataset), _("File"), dataset.name, dataset.get_absolute_url(), dataset.filename, "file")


def _version(version: Version) -> Node:
    steps = len(version.recipe)
    note = ngettext("recipe of %(n)d step", "recipe of %(n)d steps", steps) % {"n": steps} if steps else ""
    name = f"{version.dataset.name} v{version.number}"
    return Node(_key(version), _("Version"), name, version.get_absolute_url(), note, "version")


def _key(row: Dataset | Version | FineTune | Model) -> str:
    return f"{row._meta.model_name}:{row.pk}"
