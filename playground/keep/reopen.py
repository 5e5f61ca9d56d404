"""Open the playground with everything filled in again, from the history or from a shared prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from playground import carry, fill, pick
from playground.forms import Asking, form_for
from playground.keep.entered import as_data
from playground.keep.presets import may_change
from playground.models import Asked, Preset
from playground.pick import Picked
from playground.variables import BY_FIELDS
from teams.access import OrgRequest


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What the page is opened with. Without a model there is no form."""

    picked: Picked | None
    form: Asking | None
    preset: Preset | None = None
    may_overwrite: bool = False
    remark: str = ""  # that it is not the model that it was

    def context(self) -> dict[str, Any]:
        return {"preset": self.preset, "may_overwrite": self.may_overwrite, "remark": self.remark, "opened": True}


def opened(request: OrgRequest) -> Opened | None:
    """Return what `?asked=` or `?preset=` asks for, 404 if it is not there for this person; None without either."""
    if number := request.GET.get("preset"):
        preset = get_object_or_404(Preset.objects.of(request.organization), pk=_pk(number))
        own = {"preset": preset, "may_overwrite": may_change(request, preset)}
        return _with(request, preset.key, preset.format, preset.model_name, as_data(preset.entered), **own)
    if number := request.GET.get("asked"):
        mine = Asked.objects.of(request.organization).by(request.user)
        row = get_object_or_404(mine, pk=_pk(number))
        data = as_data(row.entered)
        if "continue" in request.GET and row.is_chat:
            data = carry.on(data, row.answer)
        return _with(request, row.key, row.format, row.name, data)
    return None


def _with(request: OrgRequest, key: str, format: str, name: str, data: QueryDict, **more: Any) -> Opened:
    """Fill the form of that model; of the one that was chosen, or the newest, if it is gone or none was bound."""
    own = _there(request, key, format)
    remark = _gone(name) if key and not own else ""
    picked = own or _there(request, request.GET.get("model", ""), "") or pick.newest(request.organization)
    if picked is None:
        return Opened(picked=None, form=None, remark=remark, **more)
    same = picked.format == format
    filled = _as_entered(picked, data) if same else fill.values(picked) | carry.over(data, picked)
    return Opened(picked=picked, form=form_for(picked, initial=filled), remark=remark, **more)


def _there(request: OrgRequest, key: str, format: str) -> Picked | None:
    return pick.if_there(request.organization, key, format)


def _as_entered(picked: Picked, data: QueryDict) -> dict[str, Any]:
    """Read each field as its widget does, without saying yet what is wrong with it."""
    columns_gone = data.get("way") == BY_FIELDS and picked.template is None
    return form_for(picked, data).as_typed() | (carry.over(data, picked) if columns_gone else {})


def _gone(name: str) -> str:
    return _(
        "%(name)s cannot be asked any more, so another model is chosen here. Look at the settings before you run it."
    ) % {"name": name}


def _pk(number: str) -> int:
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise Http404
    return int(number)
