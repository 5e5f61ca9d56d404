"""Asking with the keyboard alone, in a real browser: what differs is mended, waits are seen, nothing typed is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from tests.browser.person import barriers, overflow, sign_in
from tests.playground.provider import HangsUp, Raw, Refusal, Silent, Streamed, chat_chunk, completion, usage
from tests.playground.served import Site, opened, status, visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("playground-browser")]

TOP = {" hockey": -0.1, " baseball": -2.4}
YES = {" yes": -0.6, " no": -0.8}
CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Busan"}'}}


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    yield from opened(browser, site)


def previewed(page: Page, *, holds: str) -> None:
    expect(page.locator("#request [data-code=json] pre")).to_contain_text(holds)


def reach(page: Page, name: str) -> None:
    """Go on with Tab until the control with this name has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if name == page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()"):
            return
    raise AssertionError(f"no way to {name}")


def test_a_classifiers_separator_is_mended_with_the_keyboard(page: Page, site: Site) -> None:
    site.provider.will(Streamed([completion(" hockey", finish="length", top=TOP), usage(9, 1)]))
    visit(page, site, "classes")
    page.keyboard.type("The Leafs scored twice. ###")
    expect(page.locator("#remarks")).to_contain_text("In training each prompt ended")
    reach(page, "End it as in training")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Text", exact=True)).to_have_value("The Leafs scored twice.")
    expect(page.get_by_label("Text", exact=True)).to_be_focused()
    expect(page.locator("#remarks li")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    status(page).to_have_text("Done")
    assert site.provider.received[-1].body["prompt"] == "The Leafs scored twice.\n\n###\n\n"


def test_enter_in_a_setting_runs_and_does_not_press_a_remarks_button(page: Page, site: Site) -> None:
    site.provider.will(Streamed([completion("A bag.")]))
    visit(page, site, "text")
    page.keyboard.type("bag -> ")
    expect(page.locator("#remarks button")).to_have_count(1)
    page.get_by_label("Temperature").press("Enter")
    status(page).to_have_text("Done")
    expect(page.get_by_label("Text", exact=True)).to_have_value("bag -> ")


def test_a_generator_is_stopped_with_escape_and_run_again(page: Page, site: Site) -> None:
    site.provider.will(Streamed([completion("As far as", finish=None)], waits=True))
    visit(page, site, "text")
    page.keyboard.type("bag")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#samples")).to_contain_text("As far as")
    page.keyboard.press("Escape")
    status(page).to_have_text("Stopped by you")
    site.provider.will(Streamed([completion(" it", top={" it": -0.5, " no": -1.0}), usage(3, 1)]))
    page.keyboard.press("Control+Enter")
    status(page).to_have_text("Done")
    expect(page.locator("#measures")).to_contain_text("Costunknown: no price is written down")


def test_a_token_tells_its_alternatives_to_pointer_and_keyboard(page: Page, site: Site) -> None:
    words = [completion(word, finish=None, top={word: -0.5, " no": -1.0}) for word in ("Yes", " it", " is")]
    site.provider.will(Streamed(words))
    visit(page, site, "text")
    page.keyboard.type("bag")
    page.keyboard.press("Control+Enter")
    status(page).to_have_text("Done")
    page.locator(".token").nth(2).hover()
    expect(page.locator("[data-token]")).to_contain_text("␣is 60.7 % (-0.50) · ␣no 36.8 % (-1.00)")
    reach(page, "Yes")
    expect(page.locator("[data-token]")).to_contain_text("Yes 60.7 %")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-token]")).to_contain_text("␣it 60.7 %")


def test_a_wait_is_counted_down_and_escape_ends_it(page: Page, site: Site) -> None:
    site.provider.will(Refusal(429, "Slow down", headers={"Retry-After": "60"}))
    visit(page, site, "text")
    page.keyboard.type("bag")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-countdown]")).to_contain_text("Trying again by itself in 5")
    page.keyboard.press("Escape")
    expect(page.locator("[data-countdown]")).to_be_hidden()
    expect(page.get_by_label("Text", exact=True)).to_have_value("bag")


def test_a_wait_that_is_over_asks_again_by_itself(page: Page, site: Site) -> None:
    page.clock.install()
    site.provider.will(Refusal(429, "Slow down", headers={"Retry-After": "60"}), Streamed([completion("Here I am.")]))
    visit(page, site, "text")
    page.keyboard.type("bag")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-countdown]")).to_contain_text("Trying again by itself in")
    page.clock.run_for(61_000)
    expect(page.locator("#samples")).to_contain_text("Here I am.")


