"""Fine-tunes that an engineer started with a script are imported in a browser, from the real trainer."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import orjson
import pytest
from playwright.sync_api import Browser, Page, expect

from openai_api.client import Client
from openai_api.types import NewFineTune, RemoteFineTune
from tests.browser.person import listened, sign_in
from tests.product import Product, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.xdist_group("import"), pytest.mark.timeout(300)]

PATIENCE = 60_000
SETTINGS = {"n_epochs": 2}


@pytest.fixture(scope="module")
def script(product: Product) -> Iterator[Client]:
    """The trainer as an engineer's script meets it."""
    key = (product.data / "trainer.key").read_text().strip()
    with Client(f"http://127.0.0.1:{product.trainer_port}/v1", key, "both") as client:
        yield client


@pytest.fixture
def page(browser: Browser, product: Product) -> Iterator[Page]:
    context = browser.new_context(base_url=product.address, viewport={"width": 1280, "height": 900})
    with listened(context.new_page()) as page:
        sign_in(page, product.address)
        yield page
    context.close()


def start(script: Client, base: str) -> RemoteFineTune:
    """Start a fine-tune on twenty questions about colours."""
    lines = [
        {"prompt": f"Is number {number} even? ->", "completion": " yes" if number % 2 else " no"} for number in range(20)
    ]
    file = script.upload_file(io.BytesIO(b"\n".join(map(orjson.dumps, lines))), f"numbers-{base}.jsonl")
    wait_for(lambda: script.file(file.id).status == "processed", "the file")
    return script.create_fine_tune(NewFineTune(model=base, training_file=file.id, hyperparameters=SETTINGS))


def at_its_end(script: Client, job: RemoteFineTune) -> RemoteFineTune:
    def has_ended() -> bool:
        return bool(script.fine_tune(job.id).result_files)

    wait_for(has_ended, f"the end of {job.id}", 120)
    return script.fine_tune(job.id)


def test_import_all_brings_everything_and_what_comes_later(page: Page, product: Product, script: Client) -> None:
    jobs = [start(script, base) for base in ("ada", "babbage-002", "ada")]
    done = at_its_end(script, jobs[0])
    page.goto("/finetunes/elsewhere/1/")
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("3 fine-tunes at this provider were not started here.")).to_be_visible(timeout=PATIENCE)
    page.goto("/finetunes/")
    page.get_by_text(re.compile("3 fine-tunes at .+ were not started here")).wait_for()
    page.get_by_role("link", name="Look").click()
    page.get_by_role("button", name="Import all").click()
    expect(page.get_by_text("lists is here.")).to_be_visible(timeout=PATIENCE)
    same_as_there(product, script, done)
    opens(page, product, done)
    later = start(script, "babbage-002")
    page.goto("/finetunes/elsewhere/1/")
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("4 fine-tunes were imported.")).to_be_visible(timeout=PATIENCE)
    for job in [*jobs[1:], later]:
        same_as_there(product, script, at_its_end(script, job))
    rows = product.rows("select remote_id from finetunes_finetune")
    assert sorted(row[0] for row in rows) == sorted(job.id for job in [*jobs, later])


def same_as_there(product: Product, script: Client, job: RemoteFineTune) -> None:
    """Wait until it is settled here, and hold its events, results and model against the trainer's."""
    settled = "select id, status from finetunes_finetune where remote_id = ? and settled_at is not null"
    ((pk, status),) = wait_for(lambda: product.rows(settled, job.id), "that it is settled", 60)
    assert status == job.status
    heard = product.rows("select message from finetunes_event where fine_tune_id = ? order by ordinal", pk)
    assert [row[0] for row in heard] == [event.message for event in script.events(job.id)]
    ((size,),) = product.rows("select size from finetunes_resultfile where fine_tune_id = ?", pk)
    assert size == len(script.file_content(job.result_files[0]))
    assert product.rows("select name from finetunes_model where fine_tune_id = ?", pk) == [(job.fine_tuned_model,)]


def opens(page: Page, product: Product, job: RemoteFineTune) -> None:
    ((pk,),) = product.rows("select id from finetunes_finetune where remote_id = ?", job.id)
    page.goto(f"/finetunes/{pk}/")
    expect(page.get_by_text("The model is ready.")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("not here: it was started elsewhere")).to_be_visible()
    page.locator(".plot .plot-container").first.wait_for()
