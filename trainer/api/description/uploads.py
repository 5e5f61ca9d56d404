"""/v1/uploads: files in parts."""

from __future__ import annotations

from trainer.api import uploads
from trainer.api.description import bodies
from trainer.api.description.files import PURPOSE
from trainer.api.description.pieces import (
    COUNT,
    JSON,
    TEXT,
    TIME,
    answer,
    choice,
    form,
    maybe,
    only,
    operation,
    ref,
    thing,
    within,
)
from trainer.models import UploadStatus
from trainer.upload import PURPOSES

UPLOAD_ID = within("upload_id", "The id of an upload (upload_…).")
UPLOAD = answer(ref("Upload"))

SCHEMAS: JSON = {
    "Upload": thing(
        {
            "id": TEXT,
            "object": only("upload"),
            "bytes": COUNT,
            "created_at": TIME,
            "filename": TEXT,
            "purpose": choice(*PURPOSES),
            "status": choice(*UploadStatus.values),
            "expires_at": TIME,
            "file": {**maybe(ref("File")), "description": "The file, once the upload is completed."},
        }
    ),
    "UploadPart": thing({"id": TEXT, "object": only("upload.part"), "created_at": TIME, "upload_id": TEXT}),
    **bodies.schemas(
        "CreateUpload",
        uploads.Create,
        {"bytes": "How many bytes all parts have together.", "expires_after": "How long the file is kept."},
        purpose=PURPOSE,
    ),
    **bodies.schemas(
        "CompleteUpload",
        uploads.Complete,
        {"part_ids": "The parts in their order.", "md5": "The checksum of the file, in hexadecimal."},
    ),
}

PATHS: JSON = {
    "/uploads": {
        "post": operation(
            "createUpload",
            "Announce a file of up to 8 GB that comes in parts",
            UPLOAD,
            body=bodies.body("CreateUpload"),
        )
    },
    "/uploads/{upload_id}/parts": {
        "post": operation(
            "addUploadPart",
            "Add a part of up to 64 MB, in any order and several at once",
            answer(ref("UploadPart")),
            parameters=[UPLOAD_ID],
            body=form({"data": {"type": "string", "format": "binary"}}),
            fails=[404],
        )
    },
    "/uploads/{upload_id}/complete": {
        "post": operation(
            "completeUpload",
            "Make the file of its parts",
            UPLOAD,
            parameters=[UPLOAD_ID],
            body=bodies.body("CompleteUpload"),
            fails=[404],
        )
    },
    "/uploads/{upload_id}/cancel": {
        "post": operation("cancelUpload", "Give an upload up", UPLOAD, parameters=[UPLOAD_ID], fails=[404])
    },
}
