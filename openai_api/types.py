"""What a provider told us, in one shape for every dialect.

Times are aware datetimes in UTC, or None where the provider said nothing.
`raw` is the provider's own object, unchanged but for secrets and characters that no database stores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias

JSON: TypeAlias = Mapping[str, Any]
DialectName: TypeAlias = Literal["legacy", "jobs", "both", "azure", "nebius", "together"]
Status: TypeAlias = Literal["queued", "running", "paused", "cancelling", "succeeded", "failed", "cancelled", "unknown"]


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    id: str
    filename: str = ""  # a name to show; never a path to write to
    bytes: int | None = None
    purpose: str = ""
    status: str = "processed"  # the provider's word; processed where it has none
    status_details: str | None = None
    created_at: datetime | None = None
    raw: JSON = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class NewFineTune:
    """What create_fine_tune sends. None and empty mean: let the provider choose.

    `method` is a type ("supervised", "dpo", "reinforcement") or the whole object.
    What a dialect does not have (see its Traits) is left out.
    """

    model: str
    training_file: str
    validation_file: str | None = None
    suffix: str | None = None
    hyperparameters: JSON = field(default_factory=dict)
    seed: int | None = None
    metadata: Mapping[str, str] | None = None
    method: str | JSON | None = None
    integrations: tuple[JSON, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RemoteFineTune:
    id: str
    dialect: DialectName
    status: Status
    provider_status: str = ""  # their own word
    model: str = ""
    fine_tuned_model: str | None = None
    created_at: datetime | None = None
    finished_at: datetime | None = None
    estimated_finish: datetime | None = None
    hyperparameters: JSON = field(default_factory=dict)
    training_file: str | None = None
    validation_file: str | None = None
    result_files: tuple[str, ...] = ()
    trained_tokens: int | None = None
    error: str | None = None
    suffix: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    steps_done: int | None = None
    total_steps: int | None = None
    epochs_done: int | None = None
    cost: Decimal | None = None  # US dollars, as the provider has billed them
    raw: JSON = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class RemoteEvent:
    key: str  # the provider's id, or one that is the same at every replay
    created_at: datetime | None
    level: str
    message: str
    type: str = "message"
    metrics: Mapping[str, float] | None = None  # step, total_steps, train_loss, …
    raw: JSON = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class RemoteCheckpoint:
    id: str
    model: str
    step: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    created_at: datetime | None = None
    raw: JSON = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class RemoteModel:
    id: str
    base: str | None = None
    created_at: datetime | None = None
    owned_by: str = ""
    shutdown_date: str | None = None  # YYYY-MM-DD
    trainable: bool | None = None  # None: the provider does not say
    must_be_deployed: bool = False  # it answers only once somebody has deployed it at the provider
    raw: JSON = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Removal:
    """What a provider said when it was told to delete something: also that it has no such thing (404)."""

    status: int
    answer: str  # as it came
    request_id: str | None = None

    @property
    def was_gone(self) -> bool:
        return self.status == 404


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a provider accepts for one base model; None: it does not say."""

    model: str
    most_epochs: int | None = None
    batch_sizes: tuple[int, int] | None = None  # smallest and largest
    learning_rates: tuple[float, float] | None = None  # absolute ones
    most_tokens: int | None = None  # of one example
    raw: JSON = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What the provider itself expects a fine-tune to cost, before it is started."""

    cost: Decimal | None = None  # US dollars
    training_tokens: int | None = None
    validation_tokens: int | None = None
    may_proceed: bool | None = None  # False: the account has not enough left
    problem: str = ""  # why there is no estimate, in the provider's word
    raw: JSON = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Usage:
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


@dataclass(frozen=True, kw_only=True)
class Token:
    """One token of an answer and what else could have stood in its place."""

    text: str
    logprob: float | None  # natural logarithm; None for the first token of an echoed prompt
    alternatives: tuple[tuple[str, float], ...] = ()  # most likely first
    offset: int | None = None  # characters from the start of the prompt


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One completion, or the piece of it that a chunk carries."""

    index: int
    text: str
    finish_reason: str | None = None
    tokens: tuple[Token, ...] | None = None  # None unless logprobs were asked for


@dataclass(frozen=True, kw_only=True)
class Completion:
    id: str
    model: str
    choices: tuple[Choice, ...]
    created_at: datetime | None = None
    usage: Usage | None = None
    raw: JSON = field(default_factory=dict, repr=False)

    @property
    def text(self) -> str:
        return self.choices[0].text if self.choices else ""


@dataclass(frozen=True, kw_only=True)
class CompletionChunk(Completion):
    """A piece of a streamed completion: `text` is what came since the chunk before."""


@dataclass(frozen=True, kw_only=True)
class ChatChoice:
    """One answer of a chat, or the piece of it that a chunk carries."""

    index: int
    content: str
    role: str | None = None
    refusal: str | None = None
    tool_calls: tuple[JSON, ...] = ()
    finish_reason: str | None = None
    tokens: tuple[Token, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class ChatCompletion:
    id: str
    model: str
    choices: tuple[ChatChoice, ...]
    created_at: datetime | None = None
    usage: Usage | None = None
    raw: JSON = field(default_factory=dict, repr=False)

    @property
    def text(self) -> str:
        return self.choices[0].content if self.choices else ""


@dataclass(frozen=True, kw_only=True)
class ChatChunk(ChatCompletion):
    """A piece of a streamed chat answer: `content` is what came since the chunk before."""
