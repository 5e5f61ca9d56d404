"""Personal data and secrets are found by their form, and what only looks like them is left alone."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.checks.base import Batch
from datasets.checks.personal_data import PersonalData, found, hinted, redacted
from tests.datasets.made import findings, fixed, pairs

BASE = [(f"message number {number}", f"answer {number * 7}") for number in range(30)]
KEY_FILE = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nabc=\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to anna.smith+shop@example.co.uk!", "Write to [e-mail]!"),
        ("<a@b.de>, c@d.org", "<[e-mail]>, [e-mail]"),
        ("Call +49 30 1234567.", "Call [phone]."),
        ("Call (415) 555-2671 or 555-123-4567", "Call [phone] or [phone]"),
        ("Tel. (030) 1234567, 0049 30 901820", "Tel. [phone], [phone]"),
        ("Card 4111 1111 1111 1111, 5500-0055-5555-5559", "Card [card], [card]"),
        ("378282246310005 or 3782 822463 10005, valid 4111 1111 1111 1111 12/27", "[card] or [card], valid [card] 12/27"),
        ("IBAN DE89 3704 0044 0532 0130 00.", "IBAN [IBAN]."),
        ("GB29NWBK60161331926819", "[IBAN]"),
        ("key sk-abcdefghijklmnopqrstuvwx end", "key [key] end"),
        ("AKIAIOSFODNN7EXAMPLE", "[key]"),
        (f"before {KEY_FILE} after", "before [key] after"),
    ],
)
def test_what_is_found_gives_way_to_a_word(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "On 2026-11-21 at 04:22:11, order 12345678 for 1,234,567,890 won",
        "1993-04-18 and 21.11.2026 and 11/21/2026",
        "Card 4111 1111 1111 1112 fails the check digit",
        "IBAN DE89370400440532013001 fails the check",
        "ISBN 978-3-16-148410-0, ratio 0.123456789, version 1.2.3.4.5.6.7.8",
        "a@b, @handle, 5 @ 3.50, sk-short, Lines: 4",
        "NE12 ABCD EFGH",
        "0000 0000 0000 0000",
        "0.504  0.333  0.458  0.360",
        "81  35  39  74 0.91  74",
        "",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert redacted(text) == text


def test_rows_are_counted_by_kind_and_redacting_is_never_done_unasked() -> None:
    rows = [
        *BASE,
        ("mail a@example.com", "or b@example.com"),
        ("call +49 30 1234567", "x"),
        ("both a@example.com", "+49 30 1234567"),
    ]
    finding = findings(rows)["personal-data"]
    assert finding.count == 3
    assert "[e-mail] 2, [phone] 2" in str(finding.why)
    assert finding.fix is not None
    assert not finding.fix.recommended
    assert fixed(finding, rows)[-3:] == [
        ("mail [e-mail]", "or [e-mail]"),
        ("call [phone]", "x"),
        ("both [e-mail]", "[phone]"),
    ]


def test_redacted_rows_hold_nothing_more_to_find() -> None:
    rows = [*BASE, ("mail a@example.com", "card 4111 1111 1111 1111")]
    assert "personal-data" not in findings(fixed(findings(rows)["personal-data"], rows))


def test_conversations_are_redacted_message_by_message_and_other_parts_stay() -> None:
    parts = [{"type": "text", "text": "a@example.com"}]
    rows = [
        {"messages": [{"role": "user", "content": f"I am {number}@example.com"}, {"role": "assistant", "content": parts}]}
        for number in range(12)
    ]
    finding = findings(rows)["personal-data"]
    assert finding.count == 12
    changed = PersonalData.change({})(rows[3])
    assert changed == {"messages": [{"role": "user", "content": "I am [e-mail]"}, {"role": "assistant", "content": parts}]}


@given(st.text(alphabet=st.sampled_from("0123456789 +-()./@aZ\n"), max_size=200))
def test_whatever_is_written_finds_are_in_order_and_redacting_twice_changes_nothing(text: str) -> None:
    spans = [span for _kind, span in found(text)]
    assert spans == sorted(spans)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    assert redacted(redacted(text)) == redacted(text)


SECRETS = ["a@b.de", "sk-" + "a" * 20, "AKIA" + "A" * 16, "ghs_" + "a" * 36, "xoxb-" + "1" * 10, "AIza" + "a" * 35]
NUMBERS = ["+49 (170) 123-4567", "4111 1111 1111 1111", "GB82 WEST 1234 5698 7654 32", "MT84MALT011000012345MTLCAST001S"]
PIECES = st.lists(st.sampled_from([*SECRETS, *NUMBERS, "word", "ü", "12.3.", "-", "\n", " "]), max_size=4).map(" ".join)


@given(st.lists(st.tuples(PIECES, PIECES), min_size=1, max_size=8))
def test_the_quick_look_passes_over_no_row_that_holds_something(rows: list[tuple[str, str]]) -> None:
    batch = Batch(lines=range(len(rows)), examples=pairs(rows))
    holding = {at for at, row in enumerate(rows) if any(list(found(text)) for text in row)}
    assert holding <= set(hinted(batch))
    conversation = [{"messages": [{"role": "user", "content": text} for text in row]} for row in rows]
    assert holding <= set(hinted(Batch(lines=range(len(rows)), examples=conversation)))


@pytest.mark.parametrize(
    "text", ["1 " * 50_000, "a" * 100_000, "a.b-c" * 20_000, "A" * 100_000 + "@", "12" * 50_000, "DE12 " * 20_000]
)
def test_no_text_can_keep_the_search_busy(text: str) -> None:
    begun = time.process_time()
    redacted(text)
    assert time.process_time() - begun < 2
