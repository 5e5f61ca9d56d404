"""/v1/models"""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse

from trainer import delete, retire
from trainer.api import envelope, shapes
from trainer.api.door import Call, need_owner
from trainer.bases import BASES, Base
from trainer.engines.interface import Network
from trainer.models import Model
from trainer.shelf import Gone, Loading, shelf


def index(call: Call) -> HttpResponse:
    bases = [base for base in BASES.values() if not retire.is_over(base)]
    usable = Model.objects.usable(call.organization).select_related("organization")
    return envelope.answer(shapes.listed([*map(shapes.base, bases), *map(shapes.model, usable)]))


def detail(call: Call, name: str) -> HttpResponse:
    if base := BASES.get(name):
        check_served(base, name)
        return envelope.answer(shapes.base(base))
    return envelope.answer(shapes.model(_usable(call, name)))


def destroy(call: Call, name: str) -> HttpResponse:
    need_owner(call)
    delete.model(own(call, name))
    return envelope.answer({"id": name, "object": "model", "deleted": True})


def served(call: Call, name: str) -> tuple[Base, Network]:
    """Return the network that answers for a model's name."""
    model = None if name in BASES else _usable(call, name)
    base = model.base if model else BASES[name]
    check_served(base, name)
    try:
        return base, shelf.model(model) if model else shelf.base(base)
    except Gone:
        raise _missing(name) from None
    except Loading:
        raise envelope.StillLoading from None


def check_served(base: Base, name: str) -> None:
    """Refuse what was shut down, in the original's words."""
    if retire.is_over(base):
        message = f"The model `{name}` has been deprecated: its base {base.name} was shut down on {retire.day(base)}."
        raise envelope.Missing(message, code="model_not_found")


def own(call: Call, name: str) -> Model:
    return _one(Model.objects.of(call.organization).kept(), name)


def _usable(call: Call, name: str) -> Model:
    """Return the model by its name alone, and ask for a permission only if it is another's: each answer passes here."""
    model = _one(Model.objects.kept(), name)
    if model.organization_id == call.organization.pk or model.permissions.filter(organization=call.organization).exists():
        return model
    raise _missing(name)


def _one(models: QuerySet[Model], name: str) -> Model:
    """Return the model of that name, which is unique: putting in order what is one would cost as much as finding it."""
    for model in models.filter(name=name).order_by():
        return model
    raise _missing(name)


def _missing(name: str) -> envelope.Missing:
    message = f"The model '{name}' does not exist or you do not have access to it."
    return envelope.Missing(message, param="model", code="model_not_found")
