"""What a prompt offers to be copied: its tokens, and its words cut anew with another spacing.

A tokenizer cuts "Stefan" at the start of a text and " Stefan" within one differently; an
answer that repeats the name needs the cut that fits the answer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from trainer.engines.hashing import Flags, Hashes, Ids, mixed
from trainer.engines.spelling import Spelling

EDGE = -1
SHAPE = 4
_NO_SHAPE = 31


class Offers(NamedTuple):
    tokens: Ids
    follower: Ids
    """Index of the offer with which a copy goes on; the number of offers: with none."""
    clues: Hashes
    """What is around each token: (tokens, kinds of clue; its SHAPE the last)."""


class _Cuts(NamedTuple):
    """Tokens of words cut anew, the token of the prompt that each stands for, and what follows."""

    tokens: list[int]
    origins: list[int]
    follower: list[int]


def offers(tokens: Ids, content: Flags, spelling: Spelling) -> Offers:
    """Return the tokens of a prompt, then those of its content words cut anew."""
    cuts = _cut_anew(tokens, content, spelling)
    count = len(tokens) + len(cuts.tokens)
    follower = np.array([*range(1, len(tokens) + 1), *cuts.follower], np.int64)
    if len(tokens):
        follower[follower == len(tokens)] = count
    origins = np.array([*range(len(tokens)), *cuts.origins], np.int64)
    said = np.concatenate([tokens, np.array(cuts.tokens, np.int64)])
    return Offers(said, follower, _clues(tokens, origins, said, spelling))


def _cut_anew(tokens: Ids, content: Flags, spelling: Spelling) -> _Cuts:
    cuts = _Cuts([], [], [])
    if not content.any():
        return cuts
    starts = np.flatnonzero(spelling.starts(tokens))
    ends = np.append(starts[1:], len(tokens))
    wanted = np.logical_or.reduceat(content, starts) & spelling.wordlike(tokens[starts])
    for start, end in zip(starts[wanted].tolist(), ends[wanted].tolist(), strict=True):
        again = spelling.respaced(tuple(tokens[start:end].tolist()))
        first = len(tokens) + len(cuts.tokens) + 1
        cuts.tokens.extend(again)
        cuts.origins.extend(min(start + step, end - 1) for step in range(len(again)))
        cuts.follower.extend([*range(first, first + len(again) - 1), end][: len(again)])
    return cuts


def _clues(tokens: Ids, origins: Ids, said: Ids, spelling: Spelling) -> Hashes:
    padded = np.concatenate([[EDGE, EDGE], tokens, [EDGE]]) + 1
    shapes = np.concatenate([[_NO_SHAPE], spelling.shape[tokens]])
    before, shape = padded[origins + 1], spelling.shape[said]
    clues = [
        before,
        padded[origins] * 200003 + before,
        padded[origins + 3],
        shape * 32 + shapes[origins],
        shape,
    ]
    tags = np.arange(len(clues), dtype=np.uint64) << np.uint64(48)
    return mixed(np.stack(clues, axis=1).astype(np.uint64) + tags)
