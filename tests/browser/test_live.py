"""Following a run in a real browser: whatever happens, no line is lost, none comes twice, and a reload shows the same."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import walk
from tests.finetunes.provider import Provider
from tests.finetunes.serving import served
from tests.product import Product, owned_product, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]

LISTEN = """
window.spoken = [];
window.lied = false;
document.addEventListener("DOMContentLoaded", () => new MutationObserver((changes) => {
  for (const { target } of changes) {
    const place = target.nodeType === 1 ? target : target.parentElement;
    const region = place?.closest("[role=status], [role=alert], [aria-live]");
    if (region?.innerText.trim()) window.spoken.push(region.innerText.trim());
  }
  const page = document.getElementById("fine-tune"), live = document.getElementById("live");
  if (page && ["succeeded", "ended"].includes(page.dataset.state) && !live.hidden) window.lied = true;
}).observe(document.body, { childList: true, characterData: true, attributes: true, subtree: true }));
"""
"""Notes what a screen reader would say, and whether the page ever calls live what has ended."""
LOOK_AWAY = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
ORDINALS = "[...document.querySelectorAll('#events [data-ordinal]')].map((line) => Number(line.dataset.ordinal)).reverse()"


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Product]:
    """Run with the sample, at a provider that does what a test says, and wait until it has the sample's fine-tunes."""
    with (
        served(provider) as address,
        owned_product(tmp_path_factory.mktemp("data"), sample=True, TUNEDECK_TRAINER_ADDRESS=address) as product,
    ):
        wait_for(
            lambda: len(product.rows("select id from finetunes_finetune where remote_id != ''")) == 2, "both at the provider"
        )
        yield product


@pytest.fixture
def page(browser: Browser, product: Product, signed_in: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=product.address, storage_state=signed_in)
    context.add_init_script(LISTEN)
    yield context.new_page()
    context.close()


def lines(product: Product, fine_tune: int) -> list[int]:
    query = "select ordinal from finetunes_event where fine_tune_id = ? and type != 'metrics' order by ordinal"
    return [ordinal for (ordinal,) in product.rows(query, fine_tune)]


def has_caught_up(page: Page, product: Product, fine_tune: int) -> None:
    wait_for(lambda: page.evaluate(ORDINALS) == lines(product, fine_tune), "every line on the page, each once")


def happens(product: Product, provider: Provider, fine_tune: int) -> None:
    """Let epochs pass at the provider until they are known here."""
    ((job,),) = product.rows("select remote_id from finetunes_finetune where id = ?", fine_tune)
    before = len(lines(product, fine_tune))
    for number in range(before, before + 3):
        provider.log(job, f"Completed epoch {number}/100")
    wait_for(lambda: len(lines(product, fine_tune)) == before + 3, "three more lines")


def test_a_run_is_followed_from_the_queue_to_its_end(page: Page, product: Product, provider: Provider) -> None:
    ((fine_tune, job),) = product.rows("select id, remote_id from finetunes_finetune where dialect = 'legacy'")
    home = page.context.new_page()
    home.goto("/")
    page.goto(f"/finetunes/{fine_tune}/")
    expect(page.locator("#live")).to_be_visible()
    provider.log(job, "Fine-tune is in the queue. Queue number: 2")
    expect(page.locator("#part-strip")).to_contain_text("Number 2 in the provider's queue")
    provider.start(job)
    expect(page.locator("#part-status")).to_have_text("Running")
    happens(product, provider, fine_tune)
    has_caught_up(page, product, fine_tune)
    cut_the_connection(page, product, provider, fine_tune)
    kill_the_server(page, product, provider, fine_tune)
    look_away(page, product, provider, fine_tune)
    provider.succeed(job)
    walk.follow_to_the_end(page)
    has_caught_up(page, product, fine_tune)
    says_what_should_be_heard(page)
    expect(page.locator("#live")).to_be_hidden()
    expect(home.locator(f"tr[data-row='{fine_tune}'] .badge")).to_have_text("Succeeded")
    expect(home.locator("#news")).to_contain_text(": Succeeded")
    shown = page.evaluate(ORDINALS)
    page.reload()
    assert page.evaluate(ORDINALS) == shown


