"""The addresses of the trainer's API: all below /v1."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from trainer.api import chat, completions, elsewhere, files, fine_tunes, jobs, models, permissions, uploads
from trainer.api.description import document
from trainer.api.door import anything_else, public, route

resources = [
    *public("openapi.json", "openapi", GET=document.show),
    *route("files", "files", GET=files.index, POST=files.create),
    *route("files/<str:file_id>", "file", GET=files.detail, DELETE=files.destroy),
    *route("files/<str:file_id>/content", "file-content", GET=files.content),
    *route("uploads", "uploads", POST=uploads.create),
    *route("uploads/<str:upload_id>/parts", "upload-parts", POST=uploads.add_part),
    *route("uploads/<str:upload_id>/complete", "upload-complete", POST=uploads.complete),
    *route("uploads/<str:upload_id>/cancel", "upload-cancel", POST=uploads.cancel),
    *route("fine-tunes", "fine-tunes", GET=fine_tunes.index, POST=fine_tunes.create),
    *route("fine-tunes/<str:job_id>", "fine-tune", GET=fine_tunes.detail, DELETE=fine_tunes.destroy),
    *route("fine-tunes/<str:job_id>/cancel", "fine-tune-cancel", POST=fine_tunes.cancel),
    *route("fine-tunes/<str:job_id>/events", "fine-tune-events", GET=fine_tunes.events),
    *route("fine_tuning/jobs", "jobs", GET=jobs.index, POST=jobs.create),
    *route("fine_tuning/jobs/<str:job_id>", "job", GET=jobs.detail, DELETE=jobs.destroy),
    *route("fine_tuning/jobs/<str:job_id>/cancel", "job-cancel", POST=jobs.cancel),
    *route("fine_tuning/jobs/<str:job_id>/pause", "job-pause", POST=jobs.pause),
    *route("fine_tuning/jobs/<str:job_id>/resume", "job-resume", POST=jobs.resume),
    *route("fine_tuning/jobs/<str:job_id>/events", "job-events", GET=jobs.events),
    *route("fine_tuning/jobs/<str:job_id>/checkpoints", "job-checkpoints", GET=jobs.checkpoints_of),
    *route("fine_tuning/checkpoints/<str:name>/permissions", "permissions", GET=permissions.index, POST=permissions.create),
    *route("fine_tuning/checkpoints/<str:name>/permissions/<str:permission_id>", "permission", DELETE=permissions.destroy),
    *route("models", "models", GET=models.index),
    *route("models/<str:name>", "model", GET=models.detail, DELETE=models.destroy),
    *route("engines/<str:engine>/completions", "engine-completions", POST=completions.create_by),
    *route("completions", "completions", POST=completions.create),
    *route("chat/completions", "chat-completions", POST=chat.create),
]

urlpatterns: list[URLPattern | URLResolver] = [path("v1/", include(resources)), *anything_else(elsewhere.unknown)]

handler400 = "trainer.api.envelope.malformed"
handler500 = "trainer.api.envelope.broken"