def test_an_answer_that_does_not_begin_is_watched_and_stopped(page: Page, site: Site) -> None:
    page.clock.install()
    site.provider.will(Silent(begins=True))
    visit(page, site, "text")
    page.keyboard.type("bag")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#stop")).to_be_visible()
    page.clock.run_for(11_000)
    status(page).to_contain_text("Nothing has come yet.")
    expect(page.locator("#elapsed")).to_contain_text("s")
    page.keyboard.press("Escape")
    status(page).to_have_text("Stopped by you")


def test_nonsense_and_a_hung_up_line_are_sentences_and_the_next_answer_comes(page: Page, site: Site) -> None:
    half = f"data: {json.dumps(completion('As far', finish=None))}\n\ndata: <html>\n\n".encode()
    visit(page, site, "text")
    page.keyboard.type("bag")
    for answer, sentence in (
        (Raw(half, kind="text/event-stream"), "The answer broke off."),
        (Raw(b"<html>", kind="text/html"), "The provider's answer makes no sense."),
    ):
        site.provider.will(answer)
        page.keyboard.press("Control+Enter")
        expect(page.locator("#trouble")).to_contain_text(sentence)
        expect(page.locator("#stop")).to_be_hidden()  # what came is kept by then, and the next question may be asked
    site.provider.will(HangsUp(), Streamed([completion("Here I am.")]))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#samples")).to_contain_text("Here I am.")
    expect(page.get_by_label("Text", exact=True)).to_have_value("bag")


def test_a_form_of_columns_is_filled_and_turned_into_text_and_back(page: Page, site: Site) -> None:
    site.provider.will(Streamed([completion(" yes", finish="length", top=YES), usage(1000, 1)]))
    visit(page, site, "columns")
    page.keyboard.type("Birch Lane")
    page.keyboard.press("Tab")
    page.keyboard.type("Real wood.")
    page.keyboard.press("Control+Enter")
    status(page).to_have_text("Done")
    assert site.provider.received[-1].body["prompt"] == "Company: Birch Lane\nAd: Real wood.\nSupported:"
    expect(page.locator("#measures")).to_contain_text("0.0016 USD")
    expect(page.locator("#decision")).to_have_text("yes at 0.41 or more: here 0.55, so yes.")
    page.get_by_role("button", name="Text", exact=True).press("Enter")
    expect(page.get_by_label("Text", exact=True)).to_have_value("Company: Birch Lane\nAd: Real wood.")
    expect(page.locator("#samples")).to_contain_text("yes")
    page.get_by_label("Text", exact=True).fill("Company: Tidewater\nAd: Boots.")
    page.get_by_role("button", name="Form", exact=True).press("Enter")
    expect(page.get_by_label("company")).to_have_value("Tidewater")
    expect(page.get_by_label("company")).to_be_focused()


def test_what_was_typed_survives_a_reload_settings_and_columns_too(page: Page, site: Site) -> None:
    visit(page, site, "columns")
    page.get_by_label("company").fill("Birch Lane")
    page.get_by_label("Temperature").fill("0.7")
    page.reload()
    expect(page.get_by_label("company")).to_have_value("Birch Lane")
    expect(page.get_by_label("Temperature")).to_have_value("0.7")
    previewed(page, holds="Birch Lane")
    page.get_by_role("button", name="Text", exact=True).click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Company: Birch Lane\nAd: ")
    page.reload()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Company: Birch Lane\nAd: ")
    page.get_by_role("button", name="Set as in training").click()
    expect(page.get_by_label("Temperature")).to_have_value("0")
    expect(page.get_by_label("company")).to_have_value("Birch Lane")


def test_whoever_was_signed_out_signs_in_elsewhere_and_goes_on(browser: Browser, site: Site) -> None:
    for page in opened(browser, site):
        site.provider.will(Streamed([completion("Here I am.")]))
        visit(page, site, "text")
        page.get_by_label("Text", exact=True).fill("bag")
        previewed(page, holds="bag")
        page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
        page.get_by_role("button", name="Run").click()
        expect(page.locator("#trouble")).to_contain_text("You are signed out.")
        other = page.context.new_page()
        sign_in(other, site.address, "member@example.com", "correct horse")
        page.get_by_role("button", name="Retry", exact=True).click()
        expect(page.locator("#samples")).to_contain_text("Here I am.")
        assert site.provider.received[-1].body["prompt"] == "bag ->"


