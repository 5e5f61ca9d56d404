"""/v1/files"""

from __future__ import annotations

from trainer.api.description.pieces import (
    COUNT,
    JSON,
    TEXT,
    TIME,
    answer,
    asked,
    choice,
    deleted,
    form,
    maybe,
    only,
    operation,
    paged_with_ends,
    pages,
    ref,
    thing,
    within,
)
from trainer.api.files import MOST_LISTED
from trainer.api.receiving import LONGEST_LIFE, SHORTEST_LIFE
from trainer.upload import PURPOSES

FILE_ID = within("file_id", "The id of a file (file-…).")
PURPOSE = {**choice(*PURPOSES), "description": "What it is for; only `fine-tune` is looked into and trained on."}
LIFE = {"type": "integer", "minimum": SHORTEST_LIFE, "maximum": LONGEST_LIFE}

SCHEMAS: JSON = {
    "File": thing(
        {
            "id": TEXT,
            "object": only("file"),
            "bytes": COUNT,
            "created_at": TIME,
            "filename": TEXT,
            "purpose": choice(*PURPOSES, "fine-tune-results"),
            "status": choice("processed", "deleted"),
            "status_details": maybe(TEXT),
            "expires_at": TIME,
        },
        optional=["expires_at"],
        description="A file. A deleted one is seen only inside the fine-tunes that were made of it.",
    ),
    "FileList": paged_with_ends("File"),
    "FileDeleted": deleted("file"),
}

PATHS: JSON = {
    "/files": {
        "get": operation(
            "listFiles",
            "List files, the newest first",
            answer(ref("FileList")),
            parameters=[
                asked("purpose", TEXT, "List only files of this purpose."),
                asked("order", choice("asc", "desc"), "By time of creation; `desc` unless said otherwise."),
                *pages(MOST_LISTED, MOST_LISTED),
            ],
            fails=[404],
        ),
        "post": operation(
            "createFile",
            "Upload a file of up to 512 MB",
            answer(ref("File")),
            description="A training file is looked through: every line must be a JSON object of one and the same format.",
            body=form(
                {
                    "purpose": PURPOSE,
                    "file": {"type": "string", "format": "binary"},
                    "expires_after[anchor]": only("created_at"),
                    "expires_after[seconds]": LIFE,
                },
                optional=["expires_after[anchor]", "expires_after[seconds]"],
            ),
        ),
    },
    "/files/{file_id}": {
        "get": operation("retrieveFile", "Look a file up", answer(ref("File")), parameters=[FILE_ID], fails=[404]),
        "delete": operation("deleteFile", "Delete a file", answer(ref("FileDeleted")), parameters=[FILE_ID], fails=[404]),
    },
    "/files/{file_id}/content": {
        "get": operation(
            "downloadFile",
            "Download a file as it was uploaded",
            {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            parameters=[FILE_ID],
            fails=[404],
        ),
    },
}
