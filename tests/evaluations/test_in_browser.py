"""From a spreadsheet to the spreadsheet that comes back, in a real browser before the running product."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from openpyxl import load_workbook  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.person import barriers, listened, overflow
from tests.datasets.workbooks import workbook
from tests.playground.provider import Answer, Provider, Whole, completion, serving
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("evaluations-browser")]

SEED = Path(__file__).with_name("seed.py")
ROWS = 40
NAME = "ada:ft-example:sport-2023-01-29-13-51-40"
BASEBALL = Whole(completion(" baseball", finish="length", top={" baseball": -0.1, " hockey": -2.5}))
EVALUATION = re.compile(r"/evaluations/\d+/$")


@dataclass
class Gate:
    """Lets as many answers out as it is told to."""

    permits: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def next(self) -> Answer:
        self.permits.acquire(timeout=30)
        return BASEBALL

    def open(self) -> None:
        self.permits.release(20 * ROWS)

    def close(self) -> None:
        while self.permits.acquire(blocking=False):
            pass


@dataclass
class Site:
    product: Product
    model: str
    provider: Provider
    gate: Gate


@pytest.fixture(scope="module")
def site(product: Product) -> Iterator[Site]:
    """A connection to a provider that answers when it is told to, and a model there."""
    with serving() as (provider, base_url):
        gate = Gate()
        provider.models, provider.next = [{"id": "davinci-002"}], gate.next
        yield Site(product, seeded(product, base_url).strip(), provider, gate)
        gate.open()


def seeded(product: Product, base_url: str) -> str:
    environment = {**product.environment, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(settings.ROOT)}
    seed = [sys.executable, str(SEED), base_url]
    return subprocess.run(seed, cwd=settings.ROOT, env=environment, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def page(browser: Browser, site: Site, signed_in: Any) -> Iterator[Page]:
    size: Any = {"width": 1280, "height": 900}
    context = browser.new_context(base_url=site.product.address, storage_state=signed_in, viewport=size)
    site.gate.close()
    site.provider.received.clear()
    with listened(context.new_page()) as page:
        yield page
    context.close()


def spreadsheet() -> Any:
    rows = [[place, f"post {place}", ("baseball", "hockey")[place % 2]] for place in range(ROWS)]
    content = workbook([["id", "text", "label"], *rows])
    return {"name": "posts.xlsx", "mimeType": "application/octet-stream", "buffer": content}


def set_up(page: Page) -> None:
    """From the empty form to the draft with a model that is ticked."""
    page.goto("/evaluations/new/")
    page.set_input_files("input[type=file]", spreadsheet())
    page.get_by_role("button", name="Upload and choose columns").press("Enter")
    page.wait_for_url(re.compile("/set-up/"))
    page.get_by_role("checkbox", name=NAME).press("Space")


def start(page: Page) -> None:
    page.locator("#start").press("Enter")
    page.wait_for_url(EVALUATION)


PATIENCE = 90_000
"""Milliseconds: workers that ask and score may be long in coming to it on a busy machine."""


def told(page: Page) -> Any:
    return expect(page.locator("#told"))


def test_a_sheet_is_asked_stopped_resumed_looked_through_and_taken_back(page: Page, site: Site) -> None:
    set_up(page)
    expect(page.locator("#estimate")).to_contain_text("No price of answers is written down")
    expect(page.get_by_label("Question", exact=True)).to_have_value("text")
    expect(page.get_by_label("Right answer")).to_have_value("label")
    assert site.provider.received == []
    start(page)
    stop_and_go_on(page, site)
    look_through(page)
    rows = taken_back(page)
    assert rows[0] == [
        "id",
        "text",
        "label",
        *(f"{NAME}: {part}" for part in ("answer", "probability", "verdict", "problem")),
        *(f"{NAME}: probability of {label}" for label in ("baseball", "hockey")),
    ]
    sure = pytest.approx(0.9048, abs=1e-4)
    assert rows[1][:8] == ["0", "post 0", "baseball", "baseball", sure, "right", None, sure]
    assert [row[0] for row in rows[1:]] == [str(place) for place in range(ROWS)]
    assert [row[5] for row in rows[1:]] == ["right", "wrong"] * (ROWS // 2)
    assert len(site.provider.received) == ROWS  # each was asked once, also those that were on their way at the stop


def stop_and_go_on(page: Page, site: Site) -> None:
    told(page).to_contain_text("Asking", timeout=PATIENCE)
    site.gate.permits.release(3)
    expect(page.locator("#progress")).to_contain_text(f"3 of {ROWS}")
    page.get_by_label("Answered", exact=True).select_option("right")  # rows can be looked through meanwhile
    expect(page.locator("#shown")).to_have_text(re.compile("^[1-3] row"))
    page.locator("#cancel").press("Enter")
    told(page).to_contain_text("Cancelled", timeout=PATIENCE)
    site.gate.open()
    page.locator("#resume").press("Enter")
    told(page).to_contain_text("Done", timeout=PATIENCE)
    expect(page.locator("#progress")).to_contain_text(f"{ROWS} of {ROWS}")
    page.wait_for_load_state()


def look_through(page: Page) -> None:
    expect(page.locator("#rows .badge.bad")).to_have_count(ROWS // 2)  # the rows came by themselves
    page.get_by_label("Answered", exact=True).select_option("wrong")
    expect(page.locator("#shown")).to_have_text(f"{ROWS // 2} rows")
    page.locator("#row-1").press("Enter")
    expect(page.locator("#drawer-title")).to_be_focused()
    expect(page.locator("#drawer-title")).to_have_text("Row 2")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#drawer-title")).to_have_text("Row 4")
    expect(page.locator("#drawer pre")).to_contain_text("post 3")
    page.keyboard.press("Escape")
    expect(page.locator("#row-3")).to_be_focused()
    expect(page).to_have_url(re.compile(r"verdict=wrong"))


def taken_back(page: Page) -> list[list[Any]]:
    with page.expect_download() as download:
        page.locator("#as-xlsx").click()
    content = Path(download.value.path()).read_bytes()
    return [list(row) for row in load_workbook(io.BytesIO(content), read_only=True).active.iter_rows(values_only=True)]


def test_without_scripts_everything_is_done_by_forms_and_links(browser: Browser, site: Site, signed_in: Any) -> None:
    site.gate.open()
    options = {"base_url": site.product.address, "storage_state": signed_in}
    context = browser.new_context(java_script_enabled=False, **options)
    page = context.new_page()
    set_up(page)
    page.get_by_role("button", name="What would it cost?").click()
    expect(page.get_by_role("checkbox", name=NAME)).to_be_checked()
    expect(page.locator("#estimate")).to_contain_text("No price of answers is written down")
    start(page)
    while "Done" not in page.locator("#told").inner_text():
        page.reload()
    page.get_by_label("Answered", exact=True).select_option("wrong")
    page.locator("#narrow").get_by_role("button", name="Filter").click()
    expect(page.locator("#shown")).to_have_text(f"{ROWS // 2} rows")
    page.locator("#row-1").click()
    expect(page.locator("#drawer-title")).to_have_text("Row 2")
    page.locator("#drawer-next").click()
    expect(page.locator("#drawer-title")).to_have_text("Row 4")
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_nobody_is_shut_out_of_the_pages_and_nothing_sticks_out(page: Page, site: Site, scheme: Any, width: int) -> None:
    site.gate.open()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    set_up(page)
    expect(page.locator("#estimate dl")).to_be_visible()
    faultless(page)
    start(page)
    told(page).to_contain_text("Done", timeout=PATIENCE)
    expect(page.locator("#rows .badge.bad")).to_have_count(ROWS // 2)
    faultless(page)
    page.locator("#row-1").press("Enter")
    expect(page.locator("#drawer-title")).to_be_focused()
    faultless(page)
    for address in ("/evaluations/", "/evaluations/new/", f"/models/{site.model}/", f"{page.url.split('?')[0]}again/"):
        page.goto(address)
        faultless(page)


def faultless(page: Page) -> None:
    assert barriers(page) == []
    assert overflow(page) == 0
