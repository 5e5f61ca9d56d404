"""Texts that are not UTF-8 are read in the encoding that they look like, and the page says which."""

from __future__ import annotations

import io

import pytest

from datasets.formats import Options, Row, inspect, read
from datasets.formats.text import ENCODINGS

TEXTS = {
    "cp949": [
        "안녕하세요. 주문한 상품이 아직 도착하지 않았습니다.",
        "환불을 받고 싶어요",
        "배송이 너무 늦어요, 언제 오나요?",
    ],
    "gb18030": ["您好，我的包裹还没有到。", "我想要退款，因为东西坏了", "发票上的金额不正确，请更正。"],
    "big5": ["您好，我的包裹還沒有到。", "我想要退款", "發票上的金額不正確，請更正。"],
    "cp1251": ["Здравствуйте, моя посылка ещё не пришла.", "Хочу вернуть деньги", "Сумма в счёте неверна."],
    "koi8-r": ["Здравствуйте, моя посылка ещё не пришла.", "Хочу вернуть деньги", "Сумма в счёте неверна."],
    "cp1252": ["Grüße, mein Päckchen ist nicht da.", "Où est mon colis ? Déjà deux semaines…", "¿Dónde está mi pedido?"],
    "shift_jis": ["こんにちは、荷物がまだ届きません。", "返金してほしいです", "請求書の金額が違います。"],
}


@pytest.mark.parametrize("ascii_rows", [0, 5000])
@pytest.mark.parametrize("encoding", TEXTS)
def test_each_language_is_recognised_however_much_plain_text_stands_before_it(encoding: str, ascii_rows: int) -> None:
    plain = [f"row {number},x" for number in range(ascii_rows)]
    content = "\n".join(["prompt,completion", *plain, *(f'"{text}",ok' for text in TEXTS[encoding])])
    file = io.BytesIO(content.encode(encoding))
    layout = inspect(file, "x.csv")
    assert layout.options.encoding == encoding
    assert ENCODINGS[encoding] in str(layout.notes[0])
    rows = [row for row in read(file, layout.options) if isinstance(row, Row)]
    assert [row.values["prompt"] for row in rows][-3:] == TEXTS[encoding]


@pytest.mark.parametrize(
    "content", [b"a,b\n\xff\xfe\xfd,x\n", b"a,b\n" + bytes(range(128, 256)) + b",x\n", b"\x80" * 100_000]
)
def test_bytes_that_are_no_language_are_read_as_something_and_end(content: bytes) -> None:
    file = io.BytesIO(content)
    layout = inspect(file, "x.csv")
    assert layout.options.encoding in ENCODINGS
    list(read(file, layout.options))


def test_a_person_s_choice_stands() -> None:
    file = io.BytesIO("a,b\nПривет,x\n".encode("koi8-r"))
    layout = inspect(file, "x.csv", Options(encoding="cp1251"))
    assert (layout.options.encoding, layout.notes) == ("cp1251", ())
