"""A person looks through examples by keyboard: narrows them down, walks through them, edits one and excludes some."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.browser.keyboard import Keyboard
from tests.browser.person import barriers, listened, overflow, sign_in
from tests.datasets.made import TICKETS, csv_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("examples-browser")]


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900}, bypass_csp=True)
    with listened(context.new_page()) as page:
        sign_in(page, address)
        yield page
    context.close()


@pytest.fixture
def home(page: Page) -> str:
    page.goto("/datasets/upload/")
    content = csv_of([*TICKETS, *TICKETS[:4]])
    page.set_input_files("input[type=file]", {"name": "tickets.csv", "mimeType": "text/csv", "buffer": content})
    page.click("[data-submit]")
    page.wait_for_url(re.compile(r"/datasets/\d+/$"))
    expect(page.locator("#finding-duplicates")).to_be_visible()
    return page.url


def title(page: Page, name: str) -> None:
    expect(page.locator("#drawer-title")).to_have_text(f"Row {name}")


def test_from_a_finding_to_its_rows_and_to_fewer_of_them(page: Page, home: str) -> None:
    page.goto(home)
    keys = Keyboard(page)
    keys.press(page.get_by_role("link", name="Show the 4 rows"))
    expect(page.locator("#shown")).to_have_text("4 examples of 124")
    keys.to(page.locator("#q"))
    page.keyboard.type("1: A")
    expect(page.locator("#shown")).to_have_text("2 examples of 124")
    expect(page).to_have_url(re.compile(r"\?q=1%3A\+A&finding=duplicates$"))
    expect(page.locator("#q")).to_be_focused()
    keys.press(page.locator(".chip", has_text="exact duplicates"))
    expect(page.locator("#shown")).not_to_have_text("2 examples of 124")
    expect(page.locator("#finding")).to_have_value("")
    expect(page.locator("#shown")).to_be_focused()
    page.go_back()
    expect(page.locator("#shown")).to_have_text("2 examples of 124")
    expect(page.locator("#finding")).to_have_value("duplicates")
    assert barriers(page) == []


def test_a_walk_through_the_rows_of_a_label(page: Page, home: str) -> None:
    page.goto(f"{home}examples/?label=repair")
    keys = Keyboard(page)
    keys.press(page.locator("#row-5"))
    title(page, "5")
    expect(page.locator("#drawer:modal")).to_be_visible()
    expect(page.locator("#drawer-said")).to_contain_text("2 of 62")
    page.keyboard.press("ArrowRight")
    title(page, "7")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    title(page, "3")
    expect(page).to_have_url(re.compile(r"\?label=repair&row=3$"))
    assert barriers(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).not_to_be_visible()
    expect(page).to_have_url(re.compile(r"\?label=repair$"))
    expect(page.locator("#row-3")).to_be_focused()


def test_a_row_that_was_sent_as_a_link_opens_and_the_way_back_closes_it(page: Page, home: str) -> None:
    page.goto(f"{home}examples/?label=repair")
    page.locator("#row-5").press("Enter")
    title(page, "5")
    page.go_back()
    expect(page.locator("#drawer")).not_to_be_visible()
    page.go_forward()
    title(page, "5")
    page.reload()
    title(page, "5")
    expect(page.locator("#drawer")).to_be_visible()
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) == 0


def test_a_row_is_edited_and_another_excluded_without_leaving_the_walk(page: Page, home: str) -> None:
    page.goto(f"{home}examples/?label=repair&row=5")
    expect(page.locator("#drawer:modal")).to_be_visible()
    keys = Keyboard(page)
    keys.press(page.locator("#drawer-edit"))
    box = page.locator("#id_text_0")
    expect(box).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("arrow keys")
    page.keyboard.press("ArrowLeft")
    expect(box).to_have_value("arrow keys")
    page.keyboard.press("Tab")
    keys.button("Save")
    expect(page.locator(".drawer .notice", has_text="Edited by")).to_be_visible()
    expect(page.locator(".part").first).to_contain_text("arrow keys")
    keys.press(page.locator("#drawer-exclude"))
    title(page, "7")
    expect(page.locator(".drawer-body")).to_contain_text("1 row was excluded.")
    page.keyboard.press("Escape")
    expect(page.locator("#shown")).to_have_text("61 examples of 123")


def test_all_that_is_shown_is_excluded_and_brought_back_from_the_checks(page: Page, home: str) -> None:
    page.goto(f"{home}examples/?q=broken")
    asked: list[str] = []

    def agree(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.once("dialog", agree)
    Keyboard(page).press(page.locator("#exclude-shown"))
    expect(page.locator("#shown")).to_contain_text("62 examples, as they are")
    assert asked == ["Leave all 62 rows out of training? You can take it back on the Checks page."]
    page.goto(home)
    expect(page.get_by_text("“broken” in the text")).to_be_visible()
    undo = page.get_by_role("button", name=re.compile(r"Undo ?: 62 rows were excluded by hand"))
    undo.press("Enter")
    expect(undo).to_have_count(0)
    expect(page.locator("#findings")).to_be_focused()
    assert barriers(page) == []
