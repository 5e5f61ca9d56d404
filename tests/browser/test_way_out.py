"""A provider closes: its connection is archived, what it refuses goes elsewhere, and old and new are compared."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from openai_api.client import Client
from tests.browser import walk
from tests.browser.person import barriers, listened, overflow, sign_in
from tests.browser.test_import import at_its_end, start
from tests.browser.test_loop import table
from tests.fakes.openai_jobs import OpenAIJobs
from tests.fakes.serving import KEY, serving
from tests.product import Product, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.xdist_group("way-out"), pytest.mark.timeout(300)]

PATIENCE = 90_000


class Closed(OpenAIJobs):
    """A provider that has the same bases as the trainer and starts nothing any more."""

    bases = ("babbage-002", "davinci-002")
    closed = True


@pytest.fixture(scope="module")
def key(product: Product) -> str:
    return (product.data / "trainer.key").read_text().strip()


@pytest.fixture
def page(browser: Browser, product: Product) -> Iterator[Page]:
    # The policy is bypassed for axe alone, which is put into the page.
    context = browser.new_context(base_url=product.address, viewport={"width": 1280, "height": 900}, bypass_csp=True)
    with listened(context.new_page()) as page:
        sign_in(page, product.address)
        yield page
    context.close()


def connect(page: Page, name: str, address: str, key: str, dialect: str) -> None:
    page.goto("/connections/add/?provider=other")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Base URL").fill(address)
    page.get_by_label("API key").fill(key)
    page.locator(f"input[name=dialect][value={dialect}]").check()
    page.get_by_role("button", name="Add the connection").click()
    expect(page.get_by_text("The connection is saved.")).to_be_visible()


def is_well_made(page: Page) -> None:
    assert (overflow(page), barriers(page)) == (0, [])


def test_archived_trained_again_in_three_clicks_and_compared(page: Page, product: Product, key: str) -> None:
    with Client(f"http://127.0.0.1:{product.trainer_port}/v1", key, "both") as script:
        job = at_its_end(script, start(script, "ada"))
        content = script.file_content(str(job.training_file))
    archive(page, product)
    whole = downloaded(page)
    kept = next(one for one in json.loads(whole.read("manifest.json"))["files"] if one.get("kind") == "training")
    assert whole.read(kept["path"]) == content
    assert not [name for name in whole.namelist() if key.encode() in whole.read(name)]
    connect(page, "Second trainer", f"http://localhost:{product.trainer_port}/v1", key, "both")
    train_again(page, product, job.id)
    rows = product.rows("select training_sha256 from datasets_version order by id desc limit 1")
    assert rows == [(hashlib.sha256(content).hexdigest(),)]
    compare(page, str(job.fine_tuned_model))


def archive(page: Page, product: Product) -> None:
    """Asked twice, and with its worker killed as it begins, it comes to its end by itself."""
    page.goto("/connections/1/")
    page.get_by_role("link", name="Archive of all that the provider has").click()
    is_well_made(page)
    page.get_by_role("button", name="Archive this connection").dblclick()
    wait_for(lambda: product.rows("select id from finetunes_archive"), "the wish")
    product.kill("worker")
    expect(page.get_by_text("Archived. All that the provider still has is here.")).to_be_visible(timeout=PATIENCE)
    is_well_made(page)


def downloaded(page: Page) -> zipfile.ZipFile:
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as one ZIP file").click()
    return zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))


def train_again(page: Page, product: Product, remote_id: str) -> None:
    """Three clicks: elsewhere, there, start."""
    ((pk,),) = product.rows("select id from finetunes_finetune where remote_id = ?", remote_id)
    page.goto(f"/finetunes/{pk}/")
    page.get_by_role("link", name="Train elsewhere").click()
    is_well_made(page)
    page.get_by_role("button", name="Train on Second trainer").click()
    page.wait_for_url(re.compile(r"/finetunes/new/\?from="), timeout=PATIENCE)
    expect(page.get_by_label("Base model")).to_have_value("ada")
    expect(page.get_by_text("The data and all settings were taken over as they were.")).to_be_visible()
    is_well_made(page)
    page.get_by_role("button", name="Start fine-tune").click()
    page.wait_for_url(walk.FINE_TUNE)
    walk.follow_to_the_end(page)


def compare(page: Page, old: str) -> None:
    page.locator("#part-outcome").get_by_role("link", name=re.compile("^ada:ft-")).click()
    new = page.locator("h1 .wrap-any").inner_text()
    page.get_by_role("link", name="Compare", exact=True).click()
    page.get_by_label("Old model").select_option(label=old)
    page.get_by_label("New model").select_option(label=new)
    page.get_by_role("button", name="Compare").click()
    page.get_by_label("Your own prompts").fill("Is number 3 even?\nIs number 4 even?")
    page.get_by_role("button", name="Ask both").click()
    expect(page.get_by_text(re.compile(r"\d of 2 the same"))).to_be_visible(timeout=PATIENCE)
    is_well_made(page)


def test_what_is_refused_goes_elsewhere_with_one_click(page: Page, product: Product, tmp_path: Path) -> None:
    with serving(Closed()) as provider:
        connect(page, "Closing", f"{provider.url}/v1", KEY, "jobs")
        walk.upload(page, table(tmp_path / "tickets.csv"))
        walk.accept_all_recommended(page)
        walk.make_version(page)
        page.get_by_role("link", name="Fine-tune", exact=True).click()
        ((closing,),) = product.rows("select id from connections_connection where name = 'Closing'")
        walk.choose(page, "Connection", str(closing))
        walk.choose(page, "Base model", "babbage-002")
        page.get_by_text("Advanced").click()
        page.get_by_label("Learning rate multiplier").fill("1.5")
        page.get_by_label("Metadata").fill("team=support")
        page.get_by_role("button", name="Start fine-tune").click()
        page.wait_for_url(walk.FINE_TUNE)
        expect(page.get_by_text("Closing starts no more fine-tunes for this account.")).to_be_visible(timeout=PATIENCE)
        expect(page.locator("#part-status")).to_have_text("Not accepted")
        is_well_made(page)
        ((trainer,),) = product.rows("select name from connections_connection where id = 1")
        page.get_by_role("link", name=f"Train this on {trainer}").click()
    moved_and_started(page)
    assert not provider.jobs


def moved_and_started(page: Page) -> None:
    expect(page.get_by_label("Base model")).to_have_value("babbage-002")
    expect(page.locator("#moved")).to_be_visible()
    is_well_made(page)
    page.get_by_role("button", name="Start fine-tune").click()
    page.wait_for_url(walk.FINE_TUNE)
    walk.follow_to_the_end(page)
