"""Keep accepted fixes as a recipe: under a name, as a JSON file, and on the next upload again."""

from __future__ import annotations

from typing import Any

import orjson
from django.utils import timezone

from datasets.adjust import fitting
from datasets.checks import BY_CODE
from datasets.decide import ACCEPTED, CHANGED, accepted
from datasets.models import Dataset, Format, SavedRecipe
from datasets.words import Refused
from datasets.words import gettext_noop as _
from teams.models import Organization, User

FILE_VERSION = 1
MOST_STEPS, MOST_BYTES, LONGEST_NAME = 50, 100_000, 80


def keep(dataset: Dataset, name: str, user: User) -> SavedRecipe:
    """Keep what has been accepted on a dataset; a recipe of that name is replaced."""
    steps = accepted(dataset)
    if not steps:
        raise Refused(_("Nothing has been accepted yet, so there is nothing to keep."))
    return _store(dataset.organization, name, dataset.format, list(steps), user)


def replay(dataset: Dataset, recipe: SavedRecipe, *, by: str) -> int:
    """Accept the recipe's steps that are not accepted yet, in its order; returns how many these are."""
    if recipe.format != dataset.format:
        raise Refused(_("That recipe is for data of another format."))
    there = accepted(dataset)
    steps = [step for step in recipe.steps if step not in there]
    if steps and not dataset.ask_again(decisions=[*dataset.decisions, *(_decision(step, by) for step in steps)]):
        raise Refused(CHANGED)
    return len(steps)


def _decision(step: dict[str, Any], by: str) -> dict[str, Any]:
    title = BY_CODE[step["code"]].said(step["params"]).to_json()
    return {**step, "choice": ACCEPTED, "title": title, "by": by, "at": timezone.now().isoformat()}


def to_file(recipe: SavedRecipe) -> bytes:
    content = {"tunedeck_recipe": FILE_VERSION, "name": recipe.name, "format": recipe.format, "steps": recipe.steps}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def from_file(content: bytes, organization: Organization, user: User) -> SavedRecipe:
    """Keep the recipe of a file; whatever a file may hold, only what the checks know is taken."""
    try:
        stored = orjson.loads(content[: MOST_BYTES + 1])
    except orjson.JSONDecodeError:
        raise Refused(_("That is no recipe: the file is not JSON, or too large.")) from None
    if not isinstance(stored, dict) or stored.get("tunedeck_recipe") != FILE_VERSION:
        raise Refused(_("That is no recipe of Tunedeck's."))
    name, format, steps = stored.get("name"), stored.get("format"), stored.get("steps")
    if not isinstance(name, str) or not name.strip() or format not in Format.values or not isinstance(steps, list):
        raise Refused(_("The recipe is damaged: its name, format or steps are missing."))
    if not 0 < len(steps) <= MOST_STEPS:
        raise Refused(_("A recipe has 1 to %(most)s steps.", most=MOST_STEPS))
    return _store(organization, name, format, [_step(step, format) for step in steps], user)


def _step(step: Any, format: str) -> dict[str, Any]:
    code, params = (step.get("code"), step.get("params")) if isinstance(step, dict) else (None, None)
    check = BY_CODE.get(code) if isinstance(code, str) else None
    if check is None or not isinstance(params, dict) or not check.has_fix() or format not in check.formats:
        raise Refused(_("The recipe has a step that this version of Tunedeck does not know: %(code)s.", code=str(code)[:60]))
    return {"code": code, "params": fitting(check.code, params)}


def _store(organization: Organization, name: str, format: str, steps: list[dict[str, Any]], user: User) -> SavedRecipe:
    recipe, _is_new = SavedRecipe.objects.update_or_create(
        organization=organization,
        name=name.replace("\x00", "").strip()[:LONGEST_NAME],
        defaults={"format": format, "steps": steps, "created_by": user, "created_at": timezone.now()},
    )
    return recipe
