"""The whole of what `make test` asks a little of: a hundred generated requests to each address of the description."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.trainer.asked import Known, known
from tests.trainer.test_described_live import check, description

pytestmark = [pytest.mark.bench, pytest.mark.live, pytest.mark.timeout(1800)]

__all__ = ["known"]

EXAMPLES = 100


@description.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_described(case: schemathesis.Case[Any], known: Known) -> None:
    check(case, known)
