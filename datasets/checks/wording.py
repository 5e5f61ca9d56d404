"""What a row asks, and the words of a text whatever their case, their spelling in Unicode and the signs between them."""

from __future__ import annotations

import unicodedata

from datasets.checks.keys import asked
from datasets.messages import Example, asked_of, text_of

NO_WORD = " !\"'(),-.:;?[]_{}"
"""Signs between words. Those that calculate or mark, such as + and #, mean something and stay."""

_NEXT = "\n|\n"  # stands between two messages, and stays


def text_asked(example: Example) -> str:
    """The prompt, the completion if there is none, or what a conversation asks; instructions to the model are left out."""
    if "prompt" in example:
        return str(example["prompt"] if example["prompt"].strip() else example["completion"])
    messages = (asked(example) or asked_of(example)) if "messages" in example else asked_of(example)
    said = [message for message in messages if message.get("role") not in ("system", "developer")] or messages
    return _NEXT.join(text_of(message) or "" for message in said)


def words(text: str) -> bytes:
    """The words of a text in UTF-8 with single spaces between them; a text without any stands as it is."""
    if text.isascii():
        return b" ".join(text.encode().translate(_PLAIN).split()) or " ".join(text.split()).encode()
    folded = _folded(text)
    found = unicodedata.normalize("NFKC", " ".join(folded.translate(_LETTERS).split())) or " ".join(folded.split())
    return found.encode(errors="surrogatepass")


def _folded(text: str) -> str:
    """Without case and ways of writing the same letter, in the steps that Unicode gives for comparing."""
    twice = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", text).casefold()).casefold()
    return unicodedata.normalize("NFKC", twice)


class _Letters(dict[int, str]):
    """What becomes of each character, found out when it is first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        kind = unicodedata.category(character)
        if code < 0x80:
            kept = " " if character in NO_WORD or code < 0x20 or code == 0x7F else character
        else:
            kept = "" if kind == "Cf" else " " if kind[0] in "PZC" else character
        self[code] = kept
        return kept


_LETTERS = _Letters()
_PLAIN = bytes(ord(_LETTERS[code].lower()) if code < 0x80 else code for code in range(0x100))
