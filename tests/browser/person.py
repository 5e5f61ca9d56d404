"""A real browser, a person who signs in, and what the browser complains about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.product import EMAIL, PASSWORD, Product, owned_product

expect.set_options(timeout=20_000)  # ms; a state that comes at once on a quiet machine may take a while on a busy one


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser for one module: its event loop must be gone before other tests use the database."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The whole product with an owner and nothing else in it, one for a module."""
    with owned_product(tmp_path_factory.mktemp("data")) as product:
        yield product


@pytest.fixture(scope="module")
def address(product: Product) -> str:
    return product.address


@pytest.fixture(scope="module")
def signed_in(browser: Browser, address: str) -> Any:
    """What a browser keeps of the owner's sign-in, for contexts that begin with it."""
    context = browser.new_context()
    sign_in(context.new_page(), address)
    state = context.storage_state()
    context.close()
    return state


ABORTED = ("htmx:afterRequest", "htmx:sendAbort")
"""What htmx says when a newer request takes the place of one; a request that fails also says sendError."""


def sign_in(page: Page, address: str, email: str = EMAIL, password: str = PASSWORD) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{address}/")


@contextmanager
def listened(page: Page, meant: str = "net::ERR_FAILED") -> Iterator[Page]:
    """Lend a page that must not complain: nothing in its console but what is meant, no script that fails."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    assert [line for line in said if meant not in line and not line.startswith(ABORTED)] == []


def barriers(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe finds serious or critical, rule and elements.

    axe is put into the page, so its context must bypass the content security policy.
    """
    found = Axe().run(page).response["violations"]
    serious = (violation for violation in found if violation["impact"] in ("serious", "critical"))
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in serious]


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width
