"""What a dialect has and what it lacks, for whoever chooses what to ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Traits:
    metadata: bool = True  # a fine-tune carries it, and the list can be asked by it
    newest_first: bool = True  # the order of the list of fine-tunes; False: none that can be relied on
    seed: bool = True
    preferences: bool = True  # learns from preferred and other answers (DPO)
    pauses: bool = True
    result_files: bool = True  # False: there never is one, Client.metrics has the numbers
    estimates: bool = False  # the provider says beforehand what a fine-tune will cost
    deploys: bool = False  # a fine-tuned model answers only once somebody has deployed it
    absolute_rate: bool = False  # the learning rate is a rate, not a multiplier of the provider's own
    longest_suffix: int = 64  # characters
