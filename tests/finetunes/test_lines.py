"""How one event looks, in the page and in its stream."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from finetunes.live import lines
from finetunes.models import Event
from teams.looks import Look, worn

WHEN = datetime(2026, 11, 21, 18, 5, 9, tzinfo=UTC)


def line(**values: Any) -> str:
    return lines.draw(Event(**{"ordinal": 7, "level": "info", "message": "Step 7/9", "created_at": WHEN} | values))


def test_it_says_when_and_what() -> None:
    time = '<time datetime="2026-11-21T18:05:09+00:00" data-local title="2026-11-21 18:05:09 UTC">18:05:09</time>'
    assert line() == f'<li data-ordinal="7" class="level-info">{time}<span class="wrap-any">Step 7/9</span></li>'


def test_its_number_has_no_signs_of_a_language() -> None:
    assert 'data-ordinal="1234567"' in line(ordinal=1_234_567)


@pytest.mark.parametrize("level", ["error", "warn", "warning"])
def test_what_went_wrong_stands_before_what_was_said(level: str) -> None:
    assert f'class="level-{level}"' in line(level=level)
    assert f"<b>{level}</b> Step 7/9</span>" in line(level=level)


@pytest.mark.parametrize("level", ["info", "debug", "", "ERROR"])
def test_other_levels_are_not_named(level: str) -> None:
    assert "<b>" not in line(level=level)


def test_one_without_a_time_has_an_empty_place_for_it() -> None:
    assert '"><span></span><span class="wrap-any">' in line(created_at=None)


def test_nothing_that_a_provider_says_becomes_html() -> None:
    nasty = '"><script>alert("x")</script>'
    assert nasty not in (shown := line(level=nasty, message=f"{nasty} & more"))
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more" in shown
    assert 'class="level-scriptalertxscript"' in shown


def test_times_are_in_the_zone_and_the_form_of_whoever_looks() -> None:
    with worn(Look(formats="dots", zone="Asia/Tokyo")):
        assert 'title="22.11.2026 03:05:09 JST">03:05:09</time>' in line()