def cut_the_connection(page: Page, product: Product, provider: Provider, fine_tune: int) -> None:
    page.context.set_offline(True)
    expect(page.get_by_text("No connection to Tunedeck.")).to_be_visible()
    expect(page.locator("#live")).to_be_hidden()
    happens(product, provider, fine_tune)
    page.context.set_offline(False)
    expect(page.get_by_text("No connection to Tunedeck.")).to_be_hidden()
    has_caught_up(page, product, fine_tune)


def kill_the_server(page: Page, product: Product, provider: Provider, fine_tune: int) -> None:
    product.kill("web")
    happens(product, provider, fine_tune)
    has_caught_up(page, product, fine_tune)


def look_away(page: Page, product: Product, provider: Provider, fine_tune: int) -> None:
    """A hidden page asks for nothing, whatever happens."""
    asked: list[str] = []
    page.evaluate(LOOK_AWAY, True)
    expect(page.locator("#live")).to_be_hidden()
    before = page.evaluate(ORDINALS)
    page.on("request", lambda request: asked.append(request.url))
    happens(product, provider, fine_tune)
    assert page.evaluate(ORDINALS) == before
    assert asked == []
    page.evaluate(LOOK_AWAY, False)
    has_caught_up(page, product, fine_tune)


def says_what_should_be_heard(page: Page) -> None:
    spoken = set(page.evaluate("window.spoken"))
    assert "Succeeded" in spoken
    assert not [words for words in spoken if "Completed epoch" in words]
    assert not page.evaluate("window.lied")


def change(product: Product, fine_tune: int, **values: Any) -> None:
    """Write as a worker does."""
    names = ", ".join(f"{name} = ?" for name in values)
    sql = f"update finetunes_finetune set revision = revision + 1, {names} where id = ?"
    with sqlite3.connect(product.data / "tunedeck.sqlite3", timeout=30) as file:
        file.execute(sql, (*values.values(), fine_tune))
    file.close()


def copy(product: Product, **values: Any) -> int:
    """Make another like the first one, which no worker touches."""
    values = {"token": uuid.uuid4().hex, "remote_id": "", "due_at": None, "settled_at": None, **values}
    names = [name for (name,) in product.rows("select name from pragma_table_info('finetunes_finetune') where name != 'id'")]
    shown = ", ".join("?" if name in values else name for name in names)
    sql = f"insert into finetunes_finetune ({', '.join(names)}) select {shown} from finetunes_finetune where id = 1"
    with sqlite3.connect(product.data / "tunedeck.sqlite3", timeout=30) as file:
        made = file.execute(sql, [values[name] for name in names if name in values]).lastrowid
    file.close()
    assert made
    return made


def test_rows_change_and_move_under_the_keyboard(page: Page, product: Product) -> None:
    fine_tune = copy(product, name="far away", status="running", step=30, total_steps=100)
    page.goto("/finetunes/")
    row = page.locator(f"tr[data-row='{fine_tune}']")
    row.get_by_role("link").focus()
    change(product, fine_tune, step=60)
    expect(row.get_by_role("progressbar")).to_have_attribute("value", "60")
    expect(row.get_by_role("link")).to_be_focused()
    change(product, fine_tune, status="paused")
    expect(row.locator(".badge")).to_have_text("Paused")
    expect(page.locator("#news")).to_contain_text(": Paused")
    expect(row.get_by_role("link")).to_be_focused()
    change(product, fine_tune, status="succeeded", settled_at="2026-01-02 03:04:05")
    expect(row.locator(".badge")).to_have_text("Succeeded")
    expect(row.get_by_role("progressbar")).to_have_count(0)
    expect(row.get_by_role("link")).to_be_focused()


def test_without_scripts_everything_is_there_to_read(browser: Browser, product: Product, signed_in: Any) -> None:
    context = browser.new_context(base_url=product.address, storage_state=signed_in, java_script_enabled=False)
    page = context.new_page()
    for path in ("/", "/finetunes/"):
        page.goto(path)
        expect(page.locator("[data-row]").first).to_be_visible()
        expect(page.get_by_text("No connection to Tunedeck.")).to_be_hidden()
    page.goto("/finetunes/1/")
    expect(page.get_by_role("region", name="Progress")).to_be_visible()
    context.close()
