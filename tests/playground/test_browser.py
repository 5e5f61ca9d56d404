"""The page in a real browser, before a provider that does what a test wants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.person import barriers, overflow
from tests.playground.provider import PATIENCE, Refusal, Streamed, chat_chunk, completion, usage
from tests.playground.served import Site, opened, status, visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("playground-browser")]

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
TOP = {" hockey": -0.1, " baseball": -2.4}


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    yield from opened(browser, site)


def test_a_classifier_is_asked_with_the_keyboard_alone_and_shows_both_classes(page: Page, site: Site) -> None:
    site.provider.will(Streamed([completion(" hockey", finish="length", top=TOP), usage(9, 1)]))
    visit(page, site, "classes")
    page.keyboard.type("The Leafs scored twice.")
    page.keyboard.press("Control+Enter")
    status(page).to_have_text("Done")
    expect(page.locator("#bars [data-name]")).to_have_text(["hockey", "baseball"])
    expect(page.locator("#samples")).to_contain_text("One token, as set.")
    expect(page.locator("#measures")).to_contain_text("9 in, 1 out")
    assert site.provider.received[-1].body["prompt"] == "The Leafs scored twice.\n\n###\n\n"
    assert site.provider.received[-1].body["max_tokens"] == 1


def test_the_request_is_shown_before_it_is_sent_and_the_separator_can_be_turned_off(page: Page, site: Site) -> None:
    visit(page, site, "classes")
    sent = len(site.provider.received)
    page.get_by_label("Text", exact=True).fill("A post")
    page.get_by_text("exactly what is sent").click()
    expect(page.locator("#request [data-code=json] pre")).to_contain_text(r"A post\n\n###\n\n")
    page.get_by_label("separator added").uncheck()
    expect(page.locator("#remarks")).to_contain_text("yours does not")
    expect(page.locator("#request [data-code=json] pre")).not_to_contain_text("###")
    assert len(site.provider.received) == sent


def test_stop_keeps_what_came_and_hangs_up_at_the_provider(page: Page, site: Site) -> None:
    site.provider.hung_up.clear()
    site.provider.will(Streamed([completion("As far as", finish=None)], waits=True))
    visit(page, site, "text")
    page.get_by_label("Text", exact=True).fill("bag")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#samples")).to_contain_text("As far as")
    page.get_by_role("button", name="Stop").click()
    status(page).to_have_text("Stopped by you")
    expect(page.locator("#samples")).to_contain_text("As far as")
    expect(page.get_by_role("button", name="Run")).to_be_visible()
    assert site.provider.hung_up.wait(PATIENCE)


def test_a_loading_model_is_asked_again_by_itself_and_nothing_typed_is_lost(page: Page, site: Site) -> None:
    site.provider.will(Refusal(503, "Model is loading"), Streamed([completion("Here I am.")]))
    visit(page, site, "text")
    page.get_by_label("Text", exact=True).fill("bag")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#trouble")).to_contain_text("still loading")
    expect(page.locator("#trouble [data-countdown]")).to_contain_text("Trying again by itself")
    expect(page.locator("#samples")).to_contain_text("Here I am.")
    expect(page.locator("#trouble")).to_be_empty()
    expect(page.get_by_label("Text", exact=True)).to_have_value("bag")


def test_waiting_can_be_ended_and_retried_by_hand(page: Page, site: Site) -> None:
    site.provider.will(Refusal(429, "Slow down", headers={"Retry-After": "60"}))
    visit(page, site, "text")
    page.get_by_label("Text", exact=True).fill("bag")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#trouble")).to_contain_text("Slow down")
    page.get_by_role("button", name="Do not retry").click()
    expect(page.locator("#trouble [data-countdown]")).to_be_hidden()
    site.provider.will(Streamed([completion("Better.")]))
    page.get_by_role("button", name="Retry", exact=True).click()
    expect(page.locator("#samples")).to_contain_text("Better.")


def test_a_setting_out_of_range_is_marked_and_gets_the_focus(page: Page, site: Site) -> None:
    visit(page, site, "text")
    page.get_by_label("Text", exact=True).fill("bag")
    page.get_by_text("Advanced").click()
    page.get_by_label("Top P").fill("7")
    page.get_by_text("Advanced").click()
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("Use a number from 0 to 1.")).to_be_visible()
    expect(page.get_by_label("Top P")).to_be_focused()


def test_samples_stand_side_by_side_and_their_tokens_can_be_walked(page: Page, site: Site) -> None:
    chunks = [
        completion(word, finish=None, top={word: -0.5, " no": -1.0}, index=index)
        for word in ("Yes", " it", " is")
        for index in (0, 1)
    ]
    site.provider.will(Streamed(chunks))
    visit(page, site, "text")
    page.get_by_label("Text", exact=True).fill("bag")
    page.get_by_label("Samples").fill("2")
    page.get_by_role("button", name="Run").click()
    status(page).to_have_text("Done")
    expect(page.locator(".sample [data-text]")).to_have_text(["Yes it is", "Yes it is"])
    page.locator(".token").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-token]").first).to_contain_text("␣it 60.7")


def test_hostile_answers_and_refusals_stay_text(page: Page, site: Site) -> None:
    visit(page, site, "text")
    title = page.title()
    page.get_by_label("Text", exact=True).fill(HOSTILE)
    answers: dict[str, Streamed | Refusal] = {
        "Done": Streamed([completion(HOSTILE, top={HOSTILE: -0.1})]),
        "No answer": Refusal(400, HOSTILE, code=HOSTILE),
    }
    for end, answer in answers.items():
        site.provider.will(answer)
        page.get_by_role("button", name="Run").click()
        status(page).to_have_text(end)
        expect(page.locator("#answer")).to_contain_text("onerror=")
    assert page.title() == title
    assert page.locator("#answer img, #request img").count() == 0


def test_a_chat_is_continued_and_survives_a_reload(page: Page, site: Site) -> None:
    site.provider.will(Streamed([chat_chunk("Ah"), chat_chunk("oy", finish="stop")]))
    visit(page, site, "chat")
    page.get_by_label("Message", exact=True).fill("Who?")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Continue the chat").click()
    page.keyboard.type("Why?")
    page.keyboard.press("Control+Enter")
    status(page).to_have_text("Done")
    said = [message["content"] for message in site.provider.received[-1].body["messages"]]
    assert said == ["You are a pirate.", "Who?", "Ahoy", "Why?"]
    page.reload()
    expect(page.locator("#thread textarea")).to_have_count(3)
    page.get_by_role("button", name="Remove").last.click()
    expect(page.locator("#thread textarea")).to_have_count(2)


def test_another_model_takes_over_the_text_and_brings_its_own_settings(page: Page, site: Site) -> None:
    visit(page, site, "classes")
    page.get_by_label("Text", exact=True).fill("typed once")
    page.get_by_label("Model", exact=True).select_option(site.models["chat"])
    expect(page.get_by_label("Message", exact=True)).to_have_value("typed once")
    expect(page.get_by_label("System message")).to_have_value("You are a pirate.")
    expect(page).to_have_url(re.compile(rf"\?model={site.models['chat']}$"))


def test_base_models_arrive_in_the_select_and_can_be_asked(page: Page, site: Site) -> None:
    site.provider.will(Streamed([completion("once")]))
    visit(page, site, "text")
    page.get_by_label("Model", exact=True).select_option(label="davinci-002")
    expect(page.locator("#note")).to_have_text("Knows nothing yet.")
    page.get_by_label("Text", exact=True).fill("Tell me")
    page.get_by_role("button", name="Run").click()
    status(page).to_have_text("Done")
    assert site.provider.received[-1].body["model"] == "davinci-002"


def test_without_javascript_the_form_answers_in_the_page(browser: Browser, site: Site) -> None:
    for page in opened(browser, site, java_script_enabled=False):
        site.provider.will(Refusal(503, "Model is loading"))
        visit(page, site, "text")
        page.get_by_label("Text", exact=True).fill("bag")
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_text("still loading at the provider")).to_be_visible()
        expect(page.get_by_label("Text", exact=True)).to_have_value("bag")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("task", ["classes", "chat"])
def test_nothing_is_in_the_way_of_people(browser: Browser, site: Site, scheme: Any, width: int, task: str) -> None:
    chunk = chat_chunk("Ahoy", finish="stop") if task == "chat" else completion(" hockey", finish="length", top=TOP)
    site.provider.will(Streamed([chunk]), Refusal(400, "No"))
    for page in opened(
        browser, site, color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce"
    ):
        visit(page, site, task)
        page.locator("[name=prompt], [name=content]").first.fill("Go!")
        for end in ("Done", "No answer"):
            page.get_by_role("button", name="Run").click()
            status(page).to_have_text(end)
            page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
            assert barriers(page) == []
        assert overflow(page) == 0
