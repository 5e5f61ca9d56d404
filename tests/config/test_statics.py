"""Whatever a page loads, scripts that other scripts import included, changes its address with its content."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from config.statics import Statics

IMPORTED = re.compile(r"""(?:from|import\(?)\s*["'](\.[^"']+)["']""")
SCRIPTS = Path(__file__).resolve().parents[2] / "static/js"


def collected(place: Path, files: dict[str, str]) -> Statics:
    """Collect the files as they are collected when a server is set up."""
    source = FileSystemStorage(place / "source")
    storage = Statics(location=str(place / "pages"), base_url="/static/")
    for name, text in files.items():
        source.save(name, ContentFile(text))
        storage.save(name, ContentFile(text))
    assert not [
        done for *_names, done in storage.post_process({name: (source, name) for name in files}) if done not in (0, 1)
    ]
    return storage


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Statics:
    return collected(tmp_path_factory.mktemp("static"), {f"js/{one.name}": one.read_text() for one in SCRIPTS.glob("*.js")})


def imports(storage: Statics, name: str) -> list[str]:
    return IMPORTED.findall(Path(storage.path(storage.hashed_files[name])).read_text())


def test_every_script_imports_under_addresses_that_change(pages: Statics) -> None:
    found = {name: imports(pages, name) for name in pages.hashed_files}
    assert len(found) == len(list(SCRIPTS.glob("*.js")))
    assert found["js/chart.js"], "nothing imports any more: this test has nothing to look at"
    for name, addresses in found.items():
        for address in addresses:
            assert re.search(r"\.[0-9a-f]{12}\.js$", address), f"{name} imports {address}"
            assert Path(pages.path("js/" + address)).is_file(), f"{name} imports {address}, which is not there"


def test_whoever_imports_a_changed_script_changes_as_well(tmp_path: Path) -> None:
    page = 'import { a } from "./numbers.js";\nconsole.log(a);\n'
    before, after = [
        collected(tmp_path / text, {"js/page.js": page, "js/numbers.js": f"export const a = {text};\n"}) for text in "12"
    ]
    assert before.hashed_files["js/page.js"] != after.hashed_files["js/page.js"]
    assert imports(before, "js/page.js") != imports(after, "js/page.js")


def test_the_address_of_a_file_is_looked_up_once(pages: Statics, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pages.url("js/chart.js")
    assert re.fullmatch(r"/static/js/chart\.[0-9a-f]{12}\.js", first)
    monkeypatch.setattr(pages, "stored_name", lambda name: pytest.fail(f"{name} was looked up again"))
    assert pages.url("js/chart.js") == first


def test_while_it_is_worked_on_addresses_follow_the_files(pages: Statics, settings: Any) -> None:
    pages.url("js/chart.js")
    settings.DEBUG = True
    assert pages.url("js/chart.js") == "/static/js/chart.js"
