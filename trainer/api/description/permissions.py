"""/v1/fine_tuning/checkpoints/{model}/permissions: who else may use a model. A project is an organization here."""

from __future__ import annotations

from trainer.api import permissions
from trainer.api.description import bodies
from trainer.api.description.models import NAME
from trainer.api.description.pieces import (
    JSON,
    TEXT,
    TIME,
    answer,
    asked,
    choice,
    deleted,
    only,
    operation,
    paged_with_ends,
    pages,
    ref,
    thing,
    within,
)

SCHEMAS: JSON = {
    "Permission": thing({"id": TEXT, "object": only("checkpoint.permission"), "created_at": TIME, "project_id": TEXT}),
    "PermissionList": paged_with_ends("Permission"),
    "PermissionDeleted": deleted("checkpoint.permission"),
    **bodies.schemas("CreatePermissions", permissions.Create, {"project_ids": "The organizations, by their ids (org-…)."}),
}

PATHS: JSON = {
    "/fine_tuning/checkpoints/{name}/permissions": {
        "get": operation(
            "listPermissions",
            "List who may use a model; owners only",
            answer(ref("PermissionList")),
            parameters=[
                NAME,
                asked("project_id", TEXT, "List only this organization's."),
                asked("order", choice(*permissions.ORDERS), "By time of creation; `descending` unless said otherwise."),
                *pages(permissions.LISTED, permissions.MOST_LISTED),
            ],
            fails=[403, 404],
        ),
        "post": operation(
            "createPermissions",
            "Let other organizations use a model; owners only",
            answer(ref("PermissionList")),
            parameters=[NAME],
            body=bodies.body("CreatePermissions"),
            fails=[403, 404],
        ),
    },
    "/fine_tuning/checkpoints/{name}/permissions/{permission_id}": {
        "delete": operation(
            "deletePermission",
            "Take a permission back; owners only",
            answer(ref("PermissionDeleted")),
            parameters=[NAME, within("permission_id", "The id of a permission (cp_…).")],
            fails=[403, 404],
        )
    },
}
