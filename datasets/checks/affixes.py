"""What texts have in common at their ends, found while they go by."""

from __future__ import annotations

from collections.abc import Sequence

from datasets import common

LONGEST = 200


class Shared:
    """The longest beginning, or end, that all texts seen so far share."""

    def __init__(self, *, end: bool) -> None:
        self.end = end
        self.affix: str | None = None

    def add(self, texts: Sequence[str]) -> None:
        if not texts or self.affix == "":
            return
        if self.affix is None:
            self.affix = texts[0][-LONGEST:] if self.end else texts[0][:LONGEST]
        for text in texts:
            if not (text.endswith(self.affix) if self.end else text.startswith(self.affix)):
                self._shorten(text)

    def _shorten(self, text: str) -> None:
        affix = self.affix or ""
        if self.end:
            self.affix = affix[len(affix) - common.end(affix, text[-LONGEST:]) :]
        else:
            self.affix = affix[: common.beginning(affix, text)]


class Marks:
    """A mark that could end every text: which candidates occur, and what the texts already end with."""

    def __init__(self, candidates: Sequence[str]) -> None:
        self.rows = 0
        self.same: str | None = None  # the text, while all texts are the same
        self.all_same = True
        self.ends = dict.fromkeys(candidates, 0)
        self.inside = dict.fromkeys(candidates, 0)  # texts that hold it elsewhere than at the end
        self.newline = False
        self.shared = Shared(end=True)
        self._mark = ""
        self._inside_mark = 0
        self.settled = True  # False: earlier texts were not searched for the mark, and should be seen again

    def add(self, texts: Sequence[str]) -> None:
        if not texts:
            return
        self.rows += len(texts)
        self._compare(texts)
        joined = "\x00".join(texts)
        self.newline = self.newline or "\n" in joined
        for mark in self.ends:
            if mark in joined:
                self.ends[mark] += sum(text.endswith(mark) for text in texts)
                self.inside[mark] += sum(mark in text[:-1] for text in texts)
        self._add_shared(texts)

    def _compare(self, texts: Sequence[str]) -> None:
        if self.same is None:
            self.same = texts[0]
        self.all_same = self.all_same and all(text == self.same for text in texts)

    def _add_shared(self, texts: Sequence[str]) -> None:
        first = self.shared.affix is None
        self.shared.add(texts)
        mark = deliberate(self.shared.affix or "")
        if mark != self._mark:
            self.settled = self.settled and first
            self._mark, self._inside_mark = mark, 0
        if mark:
            self._inside_mark += sum(mark in text[:-1] for text in texts)

    def again(self, texts: Sequence[str]) -> None:
        """Search all texts once more, now that the mark is known."""
        if not self.settled:
            self.settled, self._inside_mark = True, 0
        if self._mark:
            self._inside_mark += sum(self._mark in text[:-1] for text in texts)

    def existing(self) -> str:
        """The mark that every text ends with on purpose, "" if there is none: a candidate, or one of their own."""
        known = [mark for mark, count in self.ends.items() if self.rows == count > self.inside[mark] == 0]
        return max(known, key=len, default="" if self.all_same else self._mark)

    def existing_inside(self) -> int:
        """How many texts hold the existing mark elsewhere too."""
        return self._inside_mark if self._mark and self.existing() == self._mark else 0

    def usual(self) -> str:
        """The candidate that ends more than half of the texts and stands nowhere else, "" if there is none."""
        for mark, count in self.ends.items():
            if count * 2 > self.rows and not self.inside[mark]:
                return mark
        return ""

    def free(self, *, fallback: str, skip: Sequence[str] = ()) -> str:
        """The first candidate that stands in no text."""
        for mark, count in self.ends.items():
            if not count and not self.inside[mark] and mark not in skip:
                return mark
        return fallback


def deliberate(suffix: str) -> str:
    """The part of a shared end that somebody put there: from its first sign on, and at least two characters.

    Texts that merely end with the same letter, the same word or the same full stop share no mark.
    """
    at = 0
    while at < len(suffix) and suffix[at].isalnum():
        at += 1
    mark = suffix[at:]
    words = any(character.islower() for character in mark)
    natural = words and (mark[-1].isalnum() or mark[-1] in ".?!,;")
    return mark if len(mark) >= 2 and not natural else ""
