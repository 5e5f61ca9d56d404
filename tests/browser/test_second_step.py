"""The second step in a real browser: an app by keyboard alone, and a security key that the browser plays itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.keyboard import Keyboard
from tests.browser.person import barriers, listened, overflow, sign_in
from tests.product import EMAIL, PASSWORD, Product
from tests.teams.steps import code

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("second-step")]

STEP = "/accounts/second-step/"
HOME = re.compile(r":\d+/$")


@pytest.fixture
def page(browser: Browser, product: Product) -> Iterator[Page]:
    """A browser of its own for each test. Keys belong to a name, not to a number: so by “localhost”."""
    context = browser.new_context(base_url=f"http://localhost:{product.port}")
    with listened(context.new_page()) as page:
        yield page
    context.close()


def with_key(page: Page, **options: Any) -> None:
    """Plug a key into the browser that is touched at once."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "usb", "automaticPresenceSimulation": True} | options
    session.send("WebAuthn.addVirtualAuthenticator", {"options": key})


def enter(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


def confirm(page: Page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url(lambda url: "/reauthenticate/" not in url)


def leave(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/")


def remove_all(page: Page, name: str) -> None:
    page.goto(STEP)
    page.get_by_role("link", name=re.compile("^Remove")).click()
    confirm(page)
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("link", name=name)).to_be_visible()


def test_an_app_is_set_up_and_used_by_keyboard_alone(page: Page) -> None:
    enter(page)
    page.wait_for_url(HOME)
    page.goto("/settings/")
    hands = Keyboard(page)
    hands.link("Second step")
    hands.link("Set up an app")
    hands.to(page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    secret = page.locator("#secret").inner_text()
    hands.to(page.get_by_role("textbox", name="Code"))
    page.keyboard.type(code(secret))
    page.keyboard.press("Enter")
    expect(page.locator("#codes")).to_have_text(re.compile(r"(\d{8}\s+){9}\d{8}"))
    recovery = page.locator("#codes").inner_text().split()[0]
    with page.expect_download() as kept:
        hands.link("Download")
    assert recovery in kept.value.path().read_text()

    leave(page)
    enter(page)
    hands.to(page.get_by_role("textbox", name="Code"))
    page.keyboard.type(recovery)
    page.keyboard.press("Enter")
    page.wait_for_url(HOME)
    remove_all(page, "Set up an app")


def test_a_key_is_added_and_asked_for_after_the_password(page: Page) -> None:
    with_key(page)
    enter(page)
    page.wait_for_url(HOME)
    page.goto(f"{STEP}keys/add/")
    confirm(page)
    page.get_by_label("Name").fill("blue key")
    page.get_by_role("button", name="Add the key").click()
    expect(page.locator("#codes")).to_be_visible()
    page.goto(STEP)
    expect(page.get_by_role("link", name="Rename blue key")).to_be_visible()

    leave(page)
    enter(page)
    page.get_by_role("button", name="Use a security key or passkey").click()
    page.wait_for_url(HOME)
    remove_all(page, "Add a key")


def test_a_passkey_signs_in_without_the_password(page: Page) -> None:
    with_key(page, hasResidentKey=True, hasUserVerification=True, isUserVerified=True)
    enter(page)
    page.wait_for_url(HOME)
    page.goto(f"{STEP}keys/add/")
    confirm(page)
    page.get_by_label("Sign in with it alone").check()
    page.get_by_role("button", name="Add the key").click()
    expect(page.locator("#codes")).to_be_visible()

    leave(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(HOME)
    page.goto(STEP)
    expect(page.get_by_text("signs in without a password")).to_be_visible()
    remove_all(page, "Add a key")


def test_a_key_that_does_not_answer_is_said(page: Page) -> None:
    with_key(page)  # it knows no passkey
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("The key did not answer")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_no_page_of_it_is_in_anybodys_way(browser: Browser, product: Product, width: int, scheme: Any) -> None:
    look: Any = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
    context = browser.new_context(base_url=f"http://localhost:{product.port}", bypass_csp=True, **look)
    page = context.new_page()
    sign_in(page, f"http://localhost:{product.port}")
    page.goto(f"{STEP}keys/add/")
    found: dict[str, list[Any]] = {"confirm": [*barriers(page)]}
    confirm(page)
    for path in ("", "keys/add/", "app/add/"):
        page.goto(f"{STEP}{path}")
        found[path] = [*barriers(page), *(["too wide"] if overflow(page) > 0 else [])]
    assert {path: troubles for path, troubles in found.items() if troubles} == {}
    context.close()
