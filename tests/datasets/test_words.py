from __future__ import annotations

import json

from django.utils.translation import override

from datasets.wording import say
from datasets.words import Sentence, gettext_noop, ngettext


def test_a_sentence_survives_being_stored() -> None:
    sentence = ngettext("%(count)s row of %(name)s", "%(count)s rows of %(name)s", 3, name="x")
    assert Sentence.from_json(json.loads(json.dumps(sentence.to_json()))) == sentence


def test_one_and_many_are_told_apart() -> None:
    said = [say(ngettext("%(count)s row", "%(count)s rows", count)) for count in (0, 1, 2)]
    assert said == ["0 rows", "1 row", "2 rows"]


def test_numbers_are_written_as_the_reader_writes_them() -> None:
    sentence = ngettext("%(count)s row", "%(count)s rows", 1_234_567)
    assert say(sentence) == "1,234,567 rows"
    with override("de"):
        assert say(sentence).startswith("1.234.567")


def test_a_stored_sentence_is_said_like_a_fresh_one_and_nothing_says_nothing() -> None:
    assert say(gettext_noop("The file is empty.").to_json()) == "The file is empty."
    assert say(None) == ""


def test_a_percent_sign_in_a_value_is_only_text() -> None:
    assert say(gettext_noop("Read %(what)s.", what="100 %(x)s %")) == "Read 100 %(x)s %."
