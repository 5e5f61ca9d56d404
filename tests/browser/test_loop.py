"""The whole loop on a team's own data: upload, prepare, fine-tune, charts, playground, delete."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import walk
from tests.browser.person import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("loop")]

NEW_POST = "From: fan@example.com\nSubject: Power play\n\nThe goalie made forty saves and the Leafs won in overtime."


@pytest.fixture
def owner(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    sign_in(page, address)
    yield page
    context.close()


@pytest.fixture
def guest(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address)
    yield context.new_page()
    context.close()


def test_posts_are_taken_from_a_table_to_a_classifier_that_an_owner_deletes(
    owner: Page, guest: Page, shared_data: Path
) -> None:
    """The well-known example on the posts of real people: is it about baseball or hockey?"""
    walk.upload(owner, shared_data / "sport2.csv")
    walk.accept_all_recommended(owner)
    expect(walk.finding(owner, "rows are longer than 2,048 tokens")).to_be_visible()
    walk.make_version(owner)
    walk.start_classifier(owner, "ada", " baseball")
    walk.follow_to_the_end(owner)

    assert walk.charts(owner) == walk.CHARTS
    rows = walk.results(owner)
    loss, accuracy = walk.column(rows, "training_loss"), walk.column(rows, "classification/accuracy")
    assert sum(loss[-100:]) < sum(loss[:100]) / 5
    assert (len(accuracy), accuracy[-1] >= 0.98) == (4, True), accuracy
    assert walk.column(rows, "classification/auroc")[-1] > 0.99
    assert walk.column(rows, "validation_loss")

    owner.get_by_role("link", name="Open in playground").click()
    expect(owner.locator("#id_max_tokens")).to_have_value("1")
    answer = walk.ask(owner, NEW_POST)
    assert answer.classes == ["hockey", "baseball"]
    assert sum(answer.shares) == pytest.approx(100, abs=0.2)
    only_an_owner_deletes(owner, guest)


def test_a_small_table_of_our_own_goes_the_same_way(owner: Page, tmp_path: Path) -> None:
    walk.upload(owner, table(tmp_path / "tickets.csv"))
    walk.accept_all_recommended(owner)
    walk.make_version(owner)
    walk.start_classifier(owner, "babbage", " parcel")
    walk.follow_to_the_end(owner)
    assert walk.charts(owner) == walk.CHARTS
    assert walk.column(walk.results(owner), "classification/accuracy")[-1] == 1.0


def table(path: Path) -> Path:
    """Sixty messages of each of two kinds, hard to mistake for each other."""
    kinds = {"parcel": "Where is box {} that the courier has?", "invoice": "The amount on bill {} is too high."}
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = ((text.format(number), kind) for number in range(60) for kind, text in kinds.items())
        csv.writer(file).writerows([("prompt", "completion"), *rows])
    return path


def only_an_owner_deletes(owner: Page, guest: Page) -> None:
    owner.goto("/models/")
    owner.locator("table a").first.click()
    model, name = owner.url, owner.locator("h1 .wrap-any").inner_text()
    walk.invite_member(owner, guest)

    guest.goto(model)
    expect(guest.get_by_role("heading", name="What rests on it")).to_be_visible()
    expect(guest.get_by_role("link", name="Delete")).to_have_count(0)
    refused = guest.goto(f"{model}delete/")
    assert refused is not None
    assert refused.status == 403
    expect(guest.get_by_text("Only owners may do this.")).to_be_visible()

    owner.goto(model)
    owner.get_by_role("link", name="Delete", exact=True).click()
    owner.get_by_label("Type the model's name to delete it").fill(name)
    owner.get_by_label("Reason").fill("The posts were only an exercise.")
    owner.get_by_label("Delete it at once").check()
    owner.get_by_role("button", name="Delete this model").click()
    expect(owner.get_by_text("Deleted at the provider by")).to_be_visible(timeout=30_000)
    expect(owner.get_by_role("heading", name="Receipt of its deletion")).to_be_visible()
    owner.goto("/audit/")
    expect(owner.get_by_text(name).first).to_be_visible()
