"""The running trainer answers as its description says, whatever it is asked: schemathesis asks."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.config import SchemathesisConfig

from tests.trainer.asked import Known, known
from trainer.api.description.document import document

pytestmark = pytest.mark.live

__all__ = ["known"]

EXAMPLES = 3
# Their hundreds of bounds are those of /completions, which are tried there.
ALIKE = ["/engines/{engine}/completions", "/chat/completions"]
CONFIG = SchemathesisConfig.from_dict(
    {
        "generation": {"deterministic": True, "mode": "all", "with-security-parameters": False},
        "phases": {"coverage": {"unexpected-methods": ["PATCH"]}},
        "operations": [{"include-path": ALIKE, "phases": {"coverage": {"enabled": False}}}],
    }
)
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
description = schemathesis.openapi.from_dict(document(), config=CONFIG)


@description.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_described(case: schemathesis.Case[Any], known: Known) -> None:
    """A few requests to each address; `make bench` asks a hundred."""
    check(case, known)


def check(case: schemathesis.Case[Any], known: Known) -> None:
    known.aim(case)
    response = case.call(base_url=known.address, headers={"Authorization": known.key}, timeout=30)
    known.tidy(case, response)
    case.validate_response(response, checks=CHECKS)
