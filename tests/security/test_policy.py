"""In a real browser no page breaks its own policy, and no name that a person has chosen becomes a part of the page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from playwright.sync_api import APIResponse, Browser, expect

from tests.security.seed import provided
from tests.servers import free_port
from tests.tables import copied
from tests.trainer.live import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("policy")]

REPORT = (
    "addEventListener('securitypolicyviolation', e => console.error('CSP', e.effectiveDirective, e.blockedURI, e.sample))"
)
MEANT = ("Failed to load resource",)
"""What a browser says of a page whose status is not 200, which another test looks at."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Serve the product, filled with hostile names, and lend its address, a session and its pages."""
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TUNEDECK_", "DJANGO_"))}
    own = {"TUNEDECK_DATA": str(tmp_path_factory.mktemp("policy")), "DJANGO_SETTINGS_MODULE": "config.settings"}
    own["TUNEDECK_LOG_LEVEL"] = "error"
    environment = {**inherited, **own, "DATABASE_URL": "", "PORT": str(port), "PYTHONPATH": str(settings.ROOT)}
    given: dict[str, Any] = {"cwd": settings.ROOT, "env": environment}
    copied(Path(own["TUNEDECK_DATA"]))
    subprocess.run([sys.executable, "manage.py", "collectstatic", "-v0", "--no-input"], check=True, **given)
    with provided() as base_url:
        seed = [sys.executable, str(Path(__file__).with_name("seeded.py")), base_url]
        said = subprocess.run(seed, check=True, capture_output=True, text=True, **given).stdout
        command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--log-level", "error"]
        web = subprocess.Popen(command, **given)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until(lambda: answers(address), what="an answer of the page")
            yield {"address": address, **json.loads(said.strip().splitlines()[-1])}
        finally:
            web.terminate()
            web.wait(20)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/accounts/login/").status_code == 200
    except httpx.HTTPError:
        return False


def is_page(answer: APIResponse) -> bool:
    is_html = answer.headers.get("content-type", "").startswith("text/html")
    return answer.status == 200 and is_html and "content-disposition" not in answer.headers


def test_no_page_breaks_its_policy_or_takes_a_name_for_markup(browser: Browser, site: dict[str, Any]) -> None:
    context = browser.new_context(base_url=site["address"], reduced_motion="reduce")
    context.add_init_script(REPORT)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": site["session"], "url": site["address"]}])
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    troubles: dict[str, list[str]] = {}
    for path in site["pages"]:
        if is_page(context.request.head(path, max_redirects=0)):
            page.goto(path)
            if "plotly" in page.content():
                expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
            parts = page.locator("[data-hostile]").count()
            found = [line for line in said if not line.startswith(MEANT)] + ["a name became markup"] * parts
            troubles |= {path: found} if found else {}
            said.clear()
    context.close()
    assert not troubles, json.dumps(troubles, indent=1)
