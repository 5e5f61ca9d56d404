"""The first five minutes: the printed link, a fine-tune that is running, its charts, and a first question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import walk
from tests.product import PASSWORD, Product, running_product

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("newcomer")]


@pytest.fixture
def newcomer(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, Product]]:
    """A person who has started the product and opens the link that it printed."""
    with running_product(tmp_path_factory.mktemp("data")) as (product, link):
        context = browser.new_context(base_url=product.address, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(link)
        yield page, product
        context.close()
        parts = product.processes().values()
        assert product.stop() == 0
        assert not [pid for pid in parts if Path(f"/proc/{pid}").exists()], "Ctrl-C ends all parts"


def test_a_newcomer_sees_the_sample_running_then_succeeded_its_charts_and_its_playground(
    newcomer: tuple[Page, Product],
) -> None:
    page, product = newcomer
    with product.held("training"):  # however long the browser takes on a busy machine
        sign_up(page)
        expect(page.get_by_role("heading", name="Running now")).to_be_visible()
        page.get_by_role("link", name="sample ada", exact=True).click()
        expect(page.get_by_role("heading", name="Events")).to_be_visible()
    expect(page.locator("#part-status")).to_contain_text("Running", timeout=180_000)
    expect(page.locator("#events li").first).to_be_visible()
    walk.follow_to_the_end(page)
    assert walk.charts(page) == walk.CHARTS
    # The order of training is left to chance, and there are only 48 rows.
    assert walk.column(walk.results(page), "classification/accuracy")[-1] > 0.8

    page.get_by_role("link", name="Open in playground").click()
    about_money = walk.ask(page, "My card was charged twice, please send the money back.")
    about_parcels = walk.ask(page, "The courier left my parcel at the wrong house.")
    assert (about_money.classes[0], about_parcels.classes[0]) == ("billing", "delivery")

    page.goto("/settings/")
    page.get_by_role("button", name="Sign out").first.click()
    page.get_by_label("E-mail address").fill("olivia@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hello, Olivia Owner")).to_be_visible()


def sign_up(page: Page) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Name").fill("Olivia Owner")
    page.get_by_label("E-mail").fill("olivia@example.com")
    page.locator("input[name=new_password1]").fill(PASSWORD)
    page.locator("input[name=new_password2]").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_url(re.compile(r":\d+/$"))
