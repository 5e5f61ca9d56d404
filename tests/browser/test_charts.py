"""A run of a million steps in a real browser: zoomed, smoothed, saved, with and without a mouse."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.charted import HEIGHT, SPIKE, STEPS
from tests.browser.person import barriers, listened, overflow
from tests.product import ROOT, owned_product

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("charts")]

PAGE = "/finetunes/1/"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with owned_product(tmp_path_factory.mktemp("data")) as product:
        command = [sys.executable, "-m", "tests.browser.charted"]
        subprocess.run(command, cwd=ROOT, env=product.environment, check=True)
        yield product.address


@pytest.fixture
def page(browser: Browser, address: str, signed_in: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=address, storage_state=signed_in, viewport={"width": 1280, "height": 900})
    with listened(context.new_page()) as page:
        page.goto(PAGE)
        yield page
    context.close()


def loss(page: Page) -> Locator:
    """The chart of the loss, drawn."""
    chart = page.locator("figure.chart").filter(has=page.get_by_role("heading", name="Loss", exact=True))
    expect(chart.locator("[data-drawn]")).to_be_visible()
    return chart


def press(page: Page, button: Locator) -> None:
    """Reach a button by the keyboard and press it."""
    button.focus()
    page.keyboard.press("Enter")


def drawn(chart: Locator, part: str = "raw") -> list[dict[str, Any]]:
    """What Plotly has drawn of each line: its name, places and values."""
    script = """(plot, part) => plot._fullData.filter((one) => one.meta?.part === part && one.visible === true)
      .map((one) => ({ name: one.name, x: Array.from(one.x, Number), y: Array.from(one.y) }))"""
    found: list[dict[str, Any]] = chart.locator("[data-plot]").evaluate(script, part)
    return found


def top(chart: Locator) -> float:
    found: float = chart.locator("[data-plot]").evaluate("(plot) => plot._fullLayout.yaxis.range[1]")
    return found


def test_one_step_of_a_million_is_seen_from_afar_and_from_close(page: Page) -> None:
    chart = loss(page)
    count = chart.locator("[data-count]")
    expect(count).to_have_text(re.compile(r"^1,000,000 steps, 1,\d{3} drawn$"))
    (training, _validation) = drawn(chart)
    assert (training["x"][0], training["x"][-1]) == (1, STEPS)
    assert (SPIKE, HEIGHT) in zip(training["x"], training["y"], strict=True)

    # It would press the rest flat, so at first a triangle at the edge stands for it.
    assert top(chart) < 3
    assert SPIKE in drawn(chart, "edge")[0]["x"]
    expect(chart.get_by_text("Triangles at the edge mark them")).to_be_visible()
    chart.get_by_role("button", name="Whole range").click()
    expect(chart.get_by_text("Triangles at the edge mark them")).to_be_hidden()
    assert top(chart) > HEIGHT
    assert drawn(chart, "edge") == []
    chart.get_by_role("button", name="Whole range").click()

    box = chart.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    at, y = box["x"] + box["width"] * SPIKE / STEPS, box["y"] + box["height"] / 2
    page.mouse.move(at - 6, y)
    page.mouse.down()
    page.mouse.move(at + 6, y, steps=4)
    page.mouse.up()
    expect(count).to_have_text(re.compile(r"^\d\d,\d{3} of 1,000,000 steps, "))
    (training, _validation) = drawn(chart)
    assert (SPIKE, HEIGHT) in zip(training["x"], training["y"], strict=True)
    assert len([x for x in training["x"] if SPIKE - 5_000 < x < SPIKE + 5_000]) > 300  # asked for again, not just stretched

    page.mouse.dblclick(box["x"] + box["width"] / 2, y)
    expect(count).to_have_text(re.compile(r"^1,000,000 steps"))


def test_a_run_is_walked_through_by_the_keyboard_alone(page: Page) -> None:
    chart = loss(page)
    count, whole = chart.locator("[data-count]"), chart.get_by_role("button", name="Whole run")
    expect(whole).to_be_disabled()
    for _ in range(3):
        with page.expect_response(re.compile("/charts/loss/.*from=")):
            press(page, chart.get_by_role("button", name="Zoom in"))
    expect(count).to_have_text(re.compile(r"^1\d\d,\d{3} of 1,000,000 steps"))
    middle = drawn(chart)[0]["x"][0]
    with page.expect_response(re.compile("/charts/loss/.*from=")):
        press(page, chart.get_by_role("button", name="Later"))
    page.wait_for_function(
        "([plot, before]) => plot._fullData[0].x[0] > before", arg=[chart.locator("[data-plot]").element_handle(), middle]
    )
    press(page, whole)
    expect(whole).to_be_disabled()
    expect(count).to_have_text(re.compile(r"^1,000,000 steps"))

    logarithmic = chart.get_by_role("button", name="Logarithmic")
    press(page, logarithmic)
    expect(logarithmic).to_have_attribute("aria-pressed", "true")
    assert chart.locator("[data-plot]").evaluate("(plot) => plot._fullLayout.yaxis.type") == "log"
    legend = chart.get_by_role("button", name="validation", exact=True)
    press(page, legend)
    expect(legend).to_have_attribute("aria-pressed", "false")
    assert [line["name"] for line in drawn(chart)] == ["training"]
    press(page, legend)
    assert len(drawn(chart)) == 2


def test_smoothing_lies_over_the_raw_line_and_is_kept_with_the_axis(page: Page) -> None:
    chart = loss(page)
    smoothing, axis = page.get_by_label("Smoothing"), page.get_by_label("Along")
    assert [len(drawn(chart, part)) for part in ("raw", "smooth")] == [2, 2]
    with page.expect_response(re.compile(r"/charts/loss\b.*smooth=0(&|$)")):
        smoothing.select_option("none")
    plot = chart.locator("[data-plot]")
    expect(plot).to_have_attribute("data-drawn", re.compile("smooth=0(&| )"))
    assert [len(drawn(chart, part)) for part in ("raw", "smooth")] == [2, 0]
    smoothing.select_option("much (20 % of the run)")
    expect(plot).to_have_attribute("data-drawn", re.compile(r"smooth=0\.2"))
    assert [len(drawn(chart, part)) for part in ("raw", "smooth")] == [2, 2]

    assert axis.locator("option").all_inner_texts() == ["steps", "elapsed tokens", "elapsed examples", "time (UTC)"]
    axis.select_option("elapsed tokens")
    expect(plot).to_have_attribute("data-drawn", re.compile("x=tokens"))
    assert drawn(chart)[0]["x"][-1] == 97 * STEPS
    page.reload()
    expect(axis).to_have_value("tokens")
    expect(smoothing).to_have_value("0.2")
    expect(plot).to_have_attribute("data-drawn", re.compile("x=tokens.*smooth=0.2"))


def test_a_chart_is_taken_away_as_picture_and_as_table(page: Page, tmp_path: Path) -> None:
    chart = loss(page)
    saved: dict[str, Path] = {}
    for name in ("PNG", "SVG", "CSV"):
        if not chart.locator(".chart-save[open]").count():
            chart.get_by_text("Download").click()
        with page.expect_download() as download:
            chart.locator(".chart-save").get_by_text(name).click()
        saved[name] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[name])
    assert [path.name for path in saved.values()] == [f"a-million-steps-loss.{end}" for end in ("png", "svg", "csv")]
    assert saved["PNG"].read_bytes().startswith(b"\x89PNG")
    svg = saved["SVG"].read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert "Loss" in svg
    with saved["CSV"].open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        assert next(rows) == ["step", "training_loss", "validation_loss"]
        values = {int(step): float(value) for step, value, *_ in rows}
    assert len(values) == STEPS
    assert values[SPIKE] == HEIGHT


def test_it_fills_the_screen_and_comes_back(page: Page) -> None:
    chart = loss(page)
    plot, button = chart.locator("[data-plot]"), chart.get_by_role("button", name="Full screen")
    before = plot.bounding_box()
    assert before is not None
    press(page, button)
    expect(button).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(
        "([plot, width]) => plot._fullLayout.width > width * 1.4 && plot._fullLayout.height > 400",
        arg=[plot.element_handle(), before["width"]],
    )
    press(page, button)
    expect(button).to_have_attribute("aria-pressed", "false")
    page.wait_for_function(
        "([plot, width]) => plot._fullLayout.width <= width + 1 && plot._fullLayout.height < 300",
        arg=[plot.element_handle(), before["width"]],
    )


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_it_is_in_nobody_s_way(browser: Browser, address: str, signed_in: Any, width: int, scheme: Any) -> None:
    look: Any = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
    context = browser.new_context(base_url=address, storage_state=signed_in, bypass_csp=True, **look)
    with listened(context.new_page()) as page:
        page.goto(PAGE)
        chart = loss(page)
        chart.get_by_text("Download").click()
        chart.locator("summary", has_text="Table").click()
        expect(chart.get_by_role("columnheader", name="validation")).to_be_visible()
        assert barriers(page) == []
        assert overflow(page) <= 0
    context.close()
