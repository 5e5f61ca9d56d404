"""Runs side by side in a real browser: ticked in the list, drawn, sorted, and told apart, also by keyboard alone."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.compared import SPIKE
from tests.browser.keyboard import Keyboard
from tests.browser.person import barriers, listened, overflow
from tests.product import ROOT, Product, owned_product

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("compare")]

COMPARED = re.compile(r"/finetunes/compare/\?run=\d+&run=\d+")
LONG = "A hundred thousand steps"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with owned_product(tmp_path_factory.mktemp("data")) as product:
        command = [sys.executable, "-m", "tests.browser.compared"]
        subprocess.run(command, cwd=ROOT, env=product.environment, check=True, timeout=60)
        yield product


@pytest.fixture
def page(browser: Browser, product: Product, signed_in: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=product.address, storage_state=signed_in, viewport={"width": 1280, "height": 900})
    with listened(context.new_page()) as page:
        yield page
    context.close()


def box(page: Page, name: str) -> Any:
    return page.get_by_role("checkbox", name=f"Compare {name}", exact=True)


def drawn(page: Page, metric: str) -> None:
    """Wait until the chart of this metric is there."""
    plot = page.locator(f'[data-plot*="metric={metric}&"]')
    expect(plot.locator(".scatterlayer path.js-line").first).to_be_attached()


def number_of(page: Page, name: str) -> str:
    """Return the number of a fine-tune, as the list's box carries it."""
    page.goto("/finetunes/")
    return str(box(page, name).get_attribute("value"))


def test_two_are_ticked_compared_and_told_apart_by_keyboard_alone(page: Page) -> None:
    keyboard = Keyboard(page)
    page.goto("/finetunes/")
    expect(page.locator("#choice")).to_contain_text("Tick 2 to 20")
    keyboard.press(box(page, "More data"), "Space")
    expect(page.locator("#choice")).to_contain_text("1 chosen; tick another")
    keyboard.press(box(page, "Plain"), "Space")
    expect(page.locator("#choice")).to_have_text("2 chosen.")
    page.keyboard.press("Enter")
    page.wait_for_url(COMPARED)
    drawn(page, "training_loss")
    expect(page.locator(".legend.runs li")).to_have_count(2)

    keyboard.press(page.get_by_role("button", name="Plain", exact=True), "Space")
    page.wait_for_function("document.querySelector('[data-plot]').data.some(line => line.visible === false)")
    metric = page.get_by_label("Draw", exact=True)
    metric.focus()
    with page.expect_response(re.compile("/compare/chart/.*classification")):
        page.keyboard.type("Classification, accuracy")
    expect(metric).to_be_focused()
    drawn(page, "classification%2Faccuracy")
    assert "metric=classification%2Faccuracy" in page.url
    expect(page.get_by_role("heading", name="Classification, accuracy")).to_be_visible()

    expect(page.get_by_role("rowheader", name="Base model")).to_be_visible()
    keyboard.press(page.get_by_label("Show only what differs"), "Space")
    expect(page.get_by_role("rowheader", name="Base model")).to_have_count(0)
    expect(page.get_by_role("rowheader", name="Examples")).to_be_visible()
    expect(page.get_by_label("Show only what differs")).to_be_focused()
    assert "only=1" in page.url
    page.reload()
    drawn(page, "classification%2Faccuracy")
    expect(page.get_by_label("Show only what differs")).to_be_checked()

    numbers = page.get_by_role("region", name="In numbers")
    expect(numbers.locator("tbody tr").first).to_contain_text("More data")
    keyboard.press(numbers.get_by_role("link", name="last Classification, accuracy"))
    page.wait_for_url(re.compile("sort="))
    keyboard.press(numbers.get_by_role("link", name="last Classification, accuracy"))
    expect(numbers.locator("tbody tr").first).to_contain_text("Plain")
    expect(numbers.get_by_role("row", name="More data").get_by_text("best", exact=True).first).to_be_visible()

    keyboard.link("Letters: what changed from v1 to v2")
    expect(page.get_by_role("heading", name="Rows, from v1 to v2")).to_be_visible()


