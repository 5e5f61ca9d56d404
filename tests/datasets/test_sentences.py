"""The filters with which pages write marks, texts and sentences."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from datasets.checks.separator import visible
from datasets.templatetags.sentences import line_breaks_shown, of, percent
from datasets.words import ngettext


def rendered(template: str, **values: object) -> str:
    return Template("{% load sentences %}" + template).render(Context(values))


@pytest.mark.parametrize(
    ("mark", "seen"), [(" ->", "␣->"), ("\n\n###\n\n", "\\n\\n###\\n\\n"), (" END", "␣END"), ("\t", "\\t"), ("", "")]
)
def test_a_mark_can_be_read(mark: str, seen: str) -> None:
    assert visible(mark) == seen


@pytest.mark.parametrize(
    ("text", "line"), [("a\nb", "a\\nb"), ("a\r\nb\t", "a\\r\\nb\\t"), ("a\\nb", "a\\\\nb"), ("plain", "plain")]
)
def test_a_text_stands_on_one_line(text: str, line: str) -> None:
    assert line_breaks_shown(text) == line


@given(st.text(st.sampled_from("ab\\nrt\n\r\t"), max_size=30))
def test_nothing_is_lost_on_that_line(text: str) -> None:
    assert line_breaks_shown(text).encode().decode("unicode_escape") == text


@pytest.mark.parametrize(("share", "shown"), [(0, 0), (0.004, 0), (0.2, 20), (0.999, 100), (1, 100)])
def test_a_share_is_shown_in_percent(share: float, shown: int) -> None:
    assert percent(share) == shown


def test_a_label_s_count_is_looked_up_by_its_name() -> None:
    assert of({" yes": 3}, " yes") == 3
    assert of({" yes": 3}, "items") is None


def test_sentences_are_escaped_with_what_stands_in_them() -> None:
    stored = ngettext("%(count)s row of %(name)s", "%(count)s rows of %(name)s", 2, name="<b>x</b>").to_json()
    assert rendered("{{ sentence|say }}", sentence=stored) == "2 rows of &lt;b&gt;x&lt;/b&gt;"


@pytest.mark.parametrize("name", ["visible", "line_breaks_shown"])
def test_texts_are_escaped_whatever_the_filter(name: str) -> None:
    assert "<i>" not in rendered("{{ text|" + name + " }}", text="<i>x</i>")
