"""The whole wizard by keyboard alone: a classifier, a generator and a chat dataset, from the file to the version."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.keyboard import Keyboard
from tests.browser.person import listened
from tests.datasets.made import TICKETS, csv_of, jsonl_of
from tests.product import Product, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("datasets-keyboard")]

ANSWERS = [(f"Customer {number} asks where parcel {number} is.", f"Parcel {number} is on its way.") for number in range(30)]
CHATS = [
    {
        "messages": [
            {"role": "user", "content": f"Where is {number}?"},
            {"role": "assistant", "content": f"At gate {number}."},
        ]
    }
    for number in range(20)
]
CHECKED = re.compile(r"/datasets/\d+/$")
LONG = b"prompt,completion\n" + b"".join(b"%d: the same words again and again,yes\n" % number for number in range(900_000))


@pytest.fixture
def context(browser: Browser, product: Product, signed_in: Any) -> Iterator[BrowserContext]:
    size: Any = {"width": 1280, "height": 900}
    context = browser.new_context(base_url=product.address, storage_state=signed_in, viewport=size)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    with listened(context.new_page()) as page:
        yield page


@pytest.fixture
def keys(page: Page) -> Keyboard:
    return Keyboard(page)


def upload(keys: Keyboard, name: str, content: bytes) -> None:
    keys.page.goto("/datasets/upload/")
    keys.file(keys.page.locator("input[type=file]"), name, content)
    expect(keys.page.locator("[data-chosen]")).to_contain_text(name)
    keys.button("Upload")


def accept_all(keys: Keyboard) -> None:
    expect(keys.page.get_by_role("heading", name="What we would change")).to_be_visible()
    keys.button("Accept all recommended")
    expect(keys.page.get_by_role("button", name="Undo").first).to_be_visible()
    expect(keys.page.locator("#findings")).to_be_focused()


def search(keys: Keyboard, words: str, found: str) -> None:
    keys.link("Examples")
    keys.to(keys.page.locator("#q"))
    keys.page.keyboard.type(words)
    expect(keys.page.get_by_text(found)).to_be_visible()


def make_version(keys: Keyboard, training: int) -> None:
    keys.link("Versions")
    keys.to(keys.page.get_by_label("Validation share"))
    keys.page.keyboard.type("10")
    keys.button("Make version")
    keys.press(keys.page.get_by_role("link", name="Look at version 1"))
    expect(keys.page.locator(".tile").first).to_contain_text(str(training))
    keys.to(keys.page.get_by_role("link", name="Fine-tune", exact=True))


def test_a_classifier_from_columns_of_other_names(keys: Keyboard) -> None:
    upload(keys, "tickets.csv", csv_of(TICKETS, "answer,question"))
    expect(keys.page.get_by_text("Which column is what?")).to_be_visible()
    keys.select(keys.page.locator("select[name=prompt]"), "answer")
    keys.select(keys.page.locator("select[name=completion]"), "question")
    expect(keys.page.locator("th[data-column=answer]")).to_contain_text("Prompt")
    keys.button("Read the file like this")
    accept_all(keys)
    expect(keys.page.get_by_text("Classification").first).to_be_visible()
    search(keys, "17: a message", "2 examples of")
    make_version(keys, 108)


def test_a_generator_whose_findings_are_decided_one_by_one(keys: Keyboard) -> None:
    upload(keys, "answers.tsv", "\n".join(["prompt\tcompletion", *("\t".join(row) for row in ANSWERS)]).encode())
    skip = keys.page.get_by_role("button", name=re.compile("^Skip")).first
    expect(skip).to_be_visible()
    keys.press(skip)
    expect(keys.page.get_by_role("heading", name=re.compile("^Skipped"))).to_be_visible()
    keys.press(keys.page.get_by_role("button", name=re.compile("^Undo")).first)
    expect(keys.page.get_by_role("heading", name=re.compile("^Skipped"))).to_have_count(0)
    accept_all(keys)
    search(keys, "parcel 17", "1 example of")
    make_version(keys, 27)


def test_a_chat(keys: Keyboard) -> None:
    upload(keys, "chats.jsonl", jsonl_of(CHATS))
    expect(keys.page.get_by_role("heading", name="In numbers")).to_be_visible()
    search(keys, "gate 13", "1 example of")
    make_version(keys, 18)


def test_an_upload_is_cancelled_and_sent_again(keys: Keyboard) -> None:
    page = keys.page
    page.route("**/datasets/upload/", lambda route: None if route.request.method == "POST" else route.continue_())
    upload(keys, "tickets.csv", csv_of(TICKETS))
    keys.button("Cancel")
    expect(page.locator("[data-error]")).to_have_text("Cancelled; nothing was kept.")
    expect(page.locator("[data-submit]")).to_be_focused()
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    page.unroute_all()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What we would change")).to_be_visible()


def test_reading_is_cancelled_leaves_nothing_behind_and_is_taken_up_again(keys: Keyboard, product: Product) -> None:
    page = keys.page
    upload(keys, "long.csv.gz", gzip.compress(LONG, 1))
    page.wait_for_url(CHECKED)
    keys.button("Cancel")
    expect(page.get_by_text("Reading was cancelled.")).to_be_visible()
    drafts = product.data / "drafts"
    wait_for(lambda: not any(drafts.glob("*")), "the worker to notice", 3.0)
    keys.button("Read it again")
    expect(page.get_by_text("The file is being read again.")).to_be_visible()
    keys.button("Cancel")
    page.once("dialog", lambda dialog: dialog.accept())
    keys.press(page.get_by_role("button", name="Delete", exact=True))
    expect(page.get_by_text("“long” was deleted.")).to_be_visible()
