"""Side by side and blind in a real browser, with a worker, before a provider whose models do what a test wants."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.person import barriers, overflow
from tests.playground.provider import PATIENCE, Answer, Refusal, Streamed, Whole, chat_chunk, chat_whole, completion
from tests.playground.served import SEED, Site, opened, served
from tests.trainer.live import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("playground-browser")]

CLASSES, TEXT, CHAT = (
    "ada:ft-example:sport-2023-01-29-13-51-40",
    "ft:davinci-002:example:ads:9x9umpsR",
    "ft:gpt-3.5-turbo-0613:example:pirate:7p4lURel",
)
TRIAL = re.compile(r"/side-by-side/\d+/#rounds$")
ROUND = re.compile(r"/side-by-side/\d+/\d+/$")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve the product with its models, and a worker that hears what is due."""
    data = tmp_path_factory.mktemp("sides")
    with served(data, SEED, ("classes", "text", "chat", "columns")) as site, working(data):
        yield site


@contextmanager
def working(data: Path) -> Iterator[None]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TUNEDECK_", "DJANGO_"))}
    own = {"TUNEDECK_DATA": str(data), "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": ""}
    alone = ["--pool", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    command = [sys.executable, "-m", "celery", "-A", "config.celery", "worker", "-Q", "dashboard", "-l", "WARNING", *alone]
    worker = subprocess.Popen(command, cwd=settings.ROOT, env={**inherited, **own})
    try:
        yield
    finally:
        worker.kill()  # what it leaves behind is thrown away with the folder
        worker.wait(PATIENCE)


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    yield from opened(browser, site)


def visit(page: Page, site: Site, *tasks: str) -> None:
    query = "&".join(f"model={site.models[task]}" for task in tasks)
    page.goto(f"/playground/side-by-side/?{query}")
    expect(page.get_by_role("list", name="Chosen models").get_by_role("listitem")).to_have_count(len(tasks))


def asked(page: Page, text: str, button: str = "Ask all") -> None:
    page.get_by_label("Text", exact=True).fill(text)
    page.get_by_role("button", name=button).click()


def side(page: Page, model: str) -> Locator:
    return page.get_by_role("article", name=model)


def progress(page: Page, said: str) -> None:
    expect(page.locator("#progress")).to_have_text(said)


def test_one_streams_slowly_and_one_fails_and_neither_holds_up_the_others(page: Page, site: Site) -> None:
    slow = threading.Event()
    site.provider.will_as(
        {
            CLASSES: Refusal(400, "This request is <b>refused</b>."),
            TEXT: Streamed([completion("A slow", finish=None), completion(" bag")], until=slow),
            CHAT: Streamed([chat_chunk("Ahoy", finish="stop")]),
        }
    )
    visit(page, site, "text", "classes", "chat")
    before = len(site.provider.received)
    asked(page, "bag")
    expect(page).to_have_url(TRIAL)
    expect(side(page, TEXT)).to_contain_text("A slow")
    expect(side(page, CHAT)).to_contain_text("Complete: it came to its end")
    expect(side(page, CLASSES)).to_contain_text("The provider refuses the request.")
    expect(side(page, CLASSES)).to_contain_text("This request is <b>refused</b>.")
    progress(page, "2 of 3 are there")
    slow.set()
    progress(page, "3 of 3 are there")
    expect(side(page, TEXT)).to_contain_text("A slow bag")
    expect(side(page, TEXT).locator("dl")).to_contain_text("Time")
    expect(side(page, CHAT)).to_contain_text("differs")
    expect(side(page, CHAT).locator("mark")).to_have_text("Ahoy")
    assert len(site.provider.received) == before + 3
    prompts = {received.body["model"]: received.body.get("prompt") for received in site.provider.received[before:]}
    assert (prompts[TEXT], prompts[CLASSES]) == ("bag ->", "bag\n\n###\n\n")


def test_each_column_has_its_own_stop_and_what_came_is_kept(page: Page, site: Site) -> None:
    site.provider.hung_up.clear()
    site.provider.will_as(
        {
            TEXT: Streamed([completion("As far as", finish=None)], waits=True),
            CHAT: Streamed([chat_chunk("Ahoy", finish="stop")]),
        }
    )
    visit(page, site, "text", "chat")
    asked(page, "bag")
    expect(side(page, TEXT)).to_contain_text("As far as")
    side(page, TEXT).get_by_role("button", name="Stop").click()
    assert site.provider.hung_up.wait(PATIENCE)
    expect(side(page, TEXT)).to_contain_text("Stopped by you")
    expect(side(page, TEXT)).to_contain_text("As far as")
    progress(page, "2 of 2 are there")
    site.provider.will_as({TEXT: Streamed([completion("All of it.")])})
    side(page, TEXT).get_by_role("button", name="Ask again").click()
    expect(side(page, TEXT)).to_contain_text("All of it.")
    expect(side(page, TEXT)).to_contain_text("Complete")


def test_a_double_click_and_a_reload_ask_nothing_twice(page: Page, site: Site) -> None:
    site.provider.will_as({TEXT: Streamed([completion("Once")]), CHAT: Streamed([chat_chunk("Once", finish="stop")])})
    visit(page, site, "text", "chat")
    before = len(site.provider.received)
    page.get_by_label("Text", exact=True).fill("bag")
    page.get_by_role("button", name="Ask all").dblclick()
    progress(page, "2 of 2 are there")
    expect(page.get_by_text("All answers say the same.")).to_be_visible()
    page.reload()
    progress(page, "2 of 2 are there")
    assert len(site.provider.received) == before + 2


def test_escape_stops_all_and_what_was_not_asked_yet_is_never_asked(page: Page, site: Site) -> None:
    site.provider.will_as(
        {
            TEXT: Streamed([completion("On and on", finish=None)], waits=True),
            CHAT: Streamed([chat_chunk("And on")], waits=True),
        }
    )
    visit(page, site, "text", "chat")
    before = len(site.provider.received)
    page.get_by_label("Each line is a prompt of its own").check()
    page.get_by_label("Text", exact=True).fill("one\ntwo\nthree")
    page.get_by_label("Text", exact=True).press("Control+Enter")
    first = page.get_by_role("region", name="Prompt 1")
    expect(side(first, TEXT)).to_contain_text("On and on")  # type: ignore[arg-type]
    expect(side(first, CHAT)).to_contain_text("And on")  # type: ignore[arg-type]
    page.keyboard.press("Escape")
    progress(page, "6 of 6 are there")
    expect(page.get_by_text("Stopped by you")).to_have_count(6)
    assert len(site.provider.received) == before + 2


def test_a_wait_that_the_provider_wishes_is_counted_down_in_its_column_alone(page: Page, site: Site) -> None:
    site.provider.will_as(
        {TEXT: Refusal(429, "Slow down", headers={"Retry-After": "2"}), CHAT: Streamed([chat_chunk("Ahoy", finish="stop")])}
    )
    visit(page, site, "text", "chat")
    asked(page, "bag")
    expect(side(page, TEXT)).to_contain_text("Trying again by itself in")
    expect(side(page, CHAT)).to_contain_text("Ahoy")
    site.provider.will_as({TEXT: Streamed([completion("Better.")])})
    page.reload()  # the wait goes on where it was
    expect(side(page, TEXT)).to_contain_text("Better.")
    progress(page, "2 of 2 are there")


def test_columns_are_chosen_and_taken_away_by_keyboard(page: Page, site: Site) -> None:
    visit(page, site, "text")
    page.get_by_label("Another model").select_option(site.models["chat"])
    page.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(page.get_by_role("list", name="Chosen models").get_by_role("listitem")).to_have_count(2)
    expect(page).to_have_url(re.compile(rf"model={site.models['text']}&model={site.models['chat']}$"))
    page.get_by_role("link", name=f"Remove {TEXT}").press("Enter")
    expect(page.get_by_role("list", name="Chosen models").get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("list", name="Chosen models")).to_contain_text(CHAT)


def test_models_are_chosen_from_their_list(page: Page, site: Site) -> None:
    page.goto("/models/")
    for model in (TEXT, CHAT):
        page.get_by_label(f"Ask {model} side by side").check()
    page.get_by_role("button", name="Ask the ticked ones side by side").click()
    expect(page.get_by_role("list", name="Chosen models").get_by_role("listitem")).to_have_count(2)


def blind_answers() -> dict[str, Answer]:
    return {TEXT: Whole(completion(" a bag of leather")), CHAT: Whole(chat_whole("a bag of cloth"))}


def test_a_blind_vote_by_keyboard(page: Page, site: Site) -> None:
    site.provider.will_as(blind_answers())
    visit(page, site, "text", "chat")
    page.get_by_label("Each line is a prompt of its own").check()
    asked(page, "one\ntwo\nthree", "Ask blind and vote")
    expect(page).to_have_url(ROUND)
    for number, key in enumerate(("1", "t", "0"), start=1):
        expect(page.get_by_role("heading", name=f"Prompt {number} of 3")).to_be_visible()
        expect(page.get_by_role("article", name="Answer 2")).to_be_visible()
        html = page.content()
        assert TEXT not in html
        assert CHAT not in html
        page.keyboard.press(key)
        expect(page.locator(".verdict")).to_contain_text("Your vote:")
        expect(side(page, TEXT)).to_contain_text("a bag of leather")
        expect(page.locator("#next")).to_be_focused()
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Votes of one trial")).to_be_visible()
    expect(page.get_by_role("region", name="Who is better")).to_contain_text("too few votes to tell: about 5 more.")
    expect(page.get_by_role("region", name="Who is better")).to_contain_text("3 votes · 1 tie · 1 all bad")


def test_without_javascript_the_answers_come_in_the_page(browser: Browser, site: Site) -> None:
    for page in opened(browser, site, java_script_enabled=False):
        site.provider.will_as(blind_answers())
        visit(page, site, "text", "chat")
        asked(page, "bag")
        expect(page.locator("#progress")).to_contain_text("of 2 are there")
        wait_until(partial(answered, page), what="both answers")
        expect(side(page, TEXT)).to_contain_text("a bag of leather")
        expect(side(page, CHAT).locator("mark")).to_have_text("cloth")


def answered(page: Page) -> bool:
    again = page.get_by_role("link", name="Load again")
    if again.count():
        again.click()
    return page.locator("#progress").inner_text() == "2 of 2 are there"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_nothing_is_in_the_way_of_people(browser: Browser, site: Site, width: int, scheme: Any) -> None:
    site.provider.will_as(
        {
            CLASSES: Streamed([completion(" hockey", finish="length", top={" hockey": -0.1, " baseball": -2.4})]),
            TEXT: Refusal(400, "No"),
            CHAT: Streamed([chat_chunk("Ahoy " * 30, finish="stop")]),
        }
    )
    look: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}, "reduced_motion": "reduce"}
    for page in opened(browser, site, **look):
        visit(page, site, "classes", "text", "chat")
        looked_at(page, f"form-{width}-{scheme}")
        asked(page, "Who won the match between the two teams?")
        progress(page, "3 of 3 are there")
        looked_at(page, f"answers-{width}-{scheme}")
        site.provider.will_as(blind_answers())
        visit(page, site, "text", "chat")
        asked(page, "bag", "Ask blind and vote")
        expect(page.get_by_role("button", name="A tie")).to_be_visible()
        looked_at(page, f"blind-{width}-{scheme}")
        page.keyboard.press("2")
        expect(page.locator(".verdict")).to_contain_text("Your vote:")
        looked_at(page, f"voted-{width}-{scheme}")
        page.goto("/playground/side-by-side/votes/")
        looked_at(page, f"votes-{width}-{scheme}")


def looked_at(page: Page, name: str) -> None:
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    if folder := os.environ.get("TUNEDECK_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    assert barriers(page) == []
    assert overflow(page) == 0
