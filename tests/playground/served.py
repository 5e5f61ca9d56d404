"""The product in a process of its own, once for all tests with a browser, on a connection to a provider."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from tests.browser.person import listened
from tests.playground.provider import PATIENCE, Provider, serving
from tests.servers import free_port
from tests.tables import copied
from tests.trainer.live import wait_until

SEED = Path(__file__).with_name("seed.py")


@dataclass
class Site:
    address: str
    session: str
    provider: Provider
    models: dict[str, str]  # by task


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("playground"), SEED, ("classes", "text", "chat", "columns")) as site:
        yield site


@contextmanager
def served(data: Path, seed: Path, tasks: Sequence[str]) -> Iterator[Site]:
    """Serve the product with a model for each task on a connection to the provider, as the seed makes them."""
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TUNEDECK_", "DJANGO_"))}
    own = {"TUNEDECK_DATA": str(data), "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": ""}
    environment = {**inherited, **own, "PORT": str(port), "PYTHONPATH": str(settings.ROOT)}
    with serving() as (provider, base_url):
        provider.models = [{"id": "davinci-002", "description": "Knows nothing yet."}]
        session, *models = made(environment, base_url, seed).split()
        command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--log-level", "warning"]
        web = subprocess.Popen(command, cwd=settings.ROOT, env=environment)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until(lambda: answers(address), what="an answer of the page")
            yield Site(address, session, provider, dict(zip(tasks, models, strict=True)))
        finally:
            web.terminate()
            web.wait(PATIENCE)


def made(environment: dict[str, str], base_url: str, seed: Path) -> str:
    copied(Path(environment["TUNEDECK_DATA"]))
    collect = [sys.executable, "manage.py", "collectstatic", "-v0", "--no-input"]
    subprocess.run(collect, cwd=settings.ROOT, env=environment, check=True)
    command = [sys.executable, str(seed), base_url]
    return subprocess.run(command, cwd=settings.ROOT, env=environment, check=True, capture_output=True, text=True).stdout


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/playground/").status_code == 302
    except httpx.HTTPError:
        return False


def opened(browser: Browser, site: Site, **options: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=site.address, **options)
    context.set_default_timeout(PATIENCE * 1000)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": site.session, "url": site.address}])
    with listened(context.new_page(), meant="Failed to load resource") as page:
        yield page
    context.close()


def visit(page: Page, site: Site, task: str) -> None:
    page.goto(f"/playground/?model={site.models[task]}")
    expect(page.locator("#model")).to_have_value(site.models[task])


def status(page: Page) -> Any:
    return expect(page.locator("#status"))
