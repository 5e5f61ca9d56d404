"""/v1/models"""

from __future__ import annotations

from trainer.api.description.pieces import (
    JSON,
    TEXT,
    TIME,
    answer,
    deleted,
    listed,
    many,
    maybe,
    only,
    operation,
    ref,
    thing,
    within,
)

NAME = within("name", "The name of a model, a checkpoint or a base; its colons may be escaped or not.")

SCHEMAS: JSON = {
    "Model": thing(
        {
            "id": TEXT,
            "object": only("model"),
            "created": TIME,
            "owned_by": TEXT,
            "description": TEXT,
            "permission": many({"type": "object"}),
            "root": {"type": "string", "description": "The base that it was made of in the end."},
            "parent": {**maybe(TEXT), "description": "What its training started with; null for a base."},
            "shutdown_date": {**maybe({"type": "string", "format": "date"}), "description": "When it stops answering."},
        },
        optional=["description"],
    ),
    "ModelList": listed("Model"),
    "ModelDeleted": deleted("model"),
}

PATHS: JSON = {
    "/models": {"get": operation("listModels", "List the bases and the models that you may ask", answer(ref("ModelList")))},
    "/models/{name}": {
        "get": operation("retrieveModel", "Look a model up", answer(ref("Model")), parameters=[NAME], fails=[404]),
        "delete": operation(
            "deleteModel",
            "Delete a fine-tuned model; owners only",
            answer(ref("ModelDeleted")),
            parameters=[NAME],
            fails=[403, 404],
        ),
    },
}
