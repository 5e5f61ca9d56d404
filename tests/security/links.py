"""What a page leads to: links, what htmx fetches, files it loads, and forms with every choice they offer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

LINKS = ("href", "src", "hx-get", "sse-connect")
POSTS = ("hx-post", "hx-put", "hx-patch", "hx-delete")
UNSENT = {"submit", "button", "reset", "image", "file"}
SAVED = {"checkbox", "radio"}

Attributes = dict[str, str]


@dataclass(frozen=True)
class Link:
    """`changes`: it is sent, not fetched; `fragment`: htmx asks for it."""

    address: str
    changes: bool = False
    fragment: bool = False


@dataclass
class Form:
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    """What is sent if nobody touches anything."""
    offers: list[tuple[str, str]] = field(default_factory=list)
    """Every other choice: options of a list, boxes."""

    def queries(self) -> Iterator[str]:
        yield urlencode(self.fields)
        for name, value in self.offers:
            yield urlencode([*((one, kept) for one, kept in self.fields if one != name), (name, value)])

    def links(self) -> Iterator[Link]:
        start = self.action.split("?")[0]
        return (Link(f"{start}?{query}") for query in self.queries())


class Page(HTMLParser):
    """Read one page; `links` are absolute paths, without those of a class that is hidden from whoever reads."""

    def __init__(self, address: str, text: str, hidden: str = "") -> None:
        super().__init__()
        self.address, self.links = address, list[Link]()
        self.form: Form | None = None
        self.select: str | None = None
        self.hidden = hidden
        self.feed(text)

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in given}
        if not self.hidden or self.hidden not in attributes.get("class", "").split():
            self._leads(tag, attributes)
        if reads := getattr(self, f"_{tag}", None):
            reads(attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.form:
            self.links += self.form.links()
            self.form = None
        elif tag == "select":
            self.select = None

    def _leads(self, tag: str, attributes: Attributes) -> None:
        for name in LINKS:
            if name in attributes and tag != "form":  # htmx sends a form's fields with its address: `_form`
                self._add(attributes[name], fragment=name.startswith("hx"))
        for name in POSTS:
            if name in attributes:
                self._add(attributes[name], changes=True)

    def _add(self, address: str, *, changes: bool = False, fragment: bool = False) -> None:
        self.links.append(Link(urljoin(self.address, address), changes, fragment))

    def _form(self, attributes: Attributes) -> None:
        action = urljoin(self.address, attributes.get("action") or self.address)
        if attributes.get("method", "get").lower() == "get" and not any(name in attributes for name in POSTS):
            self.form = Form(action)
        elif attributes.get("method", "get").lower() == "post" and "hidden" not in attributes:  # else: its buttons say where
            self._add(action, changes=True)

    def _button(self, attributes: Attributes) -> None:
        if "formaction" in attributes:
            self._add(attributes["formaction"], changes=attributes.get("formmethod", "post").lower() == "post")

    def _input(self, attributes: Attributes) -> None:
        kind, name = attributes.get("type", "text"), attributes.get("name")
        if self.form and name and kind not in UNSENT:
            is_sent = kind not in SAVED or "checked" in attributes
            (self.form.fields if is_sent else self.form.offers).append(
                (name, attributes.get("value", "on" * (kind in SAVED)))
            )

    def _select(self, attributes: Attributes) -> None:
        self.select = attributes.get("name")

    def _option(self, attributes: Attributes) -> None:
        if self.form and self.select:
            is_sent = "selected" in attributes
            (self.form.fields if is_sent else self.form.offers).append((self.select, attributes.get("value", "")))


def is_foreign(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.scheme or parts.netloc)
