"""What stands in a template and never changes is looked up once for each language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.template import Context, Template
from django.templatetags.static import static
from django.utils import translation
from django.utils.translation import gettext

from teams.templatetags.constants import Constant

TRANSLATOR: Any = vars(translation)["_trans"]
"""What Django's functions ask; each looks the name up anew."""


def constants(written: str) -> int:
    return len(Template(written).nodelist.get_nodes_by_type(Constant))


def drawn(written: str, **context: Any) -> str:
    return Template(written).render(Context(context))


@pytest.mark.parametrize("written", ['{% translate "Events" %}', "{% translate 'Events' %}", '{% static "css/base.css" %}'])
def test_words_that_stand_there_are_looked_up_once(written: str) -> None:
    assert constants(written) == 1


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("{% translate word %}", "Events"),
        ('{% translate "Events"|upper %}', "EVENTS"),
        ('{% translate "Events" as said %}{{ said }}!', "Events!"),
        ('{% translate "Events" context "of a run" %}', "Events"),
        ('{% translate "Events" noop %}', "Events"),
        ("{% static path as here %}{{ here }}", static("css/base.css")),
    ],
)
def test_whatever_else_is_there_is_djangos_own(written: str, shown: str) -> None:
    assert constants(written) == 0
    assert drawn(written, word="Events", path="css/base.css") == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('{% translate "Fish & <b>chips</b>" %}', "Fish & <b>chips</b>"),
        ('{% translate "100 % sure" %}', "100 % sure"),
        ('{% static "css/base.css" %}', static("css/base.css")),
        ('{% for one in "ab" %}{% translate "x" %}{{ one }}{% endfor %}', "xaxb"),
    ],
)
def test_it_is_shown_as_before(written: str, shown: str) -> None:
    assert [drawn(written) for _again in range(2)] == [shown] * 2
    assert drawn("{% autoescape off %}" + written + "{% endautoescape %}") == shown


def test_each_language_has_its_own() -> None:
    template = Template('{% translate "Monday" %}')
    found = {}
    for language in ("en", "de", "fr", "en"):
        with translation.override(language):
            found[language] = (template.render(Context()), gettext("Monday"))
    assert found == {"en": ("Monday",) * 2, "de": ("Montag",) * 2, "fr": ("lundi",) * 2}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []
    plain: Callable[[str], str] = TRANSLATOR.gettext

    def gettext(message: str) -> str:
        asked.append(message)
        return plain(message)

    monkeypatch.setattr(TRANSLATOR, "gettext", gettext)
    return asked


def test_the_second_page_looks_nothing_up(counted: list[str]) -> None:
    template = Template('{% translate "Events" %}')
    assert [template.render(Context()) for _page in range(3)] == ["Events"] * 3
    assert counted == ["Events"]
