"""The page that is taken away opens from a disk, in a browser that has no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from finetunes import metrics, store
from finetunes.export.page import page as made
from finetunes.models import FineTune
from tests.browser.person import barriers, listened, overflow
from tests.conftest import People
from tests.finetunes.conftest import connection, fine_tune, version  # noqa: F401 (fixtures)
from tests.finetunes.exporting import HOSTILE, said, succeed

pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")]


@pytest.fixture
def saved(fine_tune: FineTune, people: People, tmp_path: Path) -> Path:  # noqa: F811
    succeed(fine_tune, name=HOSTILE)
    long = metrics.series(list(range(5000)), [1 / (1 + step) for step in range(5000)])
    store.write_series({fine_tune: {HOSTILE: long, "validation_loss": long}})
    said(fine_tune, {9: {}}, message=HOSTILE)
    fine_tune.events.update(type="message")
    file = tmp_path / "page.html"
    file.write_bytes(b"".join(made(fine_tune)))
    return file


@contextmanager
def opened(file: Path, *, bypass_csp: bool = False) -> Iterator[tuple[Page, list[str]]]:
    """Open a file without a network; lend the page and all that it asks for."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True, bypass_csp=bypass_csp)
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        with listened(context.new_page()) as page:
            page.goto(file.as_uri())
            yield page, asked
        browser.close()


def test_its_charts_are_drawn_and_nothing_is_asked_for(saved: Path) -> None:
    with opened(saved, bypass_csp=True) as (page, asked):
        expect(page.locator(".js-plotly-plot")).to_have_count(2)
        expect(page.locator(".js-plotly-plot .scatterlayer .trace").first).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
        page.get_by_text("The same numbers as a table").first.click()
        expect(page.get_by_role("cell", name="0.25").first).to_be_visible()
        assert barriers(page) == []
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_function("document.querySelector('.main-svg').clientWidth < innerWidth")
            assert overflow(page) <= 0
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_its_own_policy_lets_its_scripts_run_and_nothing_else(saved: Path) -> None:
    with opened(saved) as (page, _asked):
        expect(page.locator(".js-plotly-plot .scatterlayer .trace").first).to_be_visible()
        assert page.evaluate("typeof Plotly") == "object"
    policy = re.search(r"script-src ([^;]*);", saved.read_text(encoding="utf-8"))
    assert policy
    assert all(source.startswith("'sha256-") for source in policy[1].split())
