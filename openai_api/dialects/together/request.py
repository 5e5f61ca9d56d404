"""What Together is told when a fine-tune is created or priced: everything, for it fills in nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openai_api import values
from openai_api.dialects.fields import rated
from openai_api.types import NewFineTune

DEFAULTS: dict[str, Any] = {
    "n_epochs": 1,
    "n_checkpoints": 1,
    "learning_rate": 1e-5,
    "lr_scheduler": {"lr_scheduler_type": "cosine", "lr_scheduler_args": {"min_lr_ratio": 0.0, "num_cycles": 0.5}},
    "warmup_ratio": 0.0,
    "max_grad_norm": 1.0,
    "weight_decay": 0.0,
    "packing": True,
}
"""What the vendor's own client sends for what nobody chose."""
LORA = ("lora_r", "lora_alpha", "lora_dropout", "lora_trainable_modules")


def body(new: NewFineTune, start: Mapping[str, Any]) -> dict[str, Any]:
    """Return all that a create wants to be told; `start` names the model and the size of a batch."""
    chosen = settings(new)
    given = {**DEFAULTS, **{name: value for name, value in chosen.items() if name not in {*LORA, "beta", "train_on_inputs"}}}
    return {
        "n_evals": (values.whole(given["n_epochs"]) or 1) if new.validation_file else 0,
        **given,
        **start,
        "training_file": new.training_file,
        "validation_file": new.validation_file,
        "suffix": new.suffix,
        "random_seed": new.seed,
        "training_method": _method(new, chosen),
        "training_type": _type(chosen),
        **_wandb(new),
    }


def settings(new: NewFineTune) -> dict[str, Any]:
    """Return what somebody chose."""
    return {name: value for name, value in rated(new.hyperparameters).items() if value not in (None, "auto", "max")}


def _method(new: NewFineTune, chosen: Mapping[str, Any]) -> dict[str, Any]:
    kind = new.method if isinstance(new.method, str | None) else str(new.method.get("type"))
    if kind != "dpo":
        return {"method": "sft", "train_on_inputs": chosen.get("train_on_inputs", "auto")}
    return {"method": "dpo"} | ({"dpo_beta": chosen["beta"]} if "beta" in chosen else {})


def _type(chosen: Mapping[str, Any]) -> dict[str, Any] | None:
    """Leave the type to the provider, which takes LoRA, unless something about it was chosen."""
    lora = {name: chosen[name] for name in LORA if name in chosen}
    return {"type": "Lora", **lora} if lora else None


def _wandb(new: NewFineTune) -> dict[str, Any]:
    names = {"project": "wandb_project_name", "name": "wandb_name", "entity": "wandb_entity", "api_key": "wandb_api_key"}
    given = next((values.mapping(one.get("wandb")) for one in new.integrations), {})
    return {theirs: given[ours] for ours, theirs in names.items() if given.get(ours)}