def test_whoever_types_on_after_being_signed_out_finds_it_all_again(browser: Browser, site: Site) -> None:
    for page in opened(browser, site):
        visit(page, site, "text")
        expect(page.locator("#request")).to_contain_text("Nothing could be sent yet")
        page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
        page.get_by_label("Text", exact=True).fill("a bag of words")
        page.fill("input[name=login]", "member@example.com")
        page.fill("input[name=password]", "correct horse")
        page.press("input[name=password]", "Enter")
        expect(page.get_by_label("Text", exact=True)).to_have_value("a bag of words")


def test_a_tool_that_a_chat_model_asks_for_is_shown(page: Page, site: Site) -> None:
    site.provider.will(Streamed([chat_chunk("", calls=[CALL]), chat_chunk("", finish="tool_calls")]))
    visit(page, site, "chat")
    page.get_by_label("Message", exact=True).fill("Rain?")
    page.get_by_text("Advanced").click()
    page.get_by_label("Tools", exact=False).first.fill("[")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("This is not JSON: something is wrong in line 1")).to_be_visible()
    page.keyboard.press("Control+A")
    page.keyboard.type(json.dumps([{"type": "function", "function": {"name": "weather"}}]))
    page.keyboard.press("Control+Enter")
    status(page).to_have_text("Done")
    expect(page.locator(".call code")).to_have_text("weather")
    expect(page.locator(".call pre")).to_have_text('{\n  "city": "Busan"\n}')
    expect(page.get_by_role("button", name="Continue the chat")).to_be_hidden()


def test_the_request_is_copied_as_code(browser: Browser, site: Site) -> None:
    for page in opened(browser, site, permissions=["clipboard-read", "clipboard-write"]):
        visit(page, site, "text")
        page.keyboard.type("it's `a` $(bag)")
        page.get_by_text("exactly what is sent").click()
        page.get_by_role("radio", name="cURL").check()
        expect(page.locator("#code-curl")).to_contain_text("it's `a` $(bag) ->")
        expect(page.locator("#request [data-code=json]")).to_be_hidden()
        shown = page.locator("#code-curl").text_content()
        page.locator("[data-code=curl] button").press("Enter")
        expect(page.locator("[data-code=curl] button")).to_contain_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == shown


def test_without_javascript_remarks_programs_and_columns_work_too(browser: Browser, site: Site) -> None:
    for page in opened(browser, site, java_script_enabled=False):
        visit(page, site, "classes")
        page.get_by_label("Text", exact=True).fill("A post ###")
        page.get_by_role("button", name="Show the request").click()
        page.get_by_role("radio", name="Node").check()
        expect(page.locator("#code-node")).to_contain_text("A post ###\\n\\n###\\n\\n")
        page.get_by_role("button", name="End it as in training").click()
        expect(page.get_by_label("Text", exact=True)).to_have_value("A post")
        visit(page, site, "columns")
        page.get_by_label("company").fill("Birch")
        page.get_by_role("button", name="Text", exact=True).click()
        expect(page.get_by_label("Text", exact=True)).to_have_value("Company: Birch\nAd: ")
        page.get_by_label("Temperature").press("Enter")
        expect(page).to_have_url(f"{site.address}/playground/answer/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_new_is_in_the_way_of_people(browser: Browser, site: Site, scheme: Any, width: int) -> None:
    screen = {"width": width, "height": 800}
    for page in opened(browser, site, color_scheme=scheme, viewport=screen, reduced_motion="reduce"):
        site.provider.will(Streamed([completion(" yes", finish="length", top=YES)]))
        visit(page, site, "columns")
        page.get_by_label("company").fill("Birch")
        page.keyboard.press("Control+Enter")
        status(page).to_have_text("Done")
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        previewed(page, holds="Birch")
        page.get_by_role("radio", name="Python", exact=True).check()
        assert barriers(page) == []
        page.get_by_role("button", name="Text", exact=True).click()
        page.get_by_label("Text", exact=True).fill("Other \nSupported:\n")
        expect(page.locator("#remarks button")).not_to_have_count(0)
        assert barriers(page) == []
        assert overflow(page) == 0
        site.provider.will(Streamed([chat_chunk("", calls=[CALL]), chat_chunk("", finish="tool_calls")]))
        visit(page, site, "chat")
        page.get_by_label("Message", exact=True).fill("Rain?")
        page.keyboard.press("Control+Enter")
        status(page).to_have_text("Done")
        assert barriers(page) == []
        assert overflow(page) == 0
