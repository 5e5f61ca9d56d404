from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from trainer.writing import Placed, Shown, Writing

letters = st.text("ab\nX→é🙂", max_size=30)


def written(raw: list[bytes], stops: list[str]) -> list[Shown[int]]:
    """Write everything, token by token, up to a stop."""
    writing: Writing[int] = Writing(stops)
    shown: list[Shown[int]] = []
    for number, part in enumerate(raw):
        shown.append(writing.push(part, number))
        if shown[-1].stopped:
            return shown
    return [*shown, writing.finish()]


def cut_in_pieces(raw: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
    return [raw[start:end] for start, end in itertools.pairwise(places)] or [raw]


def before_first(text: str, stops: list[str]) -> str:
    """Return what comes before the stop that is complete first."""
    found = [(place + len(stop), place) for stop in stops if (place := text.find(stop)) >= 0]
    return text[: min(found)[1]] if found else text


def test_text_without_stops_is_shown_at_once() -> None:
    assert [shown.text for shown in written([b"one", b" two"], [])] == ["one", " two", ""]


def test_a_part_of_a_character_waits_for_the_rest() -> None:
    arrow = "→".encode()
    assert [shown.text for shown in written([b"a" + arrow[:1], arrow[1:2], arrow[2:] + b"b"], [])] == ["a", "", "→b", ""]


def test_a_stop_is_found_across_tokens_and_never_shown() -> None:
    shown = written([b"yes #", b"#", b"# no"], ["###"])
    assert "".join(part.text for part in shown) == "yes "
    assert shown[-1].stopped


def test_what_only_looked_like_a_stop_is_shown_later() -> None:
    assert [shown.text for shown in written([b"a##", b"b"], ["###"])] == ["a", "##b", ""]


def test_the_first_of_several_stops_counts() -> None:
    assert "".join(part.text for part in written([b"a b END c\n"], ["\n", " END"])) == "a b"


def test_two_stops_in_one_another_cut_at_the_same_place_however_the_tokens_lie() -> None:
    for raw in ([b"Xab"], [b"X", b"a", b"b"], [b"Xa", b"b"]):
        assert "".join(part.text for part in written(raw, ["a", "Xab"])) == "X"


def test_a_text_that_ends_in_a_broken_character_shows_its_replacement() -> None:
    assert written(["→".encode()[:2]], [])[-1].text == "\N{REPLACEMENT CHARACTER}"


def test_tokens_are_shown_with_their_text_and_know_where_they_start() -> None:
    shown = written([b"ab", b"#", b"c", b"##"], ["##"])
    placed = [place for part in shown for place in part.tokens]
    assert placed == [Placed(0, 0), Placed(1, 2), Placed(2, 3)]


@given(
    letters, st.lists(st.integers(0, 100), max_size=8), st.lists(st.text("ab\nX→é🙂", min_size=1, max_size=4), max_size=4)
)
def test_pieces_are_the_text_before_the_first_stop_however_it_is_cut(text: str, cuts: list[int], stops: list[str]) -> None:
    shown = written(cut_in_pieces(text.encode(), cuts), stops)
    expected = before_first(text, stops)
    assert "".join(part.text for part in shown) == expected
    assert shown[-1].stopped == (expected != text)


@given(letters, st.lists(st.integers(0, 100), max_size=8), st.lists(st.text("ab", min_size=1, max_size=3), max_size=2))
def test_each_token_before_the_stop_is_told_once_and_in_order(text: str, cuts: list[int], stops: list[str]) -> None:
    raw = cut_in_pieces(text.encode(), cuts)
    placed = [place for part in written(raw, stops) for place in part.tokens]
    assert [place.mark for place in placed] == list(range(len(placed)))
    starts = [place.start for place in placed]
    assert starts == sorted(starts)
    if before_first(text, stops) == text:
        assert len(placed) == len(raw)
