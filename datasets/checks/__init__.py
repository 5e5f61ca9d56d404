"""The checks that preparation runs, in the order in which people see what they find.

A new check is one module with a `Check` and one entry in this list.
"""

from __future__ import annotations

from datasets.checks.base import Check, Facts, Finding
from datasets.checks.classes import OneClass, SmallClasses
from datasets.checks.columns import MissingColumns, OtherColumns
from datasets.checks.conflicts import Conflicts
from datasets.checks.conversations import EmptyMessages, LastNotAnswer, NoAnswer, UnknownRoles
from datasets.checks.duplicates import Duplicates
from datasets.checks.empty_completions import EmptyCompletions
from datasets.checks.empty_prompts import EmptyPrompts
from datasets.checks.ending import Ending
from datasets.checks.few_examples import FewExamples
from datasets.checks.label_tokens import LabelTokens
from datasets.checks.leading_space import LeadingSpace
from datasets.checks.leftover_separators import LeftoverSeparators
from datasets.checks.letter_case import CompletionCase, PromptCase
from datasets.checks.near_duplicates import NearDuplicates, NormalizedDuplicates
from datasets.checks.odd_characters import ControlCharacters, Mojibake, SpecialTokens
from datasets.checks.personal_data import PersonalData
from datasets.checks.preference import EmptyAnswer, NothingAsked, SameAnswers, SeveralMessages
from datasets.checks.prefixes import CompletionPrefix, PromptPrefix
from datasets.checks.separator import Separator
from datasets.checks.too_long import TooLong

__all__ = ["BY_CODE", "CHECKS", "Check", "Facts", "Finding"]

CHECKS: tuple[type[Check], ...] = (
    OneClass,
    NoAnswer,
    UnknownRoles,
    EmptyAnswer,
    SameAnswers,
    SeveralMessages,
    NothingAsked,
    MissingColumns,
    EmptyCompletions,
    EmptyMessages,
    Duplicates,
    EmptyPrompts,
    Conflicts,
    Separator,
    LeadingSpace,
    Ending,
    LeftoverSeparators,
    TooLong,
    NormalizedDuplicates,
    NearDuplicates,
    PersonalData,
    SpecialTokens,
    ControlCharacters,
    Mojibake,
    SmallClasses,
    LabelTokens,
    PromptCase,
    CompletionCase,
    PromptPrefix,
    CompletionPrefix,
    LastNotAnswer,
    FewExamples,
    OtherColumns,
)
BY_CODE: dict[str, type[Check]] = {check.code: check for check in CHECKS}
