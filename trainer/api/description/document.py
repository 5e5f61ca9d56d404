"""/v1/openapi.json: the whole description, for anybody, since it tells nothing of anybody."""

from __future__ import annotations

from functools import cache

from django.http import HttpRequest, HttpResponse

from trainer.api import envelope
from trainer.api.description import (
    chat,
    completions,
    files,
    fine_tunes,
    fine_tuning,
    models,
    permissions,
    pieces,
    uploads,
    webhooks,
)
from trainer.api.description.pieces import JSON, answer, operation

FAMILIES = (files, uploads, fine_tunes, fine_tuning, permissions, models, completions, chat)
INFO = {
    "title": "Tunedeck's trainer",
    "version": "1",
    "summary": "Files, fine-tunes of both generations of OpenAI's API, models and their answers.",
    "description": (
        "Every address but this description's needs a key in the header `Authorization: Bearer …`. A header "
        "`OpenAI-Organization`, if it is sent, must name the key's own organization, by id or by name. Each address may "
        "have a slash at its end. A parameter of a body that is null is the same as one that is absent."
    ),
}
ITSELF: JSON = {
    "/openapi.json": {
        "get": {
            **operation("describe", "Describe this API in OpenAPI 3.1", answer({"type": "object"})),
            "security": [],
        }
    }
}


@cache
def document() -> JSON:
    schemas = {"Error": pieces.ERROR, **webhooks.SCHEMAS}
    paths = dict(ITSELF)
    for family in FAMILIES:
        schemas.update(family.SCHEMAS)
        paths.update(family.PATHS)
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/v1"}],
        "security": [{"key": []}],
        "paths": paths,
        "webhooks": webhooks.WEBHOOKS,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
            "responses": pieces.refusals(),
        },
    }


def show(request: HttpRequest) -> HttpResponse:
    return envelope.answer(document())
