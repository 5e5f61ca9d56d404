"""Nothing that a page offers to somebody is a dead end: each link is followed as each role."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.urls import Resolver404, resolve

from datasets.models import Dataset
from tests.security.addresses import ADDRESSES, MEMBER, OWNER, PUBLIC, VIEWER
from tests.security.asking import Visitor, body_of, sent_to_sign_in, undone
from tests.security.links import Link, Page, is_foreign
from tests.security.pages import address, named
from tests.security.seed import Planted

pytestmark = pytest.mark.xdist_group("matrix")

RANKS = {"anonymous": PUBLIC, "viewer": VIEWER, "member": MEMBER, "owner": OWNER}
VARIANTS = 4
"""How many questions behind one path are asked, as lists can be filtered and sorted in endless ways."""
HIDDEN = {"viewer": "for-members"}
"""The class of what a style sheet hides from a role: live fragments are the same for everybody."""
ELSEWHERE = {"healthz", "live", "ready", "metrics"}
"""Asked by programs, and no pages."""
OFF = "the form is switched off, and the page says that asking takes the role of member"
SHOWN_THOUGH_REFUSED = {
    ("anonymous", "/"): "leads to signing in, and that is what somebody needs who is not",
    ("viewer", "/playground/answer/"): OFF,
    ("viewer", "/playground/switch/"): OFF,
    ("viewer", "/playground/side-by-side/ask/"): OFF,
}
"""What a role is shown though it is refused, and why."""


@dataclass
class Crawl:
    """Follow everything from the pages that the role may read."""

    visitor: Visitor
    planted: Planted
    role: str
    troubles: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    paths: Counter[str] = field(default_factory=Counter)
    sent: set[str] = field(default_factory=set)
    waiting: deque[tuple[Link, str]] = field(default_factory=deque)

    def run(self) -> dict[str, str]:
        for name, line in ADDRESSES.items():
            if name not in ELSEWHERE and line.reads is not None and RANKS[self.role] >= line.reads:
                self.waiting.append((Link(f"{address(name, self.planted)}?{named(name, self.planted)}".rstrip("?")), ""))
        while self.waiting:
            self.visit(*self.waiting.popleft())
        return self.troubles

    def visit(self, link: Link, page: str) -> None:
        where = link.address.split("#")[0].removeprefix("http://testserver")
        if where.startswith("mailto:") or (self.role, where) in SHOWN_THOUGH_REFUSED:
            return
        if is_foreign(where):
            self.note(where, page, "leads away from the product")
        elif where.startswith("/static/"):
            self.check_static(where, page)
        elif link.changes:
            self.check_change(where, page)
        elif self.is_new(where):
            self.follow(link, where, page)

    def is_new(self, where: str) -> bool:
        if where in self.asked or self.paths[urlsplit(where).path] >= VARIANTS:
            return False
        self.asked.add(where)
        self.paths[urlsplit(where).path] += 1
        return True

    def follow(self, link: Link, where: str, page: str) -> None:
        with undone(self.planted.files):
            headers = {"HX-Request": "true"} if link.fragment else {}
            answer = self.visitor.ask("GET", where, headers=headers)
            text = body_of(answer)
        if page or answer.status_code >= 500:
            self.judge(answer, where, page)
        if answer.status_code in (301, 302) and not sent_to_sign_in(answer):
            self.waiting.append((Link(answer.headers["Location"]), where))
        elif answer.headers.get("Content-Type", "").startswith("text/html") and "Content-Disposition" not in answer.headers:
            read = Page(where, text, HIDDEN.get(self.role, ""))
            self.waiting.extend((one, where) for one in read.links)

    def judge(self, answer: Any, where: str, page: str) -> None:
        refused = answer.status_code == 403 or (self.role == "anonymous" and sent_to_sign_in(answer))
        if refused:
            self.note(where, page, "is refused")
        elif answer.status_code >= 400:
            self.note(where, page, f"answers {answer.status_code}")

    def check_static(self, where: str, page: str) -> None:
        if finders.find(urlsplit(where).path.removeprefix("/static/")) is None:
            self.note(where, page, "is no file")

    def check_change(self, where: str, page: str) -> None:
        """Only look up what a button does: other tests press them."""
        path = urlsplit(where).path
        if path in self.sent:
            return
        self.sent.add(path)
        try:
            line = ADDRESSES[resolve(path).view_name]
        except Resolver404:
            self.note(where, page, "is no address")
            return
        if line.writes is None:
            self.note(where, page, "takes nothing")
        elif RANKS[self.role] < line.writes:
            self.note(where, page, "is refused (POST)")

    def note(self, where: str, page: str, what: str) -> None:
        self.troubles.setdefault(where, f"{what}, on {page}")


@pytest.mark.parametrize("role", RANKS)
def test_no_link_leads_nowhere(planted: Planted, everybody: dict[str, Visitor], role: str) -> None:
    crawl = Crawl(everybody[role], planted, role)
    assert crawl.run() == {}
    assert len(crawl.asked) > (15 if role == "anonymous" else 100)


def test_whoever_may_only_look_is_told_what_a_file_waits_for(planted: Planted, everybody: dict[str, Visitor]) -> None:
    waiting = Dataset.objects.get(organization=planted.people.organization, state=Dataset.State.MAPPING)
    seen = everybody["viewer"].ask("GET", f"/datasets/{waiting.pk}/")
    assert b"A member or an owner has to say so" in seen.content
    assert (
        everybody["member"].ask("GET", f"/datasets/{waiting.pk}/").headers["Location"] == f"/datasets/{waiting.pk}/columns/"
    )
