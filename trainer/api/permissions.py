"""/v1/fine_tuning/checkpoints/{model}/permissions: let other organizations of this trainer use a model.

What the original calls a project is an organization here.
"""

from __future__ import annotations

from typing import Annotated

from django.http import HttpResponse
from pydantic import Field

from trainer.api import ask, envelope, models, shapes
from trainer.api.ask import Ask, Text
from trainer.api.door import Call, need_owner
from trainer.api.envelope import BadRequest
from trainer.api.page import ends, page
from trainer.models import Organization, Permission

LISTED, MOST_LISTED = 10, 100
ORDERS = ("ascending", "descending")


class Create(Ask):
    project_ids: Annotated[list[Text], Field(min_length=1, max_length=100)]


def index(call: Call, name: str) -> HttpResponse:
    need_owner(call)
    permissions = Permission.objects.filter(model=models.own(call, name)).select_related("organization")
    if project := call.GET.get("project_id"):
        permissions = permissions.filter(organization__public_id=project)
    order = call.GET.get("order") or "descending"
    if order not in ORDERS:
        raise BadRequest(f"Invalid value for 'order': expected one of {', '.join(ORDERS)}.", param="order")
    found, more = page(call, permissions, default=LISTED, most=MOST_LISTED, newest_first=order == "descending")
    return _listed(found, has_more=more)


def create(call: Call, name: str) -> HttpResponse:
    """Permit each of the organizations; one that is permitted already stays so."""
    need_owner(call)
    model, asked = models.own(call, name), ask.read(call, Create)
    organizations = [_organization(project) for project in dict.fromkeys(asked.project_ids)]
    made = [Permission.objects.get_or_create(model=model, organization=found)[0] for found in organizations]
    return _listed(made, has_more=False)


def destroy(call: Call, name: str, permission_id: str) -> HttpResponse:
    need_owner(call)
    deleted, _ = Permission.objects.filter(model=models.own(call, name), public_id=permission_id).delete()
    if not deleted:
        raise envelope.Missing(f"No such checkpoint permission: {permission_id}", param="permission_id")
    return envelope.answer({"id": permission_id, "object": "checkpoint.permission", "deleted": True})


def _listed(permissions: list[Permission], *, has_more: bool) -> HttpResponse:
    data = [shapes.permission(permission) for permission in permissions]
    return envelope.answer(shapes.listed(data, has_more=has_more, **ends(data)))


def _organization(project: str) -> Organization:
    if organization := Organization.objects.filter(public_id=project).first():
        return organization
    raise BadRequest(
        f"No such project: {project}. A project is an organization of this trainer, by its id (org-…), "
        "which its jobs carry as their organization_id.",
        param="project_ids",
        code="project_not_found",
    )
