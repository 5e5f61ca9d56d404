"""What a dataset is for, judged after de-duplication."""

from __future__ import annotations

CLASSIFICATION, GENERATION, OPEN_ENDED, CHAT = "classification", "generation", "open-ended", "chat"
MAX_CLASSES = 1_000


def task(*, format: str, rows: int, classes: int, prompts: bool) -> str:
    """The task of `rows` different rows with `classes` different completions, `prompts` if any prompt has text.

    Fewer different completions than a third of the rows make a classifier, but one class is none, and neither are
    more than MAX_CLASSES.
    """
    if format == CHAT:
        return CHAT
    if not prompts:
        return OPEN_ENDED
    if 1 < classes <= MAX_CLASSES and classes * 3 < rows:
        return CLASSIFICATION
    return GENERATION
