from __future__ import annotations

import pytest

from playground.labels import first_token


@pytest.mark.parametrize("base", ["ada", "davinci-002", "gpt-3.5-turbo-0613", "ft:gpt-3.5-turbo-0613:acme::9x"])
def test_the_vocabulary_of_a_known_base_begins_its_labels(base: str) -> None:
    first = first_token(base)
    assert first is not None
    assert first(" hockey") == " hockey"
    assert " supercalifragilistic".startswith(first(" supercalifragilistic"))
    assert first(" supercalifragilistic") != " supercalifragilistic"
    assert first("") == ""


@pytest.mark.parametrize("base", ["meta-llama/Llama-3.1-8B", "mistral-7b", ""])
def test_a_vocabulary_that_is_not_ours_is_not_guessed(base: str) -> None:
    assert first_token(base) is None