def test_what_was_ticked_outlives_filters_and_comes_back(page: Page) -> None:
    page.goto("/finetunes/")
    box(page, "Plain").check()
    page.get_by_label("Search", exact=True).fill("Longer")
    expect(box(page, "Plain")).to_have_count(0)
    box(page, "Longer").check()
    expect(page.locator("#choice")).to_have_text("2 chosen.")
    page.get_by_label("Search", exact=True).fill("")
    expect(box(page, "Plain")).to_be_checked()
    page.goto("/datasets/")
    page.goto("/finetunes/")
    expect(box(page, "Longer")).to_be_checked()
    # A row that is exchanged because something changed comes without its tick.
    page.locator("tr", has=box(page, "Longer")).evaluate("row => (row.outerHTML = row.outerHTML)")
    expect(box(page, "Longer")).to_be_checked()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_url(COMPARED)
    assert page.url.count("run=") == 2
    page.get_by_role("link", name="Choose others").click()
    expect(page.locator("#choice")).to_have_text("2 chosen.")
    assert "run=" not in page.url
    page.get_by_role("button", name="Choose none").click()
    expect(page.locator("#choice")).to_contain_text("Tick 2 to 20")
    expect(box(page, "Plain")).not_to_be_checked()
    expect(box(page, LONG)).to_be_focused()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_text("Tick what is to be compared")).to_be_visible()


def test_a_fine_tune_leads_to_what_it_may_be_compared_with(page: Page) -> None:
    number = number_of(page, "Plain")
    page.goto(f"/finetunes/{number}/")
    page.get_by_role("link", name="Compare with…").click()
    page.get_by_role("checkbox", name="Longer").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_url(COMPARED)
    drawn(page, "training_loss")


def test_a_spike_in_a_hundred_thousand_steps_is_drawn_and_the_table_has_it(page: Page) -> None:
    long, plain = number_of(page, LONG), number_of(page, "Plain")
    page.goto(f"/finetunes/compare/?run={long}&run={plain}")
    drawn(page, "training_loss")
    # Where the spike lies is read from the drawing itself.
    found = page.evaluate(
        "() => { const { x, y } = document.querySelector('[data-plot]').data[0];"
        " return [x[y.indexOf(Math.max(...y))], Math.max(...y), x.length]; }"
    )
    assert found[:2] == [SPIKE, 25]
    assert found[2] <= 1000
    page.get_by_role("button", name="Whole range").click()
    page.wait_for_function("document.querySelector('[data-plot]')._fullLayout.yaxis.range[1] > 25")
    page.locator(".numbers summary").click()
    expect(page.locator("#compare-table tbody tr").nth(1)).to_contain_text("25")


def test_without_scripts_everything_but_the_chart_is_there(browser: Browser, product: Product, signed_in: Any) -> None:
    context = browser.new_context(base_url=product.address, storage_state=signed_in, java_script_enabled=False)
    page = context.new_page()
    page.goto("/finetunes/")
    for name in ("Plain", "Longer", "More data"):
        box(page, name).check()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_label("Draw", exact=True).select_option("validation_loss")
    page.get_by_label("Show only what differs").uncheck()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", name="Loss, validation")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Base model")).to_be_visible()
    page.get_by_text("Table", exact=True).click()
    page.get_by_role("link", name="Open the table").click()
    expect(page.get_by_role("rowheader", name="greatest")).to_be_visible()
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="Loss, validation")).to_be_visible()
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_no_page_is_in_anybodys_way(browser: Browser, product: Product, signed_in: Any, width: int, scheme: Any) -> None:
    look: Any = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
    # The policy is bypassed for axe alone, which is put into the page.
    context = browser.new_context(base_url=product.address, storage_state=signed_in, bypass_csp=True, **look)
    with listened(context.new_page()) as page:
        numbers = [number_of(page, name) for name in ("Plain", "Longer", "More data")]
        query = "&".join(f"run={number}" for number in numbers)
        for where, has_chart in (
            (f"compare/?{query}&only=0&sort=-last.training_loss", True),
            (f"compare/?run={numbers[0]}", False),
            (f"compare/table/?{query}&metric=training_loss", False),
            (f"{numbers[1]}/classification/", False),
            ("", False),
        ):
            page.goto(f"/finetunes/{where}")
            if has_chart:
                drawn(page, "training_loss")
            assert (barriers(page), overflow(page)) == ([], 0), where
    context.close()
