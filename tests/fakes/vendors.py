"""Which fakes there are, and how each is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from openai_api import Client
from openai_api.types import DialectName
from tests.fakes.azure import Azure
from tests.fakes.nebius import Nebius
from tests.fakes.openai_jobs import OpenAIJobs
from tests.fakes.openai_legacy import OpenAILegacy
from tests.fakes.serving import KEY, serving
from tests.fakes.together import Together


@dataclass(frozen=True, kw_only=True)
class Vendor:
    fake: Callable[[], Any]
    dialect: DialectName
    path: str = "/v1"
    api_version: str = ""

    @contextmanager
    def running(self) -> Iterator[tuple[Any, Client]]:
        with serving(self.fake()) as fake:
            options: dict[str, Any] = {"api_version": self.api_version, "retries": 0}
            with Client(fake.url + self.path, KEY, self.dialect, **options) as client:
                yield fake, client


VENDORS = {
    "openai": Vendor(fake=OpenAIJobs, dialect="jobs"),
    "openai legacy": Vendor(fake=OpenAILegacy, dialect="legacy"),
    "azure": Vendor(fake=Azure, dialect="azure", path="/openai/v1"),
    "azure by version": Vendor(fake=Azure, dialect="azure", path="/openai", api_version="2025-04-01-preview"),
    "nebius": Vendor(fake=Nebius, dialect="nebius"),
    "together": Vendor(fake=Together, dialect="together"),
}
