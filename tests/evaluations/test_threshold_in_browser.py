"""The page of scores in a real browser: the threshold by keyboard, wide and narrow, light and dark."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from tests.browser.person import barriers, listened, overflow
from tests.evaluations.scored_seed import planted
from tests.servers import free_port
from tests.tables import copied
from tests.trainer.live import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("scores-browser")]

SEED = Path(__file__).with_name("scored_seed.py")
SCORES = {"precision": precision_score, "recall": recall_score, "f1": f1_score, "accuracy": accuracy_score}


@dataclass
class Site:
    address: str
    session: str
    evaluation: str
    fine_tune: str

    @property
    def page(self) -> str:
        return f"/evaluations/{self.evaluation}/scores/"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data, port = tmp_path_factory.mktemp("scores"), free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TUNEDECK_", "DJANGO_"))}
    own = {"TUNEDECK_DATA": str(data), "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": ""}
    environment = {**inherited, **own, "PORT": str(port), "PYTHONPATH": str(settings.ROOT)}
    copied(data)
    collect = [sys.executable, "manage.py", "collectstatic", "-v0", "--no-input"]
    subprocess.run(collect, cwd=settings.ROOT, env=environment, check=True)
    seeded = subprocess.run(
        [sys.executable, str(SEED)], cwd=settings.ROOT, env=environment, check=True, capture_output=True, text=True
    )
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--log-level", "warning"]
    web = subprocess.Popen(command, cwd=settings.ROOT, env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(address), what="an answer of the page")
        yield Site(address, *seeded.stdout.split())
    finally:
        web.terminate()
        web.wait(20)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/playground/").status_code == 302
    except httpx.HTTPError:
        return False


def opened(browser: Browser, site: Site, **options: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=site.address, **options)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": site.session, "url": site.address}])
    with listened(context.new_page()) as page:
        yield page
    context.close()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    for page in opened(browser, site, viewport={"width": 1280, "height": 900}):
        page.goto(site.page)
        expect(page.locator("#high-slide")).to_be_visible()
        yield page


def out(page: Page, name: str) -> str:
    return page.locator(f"[data-out={name}]").inner_text()


def test_moving_the_slider_by_keyboard_gives_scikit_learns_numbers_at_ten_thresholds(page: Page) -> None:
    yes = np.array([row[0] == "hockey" for row in planted()])
    chances = np.array([row[2]["hockey"] for row in planted()])
    page.locator("#positive").select_option("hockey")
    expect(page.locator("#positive")).to_have_value("hockey")
    expect(page.locator("#high-slide")).to_be_visible()
    slider = page.locator("#high-slide")
    slider.focus()
    for _place in range(10):
        page.keyboard.press("PageDown")
        place = float(slider.input_value())
        said = chances >= place
        expect(page.locator("#high")).to_have_value(f"{place:.3f}")
        assert {name: out(page, name) for name in SCORES} == {
            name: f"{100 * score(yes, said):.1f}\N{NO-BREAK SPACE}%" for name, score in SCORES.items()
        }
    expect(page.locator("[data-out=said]")).to_contain_text("Precision")


def test_between_two_handles_rows_go_to_a_person_and_costs_move_the_proposal(page: Page) -> None:
    assert out(page, "person") == "0.0\N{NO-BREAK SPACE}%"
    page.locator("#low-slide").focus()
    for _step in range(100):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#low")).to_have_value("0.400")
    expect(page.locator("#high")).to_have_value("0.500")
    assert out(page, "person") != "0.0\N{NO-BREAK SPACE}%"
    cheap = float(page.locator("[data-best]").inner_text())
    page.locator("#wrong_yes").fill("20")
    page.locator("#wrong_no").fill("1")
    expect(page.locator("[data-out=by]")).to_have_text("It costs least.")
    assert float(page.locator("[data-best]").inner_text()) > cheap
    page.locator("[data-best]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#high")).to_have_value(page.locator("[data-best]").inner_text())
    assert out(page, "person") == "0.0\N{NO-BREAK SPACE}%"


def test_what_is_proposed_is_what_the_server_proposes(page: Page, site: Site) -> None:
    """The same arithmetic twice, in two languages."""
    for costs in ("", "&wrong_yes=20&wrong_no=1", "&wrong_yes=1&wrong_no=30"):
        address = f"{site.page}?positive=hockey{costs}"
        page.goto(address)
        expect(page.locator("#high-slide")).to_be_visible()
        here = page.locator("[data-best]").inner_text()
        there = page.evaluate(
            "async (url) => new DOMParser().parseFromString(await (await fetch(url)).text(), 'text/html')"
            ".querySelector('[data-best]').textContent",
            address,
        )
        assert here == there


def test_a_threshold_is_kept_for_the_playground(page: Page) -> None:
    page.locator("#high").fill("0.610")
    page.get_by_role("button", name="Keep for this model").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#threshold")).to_contain_text("from 0.610 on")
    expect(page.locator("#high")).to_have_value("0.610")
    page.get_by_role("button", name="Forget it").click()
    expect(page.locator("#threshold")).not_to_contain_text("from 0.610 on")


def test_a_click_on_the_matrix_opens_its_rows(page: Page) -> None:
    link = page.locator("#confusion td.miss a").first
    rows = link.inner_text()
    link.click()
    expect(page.locator("#shown")).to_have_text(f"{rows} rows")


def test_the_fine_tunes_page_of_classes_has_the_same_threshold(page: Page, site: Site) -> None:
    page.goto(f"/finetunes/{site.fine_tune}/classification/")
    expect(page.locator("#high-slide")).to_be_visible()
    before = out(page, "recall")
    page.locator("#high-slide").focus()
    page.keyboard.press("Home")
    expect(page.locator("[data-out=recall]")).to_have_text("100.0\N{NO-BREAK SPACE}%")
    assert before != out(page, "recall")


def test_without_javascript_the_fields_and_a_button_do_the_same(browser: Browser, site: Site) -> None:
    for page in opened(browser, site, java_script_enabled=False):
        page.goto(site.page)
        page.locator("#high").fill("0.9")
        page.locator("#low").fill("0.9")
        page.get_by_role("button", name="Show", exact=True).click()
        assert "high=0.9" in page.url
        said = np.array([row[2]["hockey"] for row in planted()]) >= 0.9
        yes = np.array([row[0] == "hockey" for row in planted()])
        page.goto(f"{site.page}?positive=hockey&high=0.9&low=0.9")
        assert out(page, "recall") == f"{100 * recall_score(yes, said):.1f}\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_the_page_is_in_nobodys_way(browser: Browser, site: Site, width: int, scheme: Any) -> None:
    look: Any = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}, "bypass_csp": True}
    for page in opened(browser, site, **look):
        for path in (site.page, f"/evaluations/{site.evaluation}/"):
            page.goto(path)
            expect(page.locator("#scores")).to_contain_text("Right answers")
            assert barriers(page) == []
            assert overflow(page) <= 0
            if folder := os.environ.get("SHOTS"):
                page.screenshot(path=f"{folder}/{path.strip('/').replace('/', '-')}-{width}-{scheme}.png", full_page=True)


def test_the_report_opens_without_a_network(browser: Browser, site: Site, tmp_path: Path) -> None:
    for page in opened(browser, site):
        page.goto(site.page)
        with page.expect_download() as download:
            page.get_by_role("link", name="Report as one HTML file").click()
        download.value.save_as(tmp_path / "report.html")
    context = browser.new_context(offline=True, bypass_csp=True)
    with listened(context.new_page()) as page:
        page.goto((tmp_path / "report.html").as_uri())
        expect(page.locator("main")).to_contain_text("What was taken for what")
        assert barriers(page) == []
    context.close()
