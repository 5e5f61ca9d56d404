"""What only owners do, by one without a mouse: delete a model, take it back, find something in the audit log."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.keyboard import Keyboard
from tests.browser.person import barriers, listened, overflow
from tests.finetunes.provider import Provider, status
from tests.finetunes.serving import served
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("owners")]

NAME = "ada:ft-example:sport-2023-01-29-13-51-40"
SEED = Path(__file__).with_name("owners_seed.py")
SLOW = 60_000
"""Milliseconds: a worker of a busy machine tells the provider."""


@pytest.fixture(scope="module")
def at_work() -> Iterator[tuple[Provider, str]]:
    provider = Provider()
    provider.models[NAME] = {"id": NAME, "object": "model", "created": 1, "owned_by": "user-7"}
    with served(provider) as address:
        yield provider, address


@pytest.fixture(scope="module")
def model(product: Product, at_work: tuple[Provider, str]) -> str:
    environment = {**product.environment, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(settings.ROOT)}
    seed = [sys.executable, str(SEED), at_work[1], NAME]
    done = subprocess.run(seed, cwd=settings.ROOT, env=environment, check=True, capture_output=True, text=True)
    return f"/models/{done.stdout.strip()}/"


@pytest.fixture
def page(browser: Browser, product: Product, signed_in: Any) -> Iterator[Page]:
    context = browser.new_context(
        base_url=product.address, storage_state=signed_in, bypass_csp=True, viewport={"width": 1280, "height": 900}
    )
    with listened(context.new_page()) as page:
        yield page
    context.close()


def fill(page: Page, keys: Keyboard) -> None:
    keys.to(page.get_by_label("Type the model's name to delete it"))
    page.keyboard.type(NAME)
    keys.to(page.get_by_label("Reason"))
    page.keyboard.type("It is wrong about refunds.")


def narrow_and_back(page: Page) -> None:
    """Nothing is in anybody's way, wide or narrow, light or dark."""
    for scheme, width in (("dark", 390), ("light", 1280)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        assert barriers(page) == []
        assert overflow(page) <= 0


def test_a_model_is_held_restored_and_deleted_at_once(page: Page, model: str, at_work: tuple[Provider, str]) -> None:
    provider, _address = at_work
    keys = Keyboard(page)
    page.goto(f"{model}lineage/")
    narrow_and_back(page)
    keys.to(page.locator("svg.lineage").get_by_role("link", name="Refunds in May"))

    page.goto(model)
    keys.link("Delete")
    expect(page.get_by_text("Polite answers")).to_be_visible()
    narrow_and_back(page)
    fill(page, keys)
    keys.button("Delete this model")
    expect(page.get_by_role("heading", name="It will be deleted on")).to_be_visible()
    narrow_and_back(page)
    page.goto("/models/")
    expect(page.get_by_role("heading", name="Being deleted")).to_be_visible()
    narrow_and_back(page)
    keys.button(f"Restore {NAME}")
    expect(page.get_by_text("The model is back where it was.")).to_be_visible()
    assert NAME in provider.models

    provider.break_next("DELETE", "/models/.+", status(403, "You need to be this role: Owner."))
    keys.link("Delete")
    fill(page, keys)
    keys.press(page.get_by_label("Delete it at once"), "Space")
    keys.button("Delete this model")
    expect(page.get_by_text("You need to be this role: Owner.")).to_be_visible(timeout=SLOW)
    narrow_and_back(page)  # it stands still now: who wants to try again at once says so
    keys.button("Try again now")
    expect(page.get_by_role("heading", name="Receipt of its deletion")).to_be_visible(timeout=SLOW)
    narrow_and_back(page)
    assert NAME not in provider.models
    assert len(provider.sent("DELETE", "/models/.+")) == 2, "once refused, once done"


def test_an_entry_of_the_audit_log_is_found_and_opened(page: Page, model: str) -> None:
    keys = Keyboard(page)
    page.goto("/audit/")
    expect(entries(page).filter(has_text="asked a question")).to_have_count(3)
    keys.to(page.get_by_role("searchbox", name="Search"))
    page.keyboard.type("signed in")
    page.wait_for_url("**/audit/?q=signed%20in&**")
    expect(entries(page).filter(has_not_text="signed in")).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text=re.compile(r"^\d+ entr"))).to_have_count(1)
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()

    keys.press(entries(page).first)
    facts = page.locator(".entries details[open] dl")
    expect(facts).to_contain_text("sign-in.done")
    narrow_and_back(page)
    box = facts.bounding_box()
    assert box
    assert box["height"] < 400, "a line of its own for each fact"

    keys.press(facts.get_by_role("link", name="127.0.0.1"))
    page.wait_for_url("**/audit/?address=127.0.0.1*")
    expect(entries(page).filter(has_text="asked a question")).to_have_count(0)  # nobody asked from an address
    keys.link("Show everything")
    page.wait_for_url("**/audit/")
    expect(entries(page).filter(has_text="asked a question")).to_have_count(3)


def test_a_drawing_of_the_lineage_begins_on_a_phone_with_what_one_came_for(page: Page, model: str) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{model}lineage/")
    expect(page.locator("svg.lineage .focus rect")).to_be_in_viewport(ratio=0.9)
    expect(page.get_by_role("heading", name="Lineage", level=1)).to_be_in_viewport()


def entries(page: Page) -> Locator:
    return page.locator(".entries summary")
