from __future__ import annotations

import pytest

from playground.speak import CHAT, COMPLETION, base_in, format_of, is_base, writes_text


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("ada", COMPLETION),
        ("davinci-002", COMPLETION),
        ("ft:davinci-002:acme::9x9umpsR", COMPLETION),
        ("curie:ft-acme-2023-01-29-13-51-40", COMPLETION),
        ("text-davinci-003", COMPLETION),
        ("gpt-3.5-turbo-instruct", COMPLETION),
        ("gpt-3.5-turbo-instruct-0914", COMPLETION),
        ("gpt-3.5-turbo-0613", CHAT),
        ("ft:gpt-4o-mini-2024-07-18:personal::9x9umpsR", CHAT),
        ("meta-llama/Llama-3.1-8B-Instruct-Turbo", CHAT),
    ],
)
def test_a_model_is_spoken_to_in_its_own_way(name: str, format: str) -> None:
    assert format_of(name) == format


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("ft:davinci-002:acme::9x9umpsR", "davinci-002"),
        ("ada:ft-acme:tickets-2023-01-29-13-51-40", "ada"),
        ("ft:", ""),
        ("llama3:8b", "llama3:8b"),
        ("ada", "ada"),
    ],
)
def test_a_name_tells_the_base(name: str, base: str) -> None:
    assert base_in(name) == base


def test_fine_tuned_models_are_no_base_models() -> None:
    names = ["ada", "ada:ft-acme-2023", "ft:davinci-002:acme::9x", "llama3:8b"]
    assert [name for name in names if is_base(name)] == ["ada", "llama3:8b"]


def test_models_that_do_not_write_text_are_left_out() -> None:
    names = ["ada", "text-embedding-3-small", "whisper-1", "tts-1-hd", "dall-e-3", "omni-moderation-latest", "gpt-4o"]
    assert [name for name in names if writes_text(name)] == ["ada", "gpt-4o"]
