"""Personal data and secrets, found on this machine and by their form alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Self

import numpy as np
from numpy.typing import NDArray

from datasets.checks.base import EVERY, Batch, Change, Check, Facts, Finding, Fix, Params
from datasets.checks.hits import Hits, Mask
from datasets.checks.texts import GAP, rewritten, text_of
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

Bytes = NDArray[np.uint8]
EMAIL, KEY, IBAN, CARD, PHONE = "[e-mail]", "[key]", "[IBAN]", "[card]", "[phone]"
_PATTERN = re.compile(
    r"""
    (?P<email>(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}\b)
  | (?P<key>\b(?:sk-[\w-]{20,200}|(?:AKIA|ASIA)[A-Z0-9]{16}\b|gh[pousr]_[A-Za-z0-9]{36,}|xox[abprs]-[\w-]{10,}
            |AIza[\w-]{35}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,})
        |-----BEGIN[ ](?:[A-Z]+[ ]){0,3}PRIVATE[ ]KEY-----
            (?:[\s\S]{0,9999}?-----END[ ](?:[A-Z]+[ ]){0,3}PRIVATE[ ]KEY-----)?)
  | (?P<iban>\b[A-Z]{2}[0-9]{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?\b)
  | (?P<card>(?<![\w.,-])(?:3[47][0-9]{2}(?P<gap>[ -]?)[0-9]{6}(?P=gap)[0-9]{5}
            |[2-6][0-9]{3}(?P<sep>[ -]?)[0-9]{4}(?P=sep)[0-9]{4}(?P=sep)[0-9]{1,7})(?![\w-]|[.,][0-9]))
  | (?P<digits>(?<![\w.,/-])(?:\+|\()?[0-9](?:[ ./()-]{0,2}[0-9]){6,18}(?![\w-]|,[0-9]))
    """,
    re.VERBOSE | re.ASCII,
)
# What any of them has: an @, the beginning of a key, or as many digits as a short telephone number.
# Beside each mark the place of its rarest character. In a mark, ? is any character, w one of a word, and ! none of one.
_MARKS = (
    (b"w@w", 1),
    (b"!sk-w", 3),
    (b"A?IA", 2),
    (b"gh?_", 3),
    (b"xox?-", 2),
    (b"AIza", 2),
    (b"eyJ", 2),
    (b"-----BEGIN", 5),
)
_RARE, _DIGIT = 1, 2
_KINDS_OF_BYTES = bytes(
    _DIGIT if sign in b"0123456789" else _RARE * (sign in {mark[at] for mark, at in _MARKS}) for sign in range(256)
)
_DIGITS, _BETWEEN = 7, 4  # and at most so many characters between two of them
_WIDTH = (_DIGITS - 1) * (1 + _BETWEEN)
_SIGNS = np.arange(256)
_WORD = np.isin(_SIGNS, list(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-"))
_KINDS_OF_SIGNS = {"?": np.full(256, True), "w": _WORD, "!": ~_WORD | np.isin(_SIGNS, list(b".+-"))}
_OF_NUMBERS = np.isin(_SIGNS, list(b"0123456789 ./()-ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
# Words that are written like a number: +49 …, (030) …, 030/…, 555-123-4567.
_PHONE = re.compile(r"(?:\+|00)[1-9]|\(?0[0-9]{1,5}\)?[ /-]|\(?[2-9][0-9]{2}\)?[ .-]{1,2}[0-9]{3}[ .-][0-9]{4}$")
_DATE = re.compile(
    r"(?:19|20)[0-9]{2}[-./](?:0?[1-9]|1[0-2])[-./](?:[0-2]?[0-9]|3[01])\b|(?:[0-2]?[0-9]|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:19|20)[0-9]{2}\b"
)


class PersonalData(Check):
    code = "personal-data"
    formats = EVERY

    def __init__(self) -> None:
        super().__init__()
        self.kinds: defaultdict[str, Hits] = defaultdict(Hits)

    def add(self, batch: Batch) -> None:
        rows = {
            row: kinds for row in hinted(batch) if (kinds := {kind for kind, _span in found(text_of(batch.examples[row]))})
        }
        if not rows:
            return
        self.hit_where(batch, [row in rows for row in range(len(batch.examples))])
        for kind in set().union(*rows.values()):
            self.kinds[kind].add(batch.at, [kind in rows.get(row, ()) for row in range(len(batch.examples))])

    def join(self, other: Self, at: int) -> None:
        super().join(other, at)
        for kind, hits in other.kinds.items():
            self.kinds[kind].join(hits, at)

    def keep(self, kept: Mask) -> None:
        super().keep(kept)
        for hits in self.kinds.values():
            hits.keep(kept)

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "wait",
            ngettext(
                "%(count)s row seems to hold personal data or secrets",
                "%(count)s rows seem to hold personal data or secrets",
                self.count,
            ),
            _(
                "Found by their form, on this server: %(kinds)s. What is trained on can come out again in an answer, and"
                " the file goes to the provider. Redacting puts a word such as [e-mail] in the place of each.",
                kinds=", ".join(f"{kind} {len(hits)}" for kind, hits in sorted(self.kinds.items(), key=_most_first)),
            ),
            Fix(
                params={},
                label=ngettext("Redact in %(count)s row", "Redact in %(count)s rows", self.count),
                recommended=False,
            ),
        )

    @classmethod
    def change(cls, params: Params) -> Change:
        return lambda example: rewritten(example, redacted)

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Personal data and secrets were redacted in their place.")


def _most_first(counted: tuple[str, Hits]) -> tuple[int, str]:
    return -len(counted[1]), counted[0]


def hinted(batch: Batch) -> list[int]:
    """Tell which rows of a batch are worth a closer look; most are not, and a million have to be looked at."""
    places = _hints(batch.data)
    if not len(places):
        return []
    rows = np.searchsorted(batch.ends, places) % len(batch.examples)
    return [int(row) for row in np.unique(rows)]


def _hints(text: bytes) -> NDArray[np.intp]:
    """Where a mark stands, or as many digits as a short telephone number has, close together."""
    data, kinds = (np.frombuffer(one, np.uint8) for one in (text, text.translate(_KINDS_OF_BYTES)))
    rare = np.flatnonzero(kinds == _RARE)
    signs = data[rare]
    found = [_places(data, mark, rare[signs == mark[at]] - at) + at for mark, at in _MARKS]
    return np.concatenate([_numbers(data, np.flatnonzero(kinds == _DIGIT)), *found])


def _numbers(data: Bytes, digits: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where as many digits begin with little between them that may stand in a number."""
    first, last = digits[: 1 - _DIGITS], digits[_DIGITS - 1 :]
    first = first[last - first <= _WIDTH]
    around = np.minimum(first[:, None] + np.arange(_WIDTH + 1), len(data) - 1)
    number = np.cumprod(_OF_NUMBERS[data[around]], axis=1)
    counted = (number * (data[around] - np.uint8(ord("0")) < 10)).sum(axis=1)
    return np.compress(counted >= _DIGITS, first)


def _places(data: Bytes, mark: bytes, places: NDArray[np.intp]) -> NDArray[np.intp]:
    """At which of these places the mark stands; before the first sign of all there is a gap."""
    places = places[places + len(mark) <= len(data)]
    for turn, code in sorted(enumerate(mark), key=lambda sign: chr(sign[1]) in _KINDS_OF_SIGNS):  # letters leave fewest
        signs = np.where(places + turn < 0, ord(GAP), data[np.maximum(places + turn, 0)])
        places = places[_KINDS_OF_SIGNS[chr(code)][signs] if chr(code) in _KINDS_OF_SIGNS else signs == code]
    return places


def redacted(text: str) -> str:
    """Put the kind's word in the place of each find."""
    parts, end = [], 0
    for kind, (start, stop) in found(text):
        parts += [text[end:start], kind]
        end = stop
    return "".join([*parts, text[end:]]) if parts else text


def found(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield each find as its word and where it stands, from left to right."""
    for match in _PATTERN.finditer(text):
        kind = _KINDS[match.lastgroup or ""](match[0])
        if kind:
            yield kind, match.span()


def _iban(text: str) -> str:
    """The remainder of 97 is 1 (ISO 13616, ISO 7064 MOD 97-10)."""
    plain = text.replace(" ", "")
    moved = plain[4:] + plain[:4]
    return IBAN if 15 <= len(plain) <= 34 and int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1 else ""


def _card(text: str) -> str:
    """The last digit checks the others: Luhn's sum (ISO/IEC 7812-1)."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2]]
    return CARD if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else ""


def _phone(text: str) -> str:
    many = sum(sign.isdigit() for sign in text)
    return PHONE if 8 <= many <= 15 and not _DATE.match(text) and _PHONE.match(text) else ""


_KINDS: dict[str, Callable[[str], str]] = {
    "email": lambda _text: EMAIL,
    "key": lambda _text: KEY,
    "iban": _iban,
    "card": _card,
    "digits": _phone,
}
