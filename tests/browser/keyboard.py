"""A person without a mouse: tabs to things as the page offers them, and sees where they are."""

from __future__ import annotations

from playwright.sync_api import FilePayload, Locator, Page, expect

MOST_TABS = 90
HERE = "element => element === document.activeElement"
SEEN = """element => {
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" || style.boxShadow !== "none";
  return element.matches(":focus-visible") && ring && box.bottom > 0 && box.top < innerHeight;
}"""


class Keyboard:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.chosen: list[FilePayload] = []
        # From the beginning: a browser that is told only as the key is pressed opens its own window.
        page.on("filechooser", lambda chooser: chooser.set_files(self.chosen))

    def to(self, wanted: Locator) -> Locator:
        """Tab until the element has the focus, which must be to be seen."""
        expect(wanted).to_be_visible()
        for _tab in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if wanted.evaluate(HERE):
                assert wanted.evaluate(SEEN), f"nothing shows that the focus is on {wanted}"
                return wanted
        raise AssertionError(f"no way to {wanted} by keyboard")

    def press(self, wanted: Locator, key: str = "Enter") -> None:
        self.to(wanted)
        self.page.keyboard.press(key)

    def link(self, name: str) -> None:
        self.press(self.page.get_by_role("link", name=name, exact=True))

    def button(self, name: str) -> None:
        self.press(self.page.get_by_role("button", name=name, exact=True))

    def select(self, wanted: Locator, option: str) -> None:
        """Choose an option by the letters it begins with."""
        box = self.to(wanted)
        self.page.keyboard.type(option)
        expect(box).to_have_value(option)

    def file(self, field: Locator, name: str, content: bytes) -> None:
        self.chosen = [{"name": name, "mimeType": "text/plain", "buffer": content}]
        self.press(field)
