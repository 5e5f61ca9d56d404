"""What stays of a question, in a real browser: judged, corrected, made a version, shared, found again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.person import barriers, overflow
from tests.playground.provider import Streamed, chat_chunk, completion, usage
from tests.playground.served import Site, opened, served, status, visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("playground-browser")]

SEED = Path(__file__).with_name("seed.py")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("kept"), SEED, ("tickets", "talk")) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    yield from opened(browser, site)


def reach(page: Page, name: str) -> None:
    """Go on with Tab until the control that is so named has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.replace(/\\s+/g, ' ').trim()").endswith(name):
            return
    raise AssertionError(f"no way to {name}")


def answered(page: Page, site: Site, text: str, said: str = " billing") -> None:
    """Ask with the keyboard, and wait until the answer can be judged."""
    site.provider.will(Streamed([completion(said, finish="length"), usage(9, 1)]))
    visit(page, site, "tickets")
    page.get_by_label("Text", exact=True).fill(text)
    page.keyboard.press("Control+Enter")
    status(page).to_have_text("Done")
    expect(page.get_by_role("button", name="Not good")).to_be_visible()


def test_from_a_wrong_answer_to_a_new_version_by_keyboard_alone(page: Page, site: Site) -> None:
    answered(page, site, "A lamp is dark")
    asked = len(site.provider.received)
    reach(page, "Not good")
    page.keyboard.press("Enter")
    correction = page.get_by_label("What the model should answer")
    expect(correction).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("repairs")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#correct-form-problem")).to_contain_text("knows no such class")
    expect(correction).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Backspace")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#judging [data-said]")).to_be_focused()
    expect(page.locator("#judging [data-said]")).to_have_text("Collected. It waits for the next version of tickets.")
    assert len(site.provider.received) == asked, "collecting asks no model"
    reach(page, "Collected examples")
    page.keyboard.press("Enter")
    expect(page.get_by_role("listitem").filter(has_text="A lamp is dark")).to_contain_text("repair corrected")
    reach(page, "Make the new version")
    page.keyboard.press("Enter")
    page.wait_for_url("**/versions/")
    reach(page, "Look at version 2")
    page.keyboard.press("Enter")
    expect(page.locator(".steps")).to_contain_text("collected in the playground")


def test_a_thumb_collects_and_is_taken_back(page: Page, site: Site) -> None:
    answered(page, site, "The bulb is broken", said=" repair")
    page.get_by_role("button", name="Good: collect it").click()
    expect(page.locator("#judging")).to_contain_text("It waits for the next version of tickets.")
    expect(page.get_by_role("button", name="Good: collect it")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Do not collect it").click()
    expect(page.locator("#judging")).to_contain_text("It is not collected any more.")
    page.get_by_label("Text", exact=True).fill("Another question")
    page.keyboard.press("Control+Enter")
    status(page).to_have_text("Done")
    expect(page.get_by_role("button", name="Good: collect it")).to_have_attribute("aria-pressed", "false")


def test_a_prompt_is_shared_with_enter_and_opened_again(page: Page, site: Site) -> None:
    asked = len(site.provider.received)
    visit(page, site, "tickets")
    page.get_by_label("Text", exact=True).fill("Where is my bill?")
    page.get_by_text("Share this prompt").click()
    page.get_by_label("Name", exact=True).fill("A bill")
    page.keyboard.press("Enter")
    expect(page.locator("#sharing")).to_contain_text("Everybody in the organization finds it above.")
    assert len(site.provider.received) == asked, "sharing asks no model"
    page.get_by_label("Text", exact=True).fill("Something else")
    page.get_by_label("Shared prompts").select_option("A bill")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Where is my bill?")


def test_a_chat_is_found_in_the_history_and_goes_on(page: Page, site: Site) -> None:
    site.provider.will(Streamed([chat_chunk("Ahoy"), chat_chunk("", finish="stop"), usage(9, 1)]))
    visit(page, site, "talk")
    page.get_by_label("Message", exact=True).fill("Who are you?")
    page.keyboard.press("Control+Enter")
    status(page).to_have_text("Done")
    expect(page.get_by_role("button", name="Not good")).to_be_visible()
    page.get_by_role("link", name="History").click()
    page.get_by_role("searchbox").fill("WHO ARE")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Who are you?").click()
    page.get_by_role("link", name="Continue the chat").click()
    expect(page.get_by_label("Message", exact=True)).to_have_count(3)
    expect(page.get_by_label("Message", exact=True).nth(1)).to_have_value("Ahoy")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_bars_the_way_and_nothing_is_too_wide(browser: Browser, site: Site, scheme: str) -> None:
    size = {"width": 390, "height": 844}
    for page in opened(browser, site, viewport=size, color_scheme=scheme, bypass_csp=True):
        _look_everywhere(page, site, f"A mast is loose, said a {scheme} one")


def _look_everywhere(narrow: Page, site: Site, question: str) -> None:
    answered(narrow, site, question, said=" repair")
    narrow.get_by_role("button", name="Not good").click()
    expect(narrow.get_by_label("What the model should answer")).to_be_visible()
    narrow.get_by_text("Share this prompt").click()
    expect(narrow.get_by_label("Name", exact=True)).to_be_visible()
    assert (barriers(narrow), overflow(narrow)) == ([], 0)
    narrow.get_by_role("button", name="Good: collect it").click()
    expect(narrow.locator("#judging")).to_contain_text("It waits for the next version")
    for address in ("/playground/history/", "/playground/prompts/", "/playground/collected/?dataset=1"):
        narrow.goto(address)
        assert (address, barriers(narrow), overflow(narrow)) == (address, [], 0)
    narrow.get_by_role("link", name=f"Change {question}").click()
    expect(narrow.get_by_label("What the model should answer")).to_be_visible()
    assert (barriers(narrow), overflow(narrow)) == ([], 0)
    narrow.goto("/playground/history/")
    narrow.get_by_role("link", name=question).first.click()
    expect(narrow.get_by_role("heading", name="Was it good?")).to_be_visible()
    assert (barriers(narrow), overflow(narrow)) == ([], 0)
