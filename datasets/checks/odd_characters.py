"""Characters that nobody sees or nobody wrote: control characters, special tokens, letters read in a wrong encoding."""

from __future__ import annotations

import re
from typing import ClassVar

import numpy as np

from datasets.checks.base import EVERY, Batch, Change, Check, Facts, Finding, Fix, Params
from datasets.checks.texts import outside_ascii, rewritten, stands_in
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

# C0 and C1 but tab and line ends, zero-width characters, byte order marks inside a text, and direction overrides.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]")
_PLAIN = bytes([9, 10, 13, *range(0x20, 0x7F), *range(0x80, 0x100)])
SPECIAL = re.compile(r"<\|(?:endoftext|endofprompt|fim_prefix|fim_middle|fim_suffix|im_start|im_end|im_sep)\|>")
# UTF-8 of two or three bytes, read as Windows-1252: "Ã©" for "é", "â€™" for "’".
_TAIL = (
    "[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2026\u2030\u2039\u203a\u20ac\u2122]"
)
MOJIBAKE = re.compile(f"[\u00c2-\u00df]{_TAIL}|[\u00e0-\u00ef]{_TAIL}{{2}}")


class _Characters(Check):
    """Finds texts that hold a pattern and offers to write them without it."""

    formats = EVERY
    pattern: ClassVar[re.Pattern[str]]

    def add(self, batch: Batch) -> None:
        if self.may_stand_in(batch):
            self.hit_where(batch, self._rows(batch))

    def _rows(self, batch: Batch) -> list[bool]:
        if "prompt" not in batch.examples[0]:
            return [self.stands_in(text) for text in batch.texts]
        pairs = zip(batch.prompts, batch.completions, strict=True)
        return [self.stands_in(one) or self.stands_in(other) for one, other in pairs]

    @classmethod
    def may_stand_in(cls, batch: Batch) -> bool:
        """A quick look: nearly all batches hold nothing of the kind."""
        return bool(cls.pattern.search(batch.whole))

    @classmethod
    def stands_in(cls, text: str) -> bool:
        return bool(cls.pattern.search(text))

    @classmethod
    def change(cls, params: Params) -> Change:
        return lambda example: rewritten(example, cls.cleaned)

    @classmethod
    def cleaned(cls, text: str) -> str:
        return cls.pattern.sub("", text)


class ControlCharacters(_Characters):
    code = "control-characters"
    pattern = CONTROL

    @classmethod
    def may_stand_in(cls, batch: Batch) -> bool:
        return bool(batch.data.translate(None, _PLAIN) or CONTROL.search(outside_ascii(batch.data)))

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "wait",
            ngettext(
                "%(count)s row holds characters that cannot be seen",
                "%(count)s rows hold characters that cannot be seen",
                self.count,
            ),
            _(
                "Control characters, zero-width spaces and byte order marks usually slip in from another program. The"
                " model learns them as if they meant something."
            ),
            Fix(params={}, label=_("Remove the characters"), recommended=False),
        )

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Characters that cannot be seen were removed.")


class SpecialTokens(_Characters):
    code = "special-tokens"
    pattern = SPECIAL

    @classmethod
    def may_stand_in(cls, batch: Batch) -> bool:
        return stands_in(b"<|", batch.data)

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "wait",
            ngettext(
                "%(count)s row holds a special token such as <|endoftext|>",
                "%(count)s rows hold a special token such as <|endoftext|>",
                self.count,
            ),
            _(
                "Providers use these marks inside the model. In a text they are refused, or read as the end of it;"
                " a stop sequence of your own does the same without the trouble."
            ),
            Fix(params={}, label=_("Remove the tokens"), recommended=False),
        )

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Special tokens such as <|endoftext|> were removed.")


class Mojibake(_Characters):
    code = "mojibake"
    pattern = MOJIBAKE

    @classmethod
    def may_stand_in(cls, batch: Batch) -> bool:
        data = np.frombuffer(batch.data, np.uint8)
        at = np.flatnonzero(data[:-2] == 0xC3)  # leads all letters that a mistaken one begins with; ASCII never follows them
        return bool((data[at + 2] >= 0xC2).any()) and bool(MOJIBAKE.search(outside_ascii(batch.data)))

    @classmethod
    def stands_in(cls, text: str) -> bool:
        return not text.isascii() and super().stands_in(text)

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "wait",
            ngettext(
                "%(count)s row seems to have been read in a wrong encoding",
                "%(count)s rows seem to have been read in a wrong encoding",
                self.count,
            ),
            _(
                "Letters such as “Ã©” stand where somebody wrote “é”. The model would learn to write them so. If the"
                " whole file looks wrong, choose its encoding under Columns instead."
            ),
            Fix(params={}, label=_("Mend the letters"), recommended=False),
        )

    @classmethod
    def cleaned(cls, text: str) -> str:
        return cls.pattern.sub(_mended, text)

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Letters that had been read in a wrong encoding were mended.")


def _mended(found: re.Match[str]) -> str:
    """Return what the bytes say as UTF-8; what says nothing stays."""
    try:
        return b"".join(_byte(letter) for letter in found[0]).decode()
    except UnicodeError:
        return found[0]


def _byte(letter: str) -> bytes:
    """Windows-1252 leaves five bytes without a letter; programs then keep the control character."""
    return bytes([ord(letter)]) if ord(letter) < 0x100 else letter.encode("cp1252")
