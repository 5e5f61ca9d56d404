"""A person and versions: corrects the task, validates on a file of their own, compares, looks at the cost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.person import barriers, listened, overflow, sign_in
from tests.datasets.made import TICKETS, csv_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("versions-browser")]

OWN = [*((f"{number}: something new", "billing" if number % 2 else "repair") for number in range(40)), *TICKETS[:6]]


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900}, bypass_csp=True)
    with listened(context.new_page()) as page:
        sign_in(page, address)
        yield page
    context.close()


@pytest.fixture(scope="module")
def home(page: Page) -> str:
    """The address of a dataset with two versions, beside one whose rows can validate it."""
    uploaded(page, "own.csv", OWN)
    version(page)
    here = uploaded(page, "tickets.csv", TICKETS)
    version(page)
    page.fill("#id_held_out", "12")
    page.select_option("#id_held_out_as", "rows")
    version(page)
    return here


def uploaded(page: Page, name: str, rows: Any) -> str:
    page.goto("/datasets/upload/")
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": csv_of(rows)})
    page.click("[data-submit]")
    page.wait_for_url(re.compile(r"/datasets/\d+/$"))
    page.click("#accept-all")
    expect(page.locator("#accept-all")).to_have_count(0)
    return page.url


def version(page: Page) -> None:
    if not page.url.endswith("/versions/"):
        page.goto(f"{page.url}versions/")
    many = page.locator("li.version").count()
    page.click("#make-button")
    expect(page.locator("li.version")).to_have_count(many + 1)


def is_well_made(page: Page) -> None:
    assert barriers(page) == []
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) == 0


def test_rows_of_their_own_are_reported_before_they_validate(page: Page, home: str) -> None:
    page.goto(f"{home}versions/")
    page.focus("#id_validation_from")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text("6 of 46 rows ask what a training row asks too.")).to_be_visible()
    expect(page.locator("#id_validation_from")).to_be_focused()
    expect(page.locator("#id_leave_out")).to_be_checked()
    expect(page.locator("#id_share")).to_have_count(0)
    is_well_made(page)
    page.focus("#make-button")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    expect(page.locator("li.version").first).to_contain_text("120 training, 40 validation")


def test_choosing_the_share_again_brings_its_fields_back(page: Page, home: str) -> None:
    page.goto(f"{home}versions/")
    page.select_option("#id_validation_from", index=1)
    expect(page.locator("#id_share")).to_have_count(0)
    expect(page.locator(".htmx-added")).to_have_count(0)  # the new part is listened to a moment after it is seen
    page.select_option("#id_validation_from", index=0)
    expect(page.locator("#id_share")).to_have_value("20")


def test_two_versions_are_compared_from_the_list(page: Page, home: str) -> None:
    page.goto(f"{home}versions/")
    page.get_by_role("link", name="Compare versions").press("Enter")
    page.select_option("#old", "1")
    page.select_option("#new", "2")
    page.get_by_role("button", name="Compare").press("Enter")
    expect(page.get_by_role("heading", name="Rows, from v1 to v2")).to_be_visible()
    expect(page.locator("[aria-current=page]", has_text="In another part")).to_be_visible()
    expect(page.locator(".diff").first).to_contain_text("→")
    is_well_made(page)


def test_the_cost_follows_the_base_and_leaves_the_page_as_it_is(page: Page, home: str) -> None:
    page.goto(f"{home}versions/2/")
    expect(page.locator("#cost")).to_contain_text("No price of ada is written down")
    page.select_option("#cost-base", "babbage-002")
    expect(page.locator("#cost")).to_contain_text("No price of babbage-002 is written down")
    expect(page.locator("#cost")).to_contain_text("of 16,385")
    expect(page.get_by_role("heading", name="Recommended")).to_be_visible()
    is_well_made(page)


def test_a_corrected_task_brings_its_own_findings(page: Page, home: str) -> None:
    page.goto(home)
    expect(page.locator("#cost")).to_contain_text("Estimated cost")
    page.get_by_text("Not right? Correct it").press("Enter")
    page.select_option("#chosen-task", "generation")
    page.locator("#correct-task").press("Enter")
    expect(page.get_by_text("chosen by a person")).to_be_visible()
    expect(page.locator("#finding-ending")).to_be_visible()
    expect(page.locator("#cost")).to_contain_text("Estimated cost")
    is_well_made(page)
