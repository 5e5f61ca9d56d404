"""Files, uploads, models, pages, deletions and errors."""

from __future__ import annotations

from tests.trainer.published.kinds import (
    FLAG,
    JSON,
    NULL,
    TEXT,
    WHOLE,
    many,
    nullable,
    observed,
    one_of,
    ref,
    thing,
)

PURPOSES = (
    "assistants", "assistants_output", "batch", "batch_output", "fine-tune", "fine-tune-results", "vision", "user_data",
)  # fmt: skip
FILE = {
    "id": TEXT,
    "bytes": WHOLE,
    "created_at": WHOLE,
    "filename": TEXT,
    "object": one_of("file"),
    # "evals" is a purpose that files are uploaded with, though the object's list leaves it out.
    "purpose": observed(one_of(*PURPOSES), one_of("evals")),
}
DETAILS = {"status_details": observed(TEXT, NULL), "expires_at": WHOLE}

SCHEMAS: dict[str, JSON] = {
    "File": thing({**FILE, "status": one_of("uploaded", "processed", "error")}, DETAILS),
    # Within legacy fine-tunes; a file that was deleted since is shown as such.
    "LegacyFile": thing({**FILE, "status": observed(one_of("uploaded", "processed", "error"), one_of("deleted"))}, DETAILS),
    "Upload": thing(
        {
            "id": TEXT,
            "bytes": WHOLE,
            "created_at": WHOLE,
            "expires_at": WHOLE,
            "filename": TEXT,
            "object": one_of("upload"),
            "purpose": TEXT,
            "status": one_of("pending", "completed", "cancelled", "expired"),
        },
        {"file": nullable(ref("File"))},
    ),
    "UploadPart": thing({"id": TEXT, "created_at": WHOLE, "object": one_of("upload.part"), "upload_id": TEXT}),
    "Model": thing(
        {"id": TEXT, "created": WHOLE, "object": one_of("model"), "owned_by": TEXT},
        {"shutdown_date": nullable({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"})},
    ),
    "Page": thing({"object": one_of("list"), "data": many({"type": "object"})}, {"has_more": FLAG}),
    "PageWithEnds": thing(
        {"object": one_of("list"), "data": many({"type": "object"}), "has_more": FLAG},
        {"first_id": nullable(TEXT), "last_id": nullable(TEXT)},
    ),
    "FileDeleted": thing({"id": TEXT, "object": one_of("file"), "deleted": FLAG}),
    "ModelDeleted": thing({"id": TEXT, "object": TEXT, "deleted": FLAG}),
    "PermissionDeleted": thing({"id": TEXT, "object": one_of("checkpoint.permission"), "deleted": FLAG}),
    "Error": thing({"error": thing({"type": TEXT, "message": TEXT, "param": nullable(TEXT), "code": nullable(TEXT)})}),
}
