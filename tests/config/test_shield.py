"""What a browser is told with every answer, and what cookies may do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from config import shield
from tests.conftest import People, signed_in

ROOT = Path(settings.ROOT)


def directives(answer_headers: object) -> dict[str, list[str]]:
    parts = (part.split() for part in str(answer_headers).split(";"))
    return {name: values for name, *values in parts}


@pytest.mark.django_db
class TestPages:
    def test_nothing_inline_is_let_in(self, people: People) -> None:
        answer = signed_in(people.owner).get("/")
        policy = directives(answer["Content-Security-Policy"])
        assert policy["default-src"] == ["'none'"]
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == ["'self'"]
        assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == ["'none'"]
        assert "unsafe" not in answer["Content-Security-Policy"]

    @pytest.mark.parametrize("path", ["/", "/accounts/login/", "/nothing/here/", "/healthz", "/datasets/"])
    def test_every_answer_is_shielded(self, people: People, path: str) -> None:
        answer = signed_in(people.owner).get(path)
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in answer["Permissions-Policy"]
        assert "no-store" in answer["Cache-Control"]

    def test_no_page_of_somebody_is_kept_by_a_cache_that_others_use(self, people: People) -> None:
        assert signed_in(people.viewer).get("/finetunes/")["Cache-Control"] == "private, no-store"

    def test_cookies_are_for_the_server_alone(self, people: People, client: Client) -> None:
        client.post("/accounts/login/", {"login": "owner@example.com", "password": "correct horse"})
        for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
            cookie = client.cookies[name]
            assert cookie["httponly"]
            assert cookie["samesite"] == "Lax"
            assert cookie["path"] == "/"
            assert not cookie["domain"]


def test_what_is_new_here_names_its_own_limits() -> None:
    assert "unsafe-eval" not in json.dumps(shield.CONTENT_SECURITY_POLICY)
    assert not re.search(r"https?:|\*", json.dumps(shield.CONTENT_SECURITY_POLICY))


def test_templates_have_no_inline_style_or_handler() -> None:
    """The policy would stop them: the page would look or work otherwise than it was written."""
    standing_alone = {"exported.html", "report.html"}  # files that are saved have a policy of their own
    wrong = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if path.name not in standing_alone and re.search(r"\sstyle=|<style|\son[a-z]+=[\"']|javascript:", path.read_text())
    ]
    assert wrong == []


def test_over_https_cookies_are_bound_to_the_host_and_the_address_stays_so(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS")
    asked = f"import json; from config import settings; print(json.dumps([getattr(settings, name) for name in {names}]))"
    own = {"TUNEDECK_ADDRESS": "https://tunedeck.example", "TUNEDECK_DATA": str(tmp_path), "PYTHONPATH": str(ROOT)}
    said = subprocess.run(
        [sys.executable, "-c", asked], env=os.environ | own, cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert json.loads(said.stdout) == ["__Host-sessionid", "__Host-csrftoken", True, True, 31536000]
