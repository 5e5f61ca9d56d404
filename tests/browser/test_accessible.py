"""Every page of the running product, wide and narrow, light and dark: nothing in anybody's way, no complaint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.person import barriers, listened, overflow
from tests.product import Product, owned_product, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("accessible")]

BEFORE_SIGN_IN = ["/accounts/login/", "/accounts/password/reset/"]
PAGES = [
    "/",
    "/datasets/",
    "/datasets/upload/",
    "/datasets/1/",
    "/datasets/1/examples/",
    "/datasets/1/examples/?q=a&row=2",
    "/datasets/1/examples/?row=2&edit=1",
    "/datasets/1/versions/",
    "/datasets/1/versions/1/",
    "/datasets/1/versions/compare/",
    "/finetunes/cost/?version=1",
    "/finetunes/",
    "/finetunes/new/?version=1",
    "/finetunes/1/",
    "/finetunes/1/events/",
    "/finetunes/1/export/",
    "/finetunes/trackers/",
    "/finetunes/trackers/wandb/",
    "/models/",
    "/models/1/",
    "/models/1/delete/",
    "/models/1/lineage/",
    "/finetunes/lineage/dataset/1/",
    "/playground/?model=1",
    "/connections/",
    "/connections/1/",
    "/connections/add/",
    "/connections/add/?provider=azure",
    "/connections/1/prices/",
    "/connections/1/bases/",
    "/finetunes/elsewhere/1/",
    "/finetunes/archive/1/",
    "/finetunes/1/again/",
    "/finetunes/1/classification/",
    "/finetunes/compare/",
    "/finetunes/compare/?run=1",
    "/models/shutdowns/",
    "/playground/compare/?old=1",
    "/playground/history/",
    "/playground/prompts/",
    "/playground/collected/",
    "/playground/side-by-side/?with_base=1",
    "/playground/side-by-side/votes/",
    "/evaluations/",
    "/evaluations/new/",
    "/team/",
    "/team/retention/",
    "/team/export/",
    "/audit/",
    "/audit/?words=sign&open=1",
    "/settings/",
    "/settings/delete/",
    "/accounts/second-step/",
    "/accounts/second-step/app/add/",
    "/accounts/second-step/keys/add/",
    "/accounts/reauthenticate/",
    "/accounts/logout/",
    "/notifications/",
    "/notifications/preferences/",
    "/notifications/hooks/",
    "/notifications/hooks/add/",
    "/finetunes/approvals/",
    "/finetunes/spending/",
    "/finetunes/spending/limits/",
    "/organizations/",
    "/accounts/password/change/",
]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Run with the sample, until its first fine-tune has left a model."""
    with owned_product(tmp_path_factory.mktemp("data"), sample=True) as product:
        wait_for(lambda: product.rows("select id from finetunes_model where ready_at is not null"), "a model", 240)
        yield product


@pytest.fixture(scope="module")
def leaving(browser: Browser, product: Product, signed_in: Any) -> str:
    """Let somebody join; return the page on which they are removed."""
    owner, other = (browser.new_context(base_url=product.address, storage_state=state) for state in (signed_in, None))
    team, join = owner.new_page(), other.new_page()
    team.goto("/team/")
    team.get_by_role("button", name="Make the link").click()
    join.goto(team.locator("input[value*='/join/']").input_value())
    join.fill("input[name=name]", "Nora New")
    join.fill("input[name=email]", "nora@example.com")
    join.fill("input[name=password]", "a long enough phrase")
    join.press("input[name=password]", "Enter")
    join.wait_for_url(f"{product.address}/")
    team.goto("/team/")
    address = team.locator("a[href*='/leaving/']").get_attribute("href")
    owner.close()
    other.close()
    return str(address)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_no_page_is_in_anybodys_way(
    browser: Browser, product: Product, signed_in: Any, leaving: str, width: int, scheme: Any
) -> None:
    look: Any = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
    found: dict[str, list[Any]] = {}
    for paths, state in ((BEFORE_SIGN_IN, None), ([*PAGES, leaving], signed_in)):
        # The policy is bypassed for axe alone, which is put into the page.
        context = browser.new_context(base_url=product.address, storage_state=state, bypass_csp=True, **look)
        with listened(context.new_page()) as page:
            found |= {path: troubles for path in paths if (troubles := look_at(page, path))}
        context.close()
    assert found == {}


def look_at(page: Page, path: str) -> list[Any]:
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200, path
    return [*barriers(page), *([f"{overflow(page)} pixels too wide"] if overflow(page) > 0 else [])]
