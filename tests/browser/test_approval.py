"""A member asks, an owner approves, and the trainer trains: in two browsers, against the running product."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import walk
from tests.browser.person import barriers, overflow, sign_in
from tests.browser.test_loop import table
from tests.product import Product, wait_for
from tests.trainer.receiver import Receiver, receiving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("approval")]


@pytest.fixture
def owner(browser: Browser, product: Product) -> Iterator[Page]:
    context = browser.new_context(base_url=product.address, viewport={"width": 1280, "height": 900}, bypass_csp=True)
    page = context.new_page()
    sign_in(page, product.address)
    yield page
    context.close()


@pytest.fixture
def member(browser: Browser, product: Product, owner: Page) -> Iterator[Page]:
    look = {"width": 390, "height": 900}
    context = browser.new_context(base_url=product.address, viewport=look, color_scheme="dark", bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    walk.invite_member(owner, page)
    yield page
    context.close()


@pytest.fixture
def chat() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def test_a_member_asks_an_owner_approves_and_it_trains(
    owner: Page, member: Page, product: Product, chat: Receiver, tmp_path: Path
) -> None:
    set_the_rules(owner, chat)
    walk.upload(owner, table(tmp_path / "tickets.csv"))
    walk.accept_all_recommended(owner)
    walk.make_version(owner)
    asked = ask(member)
    assert not sent_anything(product), "nothing may reach the provider before an owner has said yes"
    approve(owner, asked)
    walk.follow_to_the_end(member)
    expect(member.get_by_text("as the provider says")).to_be_visible()
    is_told(member, "Owner approved", "has succeeded")
    assert [kind for kind in hear(chat, 3) if "asks for approval" in kind or "has succeeded" in kind]


def set_the_rules(owner: Page, chat: Receiver) -> None:
    """Prices, a line, and a chat room that is told."""
    owner.goto("/settings/")
    owner.get_by_label("Name").fill("Olga Owner")
    owner.get_by_role("button", name="Save").click()
    owner.goto("/connections/1/prices/")
    owner.get_by_label("Prices of training").fill("ada = 5000")
    owner.get_by_role("button", name="Save").click()
    owner.goto("/finetunes/spending/")
    owner.get_by_role("link", name="Limits").click()
    owner.get_by_label("Approval above").fill("10")
    owner.get_by_label("Monthly limit", exact=False).first.fill("2000")
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_text("The limits are saved.")).to_be_visible()
    owner.goto("/notifications/hooks/add/")
    owner.get_by_label("Name").fill("#tuning")
    owner.get_by_label("Chat message").check()
    owner.get_by_label("Address").fill(chat.url)
    owner.get_by_role("button", name="Save").click()
    owner.get_by_role("button", name="Send a test").click()
    expect(owner.get_by_text("#tuning took the test: HTTP 200")).to_be_visible()
    assert "This is a test from Tunedeck." in chat.next().body


def ask(member: Page) -> str:
    member.goto("/finetunes/new/")
    walk.choose(member, "Base model", "ada")
    walk.choose(member, "Positive class (optional)", " parcel")
    expect(member.get_by_text("Needs approval")).to_be_visible()
    assert (overflow(member), barriers(member)) == (0, [])
    member.get_by_label("What it is for").fill("Sort the tickets of the night shift.")
    member.get_by_role("button", name="Ask for approval").dblclick()
    member.wait_for_url(walk.FINE_TUNE)
    expect(member.get_by_text("asked for an owner’s approval.")).to_be_visible()
    return member.url


def sent_anything(product: Product) -> bool:
    rows = product.rows("select count(*) from finetunes_finetune where sent_at is not null")
    return bool(rows[0][0]) or product.rows("select count(*) from finetunes_finetune") != [(1,)]


def approve(owner: Page, asked: str) -> None:
    """By the bell, in one of two tabs; the other one leads to the same fine-tune."""
    owner.goto("/")
    expect(owner.get_by_text("Max Member asks you to approve it.")).to_be_visible()
    bell = owner.locator(".bell .count")
    wait_for(lambda: owner.reload() and bell.count(), "the owner's bell")
    owner.locator(".bell").click()
    owner.get_by_role("link", name="Max Member asks for approval").click()
    expect(owner.get_by_text("Sort the tickets of the night shift.")).to_be_visible()
    assert (overflow(owner), barriers(owner)) == (0, [])
    other = owner.context.new_page()
    other.goto(owner.url)
    owner.get_by_label("Answer").fill("Go ahead.")
    owner.get_by_role("button", name="Approve and start").dblclick()
    owner.wait_for_url(asked)
    other.get_by_role("button", name="Approve and start").click()
    other.wait_for_url(asked)
    other.close()


def is_told(member: Page, *titles: str) -> None:
    for title in titles:
        row = member.locator(".told li", has_text=re.compile(title))
        wait_for(lambda row=row: member.goto("/notifications/") and row.count(), title)  # type: ignore[misc]
    assert (overflow(member), barriers(member)) == (0, [])
    member.get_by_role("button", name="Mark all as read").click()
    expect(member.locator(".bell .count")).to_have_count(0)


def hear(chat: Receiver, times: int) -> list[str]:
    return [chat.next().body for _ in range(times)]
