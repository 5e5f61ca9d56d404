"""`make production-like`, all but the installation of packages that are installed here already."""

from __future__ import annotations

import pytest

from tests.production.containers import production
from tests.production.like import day

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("production"), pytest.mark.timeout(400)]


def test_a_day_in_production_ends_as_it_should(capsys: pytest.CaptureFixture[str]) -> None:
    with production() as made:
        try:
            day(made, print)
        except BaseException:
            print(made.said())
            raise
    assert "still signed in" in capsys.readouterr().out
