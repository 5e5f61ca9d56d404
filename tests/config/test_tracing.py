"""The id of a request: in the answer, in the log, on the pages of what goes wrong."""

from __future__ import annotations

import logging
import re
import time
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from config import metrics, tracing
from config.urls import handler400, handler403, handler404, handler500  # noqa: F401 (Django looks for them here)
from config.urls import urlpatterns as product
from teams import access
from tests.conftest import People
from work import trace

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
log = logging.getLogger("finetunes.somewhere")
GIVEN = "from-the-proxy-0001"


def noted(request: HttpRequest, pk: int = 0) -> HttpResponse:
    log.info("noted")
    return HttpResponse(trace.request_id())


@access.viewer
def gated(request: access.OrgRequest) -> HttpResponse:
    log.info("noted")
    return HttpResponse()


def failing(error: Exception) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


urlpatterns = [
    *product,
    path("noted/<int:pk>/", noted, name="noted"),
    path("gated/", gated, name="gated"),
    path("broken/", failing(RuntimeError("it broke")), name="broken"),
    path("forbidden/", failing(PermissionDenied()), name="forbidden"),
    path("missing/", failing(Http404()), name="missing"),
    path("strange/", failing(SuspiciousOperation()), name="strange"),
    path("large/", failing(RequestDataTooBig()), name="large"),
]
WRONG = {"/broken/": 500, "/forbidden/": 403, "/missing/": 404, "/nothing/here/": 404, "/strange/": 400, "/large/": 413}


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Every record, with what was known when it was written."""
    seen: list[logging.LogRecord] = []

    def keep(one: logging.LogRecord) -> bool:
        one.known = dict(trace.about())
        seen.append(one)
        return True

    caplog.set_level(logging.INFO)
    caplog.handler.addFilter(keep)
    return seen


def known(lines: list[logging.LogRecord], name: str) -> dict[str, Any]:
    return next({**line.__dict__["known"], **getattr(line, "about", {})} for line in lines if line.name == name)


def test_an_id_of_the_proxy_is_kept_and_stands_in_the_answer(client: Client) -> None:
    answer = client.get("/noted/17/", headers={"X-Request-ID": GIVEN})
    assert answer.content.decode() == answer.headers["X-Request-ID"] == GIVEN


@pytest.mark.parametrize("given", [None, "", "short", "with space and more", "x" * 65])
def test_without_a_well_formed_one_an_id_is_made(client: Client, given: str | None) -> None:
    answer = client.get("/noted/17/", headers={"X-Request-ID": given} if given is not None else {})
    assert re.fullmatch(r"req_[0-9a-f]{32}", answer.headers["X-Request-ID"])


def test_each_line_names_the_request(client: Client, lines: list[logging.LogRecord]) -> None:
    client.get("/noted/17/", headers={"X-Request-ID": GIVEN})
    assert known(lines, "finetunes.somewhere") == {"request_id": GIVEN}
    assert known(lines, "tunedeck.request")["request_id"] == GIVEN


def test_the_line_of_a_request_says_what_was_asked_and_how_it_went(client: Client, lines: list[logging.LogRecord]) -> None:
    client.get("/noted/17/?secret=1")
    said = known(lines, "tunedeck.request")
    assert (said["route"], said["method"], said["status"], said["pk"]) == ("noted", "GET", 200, 17)
    assert said["ms"] > 0
    assert not any("secret" in line.getMessage() for line in lines)


def test_behind_a_gate_person_and_organization_are_named_by_their_ids(
    people: People, member_client: Client, lines: list[logging.LogRecord]
) -> None:
    member_client.get("/gated/")
    said = known(lines, "finetunes.somewhere")
    assert (said["person"], said["organization"]) == (people.member.pk, people.organization.pk)
    assert known(lines, "tunedeck.request")["person"] == people.member.pk


def test_what_was_known_of_one_request_is_forgotten_at_the_next(
    member_client: Client, client: Client, lines: list[logging.LogRecord]
) -> None:
    member_client.get("/gated/")
    lines.clear()
    client.get("/noted/17/")
    assert "person" not in known(lines, "finetunes.somewhere")


def test_what_is_asked_all_the_time_leaves_no_line(client: Client, lines: list[logging.LogRecord]) -> None:
    client.get("/healthz")
    assert not [line for line in lines if line.name == "tunedeck.request"]


@pytest.mark.parametrize("address", WRONG)
def test_a_page_of_what_went_wrong_shows_the_id_that_the_log_names(
    client: Client, lines: list[logging.LogRecord], address: str
) -> None:
    client.raise_request_exception = False
    answer = client.get(address, headers={"X-Request-ID": GIVEN, "Accept": "text/html"})
    assert answer.status_code == WRONG[address]
    assert f'id="request-id">{GIVEN}</code>' in answer.content.decode()
    assert known(lines, "tunedeck.request")["status"] == WRONG[address]


@pytest.mark.parametrize("address", WRONG)
def test_whoever_asks_for_data_gets_the_id_as_data(client: Client, address: str) -> None:
    client.raise_request_exception = False
    answer = client.get(address, headers={"X-Request-ID": GIVEN, "Accept": "application/json"})
    assert (answer.status_code, answer.json()["request_id"]) == (WRONG[address], GIVEN)


def test_what_broke_is_in_the_log_with_its_traceback_under_the_same_id(
    client: Client, lines: list[logging.LogRecord]
) -> None:
    client.raise_request_exception = False
    client.get("/broken/", headers={"X-Request-ID": GIVEN})
    broke = next(line for line in lines if line.exc_info)
    assert broke.__dict__["known"]["request_id"] == GIVEN
    assert "it broke" in str(broke.exc_info)


def test_a_refused_form_shows_its_id(people: People) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/accounts/login/", {}, headers={"X-Request-ID": GIVEN})
    assert answer.status_code == 403
    assert GIVEN in answer.content.decode()


def test_somebody_with_too_small_a_role_sees_the_id(viewer_client: Client) -> None:
    answer = viewer_client.get("/audit/", headers={"X-Request-ID": GIVEN})
    assert answer.status_code == 403
    assert GIVEN in answer.content.decode()


def counted(**labels: str) -> float:
    return metrics.REGISTRY.get_sample_value("tunedeck_request_seconds_count", labels) or 0.0


def test_requests_are_counted_by_route_and_not_by_address(client: Client) -> None:
    before = counted(route="noted", method="GET", status="200")
    for pk in (1, 2, 3):
        client.get(f"/noted/{pk}/")
    assert counted(route="noted", method="GET", status="200") == before + 3


def test_no_address_and_no_method_makes_a_label_of_its_own(client: Client) -> None:
    before = counted(route="unknown", method="other", status="404")
    client.generic("STRANGE", "/no/such/address/")
    assert counted(route="unknown", method="other", status="404") == before + 1


def test_it_costs_a_request_less_than_a_fifth_of_a_millisecond() -> None:
    logging.getLogger("tunedeck.request").setLevel(logging.INFO)
    answer = HttpResponse()
    request = RequestFactory().get("/")
    traced, best = tracing.traced(lambda _request: answer), float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(200):
            traced(request)
        best = min(best, (time.process_time() - began) / 200)
    assert best < 0.0002, f"{best * 1e6:.0f} µs"
