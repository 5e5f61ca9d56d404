"""What a person does on the pages, in the order of the product: upload, prepare, fine-tune, follow, try, delete."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

DATASET = re.compile(r"/datasets/\d+/$")
FINE_TUNE = re.compile(r"/finetunes/\d+/$")
CHARTS = ["Loss", "Sequence accuracy", "Token accuracy", "Classification"]
TRAINING_MS = 150_000


@dataclass
class Answer:
    """The probability bars of the playground, in percent, likeliest first."""

    classes: list[str]
    shares: list[float]


def upload(page: Page, file: Path) -> None:
    page.goto("/datasets/upload/")
    page.set_input_files("input[type=file]", file)
    page.click("[data-submit]")
    page.wait_for_url(DATASET)
    expect(page.get_by_role("heading", name="What we would change")).to_be_visible(timeout=60_000)


def accept_all_recommended(page: Page) -> None:
    page.click("#accept-all")
    expect(finding(page, "A space was put before completions.")).to_be_visible(timeout=60_000)
    expect(finding(page, "was added to prompts")).to_be_visible()


def finding(page: Page, words: str) -> Locator:
    return page.get_by_role("heading", name=words)


def make_version(page: Page) -> None:
    page.get_by_role("link", name="Make version").click()
    page.locator("#make").get_by_role("button", name="Make version").click()
    page.get_by_role("link", name="Look at version 1").click(timeout=60_000)


def start_classifier(page: Page, base: str, positive_class: str) -> None:
    """From the version's page: validation and metrics are filled in, the positive class is chosen."""
    page.get_by_role("link", name="Fine-tune", exact=True).click()
    choose(page, "Base model", base)
    choose(page, "Positive class (optional)", positive_class)
    expect(page.get_by_label("Use the validation part")).to_be_checked()
    expect(page.get_by_label("Compute classification metrics")).to_be_checked()
    page.get_by_role("button", name="Start fine-tune").click()
    page.wait_for_url(FINE_TUNE)


def choose(page: Page, label: str, value: str) -> None:
    """Choose and wait until the form has been drawn again by what was chosen."""
    field = page.get_by_label(label, exact=True)
    if field.input_value() != value:
        page.wait_for_load_state()  # before that, no script listens
        with page.expect_response(re.compile("/finetunes/new/")):
            field.select_option(value)
        expect(page.get_by_label(label, exact=True)).to_have_value(value)


def follow_to_the_end(page: Page) -> None:
    expect(page.locator("#part-status")).to_contain_text("Succeeded", timeout=TRAINING_MS)
    expect(page.get_by_text("The model is ready.")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("region", name="Verdict")).to_be_visible(timeout=30_000)


def charts(page: Page) -> list[str]:
    """Return the titles of the charts once each is drawn."""
    drawn = page.locator(".plot .main-svg").first
    expect(drawn).to_be_visible()
    figures = page.locator("figure.chart")
    for number in range(figures.count()):
        figures.nth(number).scroll_into_view_if_needed()
        expect(figures.nth(number).locator(".scatterlayer path.js-line").first).to_be_attached()
    return figures.locator("h2").all_inner_texts()


def results(page: Page) -> list[dict[str, str]]:
    """Return the rows of the results file that the page offers."""
    with page.expect_download() as download:
        page.get_by_role("link", name="results.csv").first.click()
    return list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8"))))


def column(rows: list[dict[str, str]], name: str) -> list[float]:
    return [float(row[name]) for row in rows if row[name]]


def ask(page: Page, text: str) -> Answer:
    page.get_by_label("Text", exact=True).fill(text)
    page.wait_for_load_state()  # the key is heard by the page's script
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_have_text("Done", timeout=30_000)
    rows = page.locator("#bars .prob")
    shares = [float(share.removesuffix("%")) for share in rows.locator("[data-value]").all_inner_texts()]
    return Answer(rows.locator("[data-name]").all_inner_texts(), shares)


def invite_member(page: Page, guest: Page) -> None:
    """As an owner make the link, as a guest in another browser follow it and join."""
    page.goto("/team/")
    page.get_by_role("button", name="Make the link").click()
    guest.goto(page.get_by_label("Link", exact=True).input_value())
    guest.get_by_label("Name").fill("Max Member")
    guest.get_by_label("E-mail address").fill("max@example.com")
    guest.get_by_label("Password").fill("correct horse battery staple")
    guest.get_by_role("button", name="Make the account and join").click()
    guest.wait_for_url(re.compile(r":\d+/$"))
