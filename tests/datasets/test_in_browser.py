"""A person at the page: drops a file, points at columns, decides by keyboard, makes a version; on any screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.person import barriers, listened, overflow
from tests.datasets.made import TICKETS, csv_of, jsonl_of
from tests.datasets.workbooks import workbook

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("datasets-browser")]

CHECKED = re.compile(r"/datasets/\d+/$")
DROP = """
([drop, name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  drop.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}
"""


@pytest.fixture
def context(browser: Browser, address: str, signed_in: Any) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=address, storage_state=signed_in, viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    with listened(context.new_page()) as page:
        yield page


def choose(page: Page, content: bytes, name: str = "tickets.csv") -> None:
    page.goto("/datasets/upload/")
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content})


def upload(page: Page, content: bytes, name: str = "tickets.csv") -> None:
    choose(page, content, name)
    page.click("[data-submit]")
    page.wait_for_url(CHECKED)


def done(page: Page, words: str) -> Locator:
    """The entry of a decision that has been made."""
    return page.get_by_role("heading", name=words)


def test_a_dropped_file_is_sent_read_and_checked_while_the_page_follows(page: Page) -> None:
    page.goto("/datasets/upload/")
    drop = page.locator("[data-drop]").element_handle()
    page.evaluate(DROP, [drop, "dropped.csv", csv_of(TICKETS).decode()])
    expect(page.locator("[data-chosen]")).to_contain_text("dropped.csv")
    page.click("[data-submit]")
    page.wait_for_url(CHECKED)
    expect(page.get_by_role("heading", name="What we would change")).to_be_visible()
    expect(page.locator("h1")).to_contain_text("2 things to decide")


def test_columns_are_pointed_at_and_the_preview_shows_which_is_which(page: Page) -> None:
    choose(page, csv_of(TICKETS, "question,answer"))
    page.click("[data-submit]")
    expect(page.get_by_text("Which column is what?")).to_be_visible()
    page.select_option("select[name=prompt]", "answer")
    expect(page.locator("th[data-column=answer]")).to_contain_text("Prompt")
    page.select_option("select[name=prompt]", "question")
    expect(page.locator("th[data-column=question]")).to_contain_text("Prompt")
    expect(page.locator("th[data-column=answer]")).to_contain_text("Completion")
    page.click("text=Read the file like this")
    expect(page.get_by_role("heading", name="What we would change")).to_be_visible()


def test_only_the_columns_of_the_chosen_format_are_asked_for(page: Page) -> None:
    choose(page, csv_of(TICKETS, "asked,said"))
    page.click("[data-submit]")
    expect(page.locator("select[name=messages]")).to_be_hidden()
    page.check("input[name=format][value=chat]")
    expect(page.locator("select[name=messages]")).to_be_visible()
    expect(page.locator("select[name=prompt]")).to_be_hidden()


def test_a_conversation_is_seen_as_prompts_and_completions_while_names_are_typed(page: Page) -> None:
    messages = [{"role": "user", "content": "Where is it?"}, {"role": "assistant", "content": "Here."}]
    upload(page, jsonl_of([{"messages": messages}] * 20), "chats.jsonl")
    expect(page.get_by_role("heading", name="What we would change")).to_be_visible()
    page.goto(f"{page.url}columns/")
    page.check("input[name=format][value=made-pairs]")
    expect(page.locator("#seen")).to_contain_text("Customer: Where is it?\\nAgent:")
    page.fill("input[name=asks]", "Guest")
    expect(page.locator("#seen")).to_contain_text("Guest: Where is it?\\nAgent:")
    page.click("text=Read the file like this")
    expect(page.get_by_role("heading", name="What we would change")).to_be_visible()


def test_the_row_with_the_names_is_corrected(page: Page) -> None:
    rows = [["Tickets", "of March"], *[[f"question {number}", "answer"] for number in range(20)]]
    choose(page, workbook(rows), "book.xlsx")
    page.click("[data-submit]")
    expect(page.locator("select[name=header_row]")).to_have_value("1")
    page.select_option("select[name=header_row]", "0")
    page.click("text=Read the file like this")
    expect(page.locator("th[data-column='Column 1']")).to_be_visible()
    expect(page.locator("select[name=header_row]")).to_have_value("0")


def test_findings_are_decided_by_keyboard_and_the_place_is_kept(page: Page) -> None:
    upload(page, csv_of([*TICKETS, TICKETS[0]]))
    expect(page.locator("#apply-duplicates")).to_be_visible()
    page.focus("#apply-duplicates")
    page.keyboard.press("Enter")
    expect(done(page, "Exact duplicates were removed")).to_be_visible()
    expect(page.locator("#findings")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(done(page, "was added to prompts")).to_be_visible()
    expect(done(page, "A space was put before completions.")).to_be_visible()
    page.get_by_role("button", name="Exact duplicates").press("Enter")
    expect(page.locator("#apply-duplicates")).to_be_visible()


def test_a_version_is_made_and_leads_to_a_fine_tune(page: Page) -> None:
    upload(page, csv_of(TICKETS))
    page.click("#accept-all")
    expect(done(page, "A space was put before completions.")).to_be_visible()
    page.get_by_role("link", name="Make version").click()
    page.fill("input[name=share]", "25")
    page.locator("#make").get_by_role("button", name="Make version").click()
    page.get_by_role("link", name="Look at version 1").click()
    expect(page.locator(".tile").nth(0)).to_contain_text("90")
    expect(page.locator(".tile").nth(1)).to_contain_text("30")
    with page.expect_download() as download:
        page.get_by_role("link", name="Training JSONL").click()
    assert Path(download.value.path()).read_bytes().count(b"\n") == 90
    page.get_by_role("link", name="Fine-tune", exact=True).click()
    page.wait_for_url(re.compile(r"/finetunes/new/\?version=\d+"))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [("x.csv", b"", "The file is empty."), ("big.csv", b"x" * 10_000, "the most that this server takes")],
)
def test_what_the_server_would_refuse_is_said_before_it_is_sent(
    page: Page, name: str, content: bytes, sentence: str
) -> None:
    page.goto("/datasets/upload/")
    page.evaluate("document.getElementById('upload').dataset.maxBytes = '5000'")
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content})
    expect(page.locator("[data-error]")).to_contain_text(sentence)
    page.click("[data-submit]")
    assert page.url.endswith("/datasets/upload/")


def test_an_upload_that_breaks_off_is_told_and_can_be_tried_again(page: Page) -> None:
    choose(page, csv_of(TICKETS))
    with_network = "**/datasets/upload/"
    page.route(with_network, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.click("[data-submit]")
    expect(page.locator("[data-error]")).to_contain_text("The upload broke off.")
    expect(page.locator("[data-submit]")).to_be_enabled()
    page.unroute(with_network)
    page.click("[data-submit]")
    page.wait_for_url(CHECKED)


def test_a_file_that_cannot_be_read_says_why_where_it_was_chosen(context: BrowserContext) -> None:
    with listened(context.new_page(), meant="status of 422") as page:
        choose(page, b"only words\n", "notes.rtf")
        page.click("[data-submit]")
        expect(page.locator("[data-error]")).to_contain_text("Files that end in .rtf are not read.")
        page.set_input_files("input[type=file]", {"name": "t.csv", "mimeType": "text/csv", "buffer": csv_of(TICKETS)})
        page.click("[data-submit]")
        page.wait_for_url(CHECKED)


def test_examples_are_searched_as_one_types_and_the_address_follows(page: Page) -> None:
    upload(page, csv_of(TICKETS))
    expect(page.get_by_role("heading", name="What we would change")).to_be_visible()
    page.get_by_role("link", name="Examples").click()
    page.fill("#q", "17: a message")
    expect(page.get_by_text("2 examples of")).to_be_visible()
    page.wait_for_url(re.compile(r"\?q=17"))
    page.reload()
    expect(page.get_by_text("2 examples of")).to_be_visible()


def test_everything_works_without_javascript(browser: Browser, address: str, signed_in: Any) -> None:
    context = browser.new_context(base_url=address, storage_state=signed_in, java_script_enabled=False)
    page = context.new_page()
    upload(page, csv_of(TICKETS))
    for _look in range(100):
        if page.get_by_role("button", name="Accept all recommended").count():
            break
        page.wait_for_timeout(100)
        page.reload()
    page.get_by_role("button", name="Accept all recommended").click()
    expect(done(page, "A space was put before completions.")).to_be_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_wider_than_the_screen_or_hard_to_read(
    browser: Browser, address: str, signed_in: Any, scheme: Any, width: int
) -> None:
    context = browser.new_context(
        base_url=address,
        storage_state=signed_in,
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,  # for axe, which is put into the page
    )
    page = context.new_page()
    upload(page, csv_of([*TICKETS, ("x" * 5000, "billing")]) + b"bad row\n")
    expect(page.get_by_role("heading", name="What we would change")).to_be_visible()
    here = page.url
    for path in ("/datasets/", "/datasets/upload/", here, f"{here}columns/", f"{here}examples/", f"{here}versions/"):
        page.goto(path)
        assert (path, overflow(page), barriers(page)) == (path, 0, [])
    context.close()
