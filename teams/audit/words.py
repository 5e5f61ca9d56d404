"""A plain sentence for every action, and what changed as before and after."""

from __future__ import annotations

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from teams.audit.sentences import SENTENCES
from teams.models import AuditEntry

KINDS: dict[str, Any] = {
    "sign-in": _("Signing in"),
    "sign-in-link": _("Sign-in links"),
    "password": _("Passwords"),
    "second-step": _("Second steps"),
    "session": _("Sessions"),
    "member": _("Members"),
    "invitation": _("Invitations"),
    "organization": _("The organization"),
    "person": _("People"),
    "preferences": _("What people are told"),
    "connection": _("Connections"),
    "budget": _("Spending"),
    "dataset": _("Datasets"),
    "version": _("Versions of datasets"),
    "recipe": _("Recipes"),
    "example": _("Collected examples"),
    "fine-tune": _("Fine-tunes"),
    "fine-tunes": _("Imports"),
    "model": _("Models"),
    "evaluation": _("Evaluations"),
    "playground": _("Questions in the playground"),
    "history": _("The playground's history"),
    "preset": _("Presets"),
    "side_by_side": _("Side by side"),
    "tracker": _("Trackers"),
    "hook": _("Webhooks"),
    "retention": _("Retention"),
    "server": _("The server"),
    "audit": _("The audit log"),
}
FIELDS: dict[str, Any] = {
    "history": _("with the playground's history"),
    "sha256": "SHA-256",
}
WAYS_IN: dict[str, Any] = {
    "password": _("password"),
    "mfa": _("second step"),
    "socialaccount": _("single sign-on"),
    "groups": _("groups of the single sign-on"),
}
MOST_IN_A_SENTENCE = 2
LONGEST_IN_A_SENTENCE = 60
LEFT_OUT = "…"


def kind_of(action: str) -> str:
    return action.partition(".")[0]


def by_kind() -> list[tuple[str, Any, list[tuple[str, str]]]]:
    """Return each kind, its name and its actions with theirs, for who looks for something."""
    found: dict[str, list[tuple[str, str]]] = {}
    for action in SENTENCES:
        found.setdefault(kind_of(action), []).append((action, short(action)))
    return [(kind, KINDS.get(kind, kind), actions) for kind, actions in found.items()]


def of_kind(kind: str) -> list[str]:
    return [action for action in SENTENCES if kind_of(action) == kind]


def told_of(text: str) -> list[str]:
    """Return the actions whose sentences have these words, whoever did what."""
    if not text:
        return []
    nobody = {"who": "", "what": ""}
    return [action for action, pattern in SENTENCES.items() if text.lower() in (str(pattern) % nobody).lower()]


def short(action: str) -> str:
    """The action's sentence without who and upon what, for a list to choose from: “Uploaded the dataset …”."""
    said = str(SENTENCES[action]) % {"who": LEFT_OUT, "what": LEFT_OUT}
    return capfirst(said.lstrip(f"{LEFT_OUT} "))


def sentence(entry: AuditEntry) -> str:
    """Say in one sentence what somebody did, such as “Mia changed the limits on spending: monthly limit 100 → 200”."""
    pattern = SENTENCES.get(entry.action)
    facts = {"who": _who(entry), "what": entry.target_name or _named(entry)}
    if pattern is None:
        return f"{facts['who']}: {entry.words} {facts['what']}".strip()
    said = str(pattern) % facts
    few = [
        f"{name} {before} → {after}".strip()
        for name, before, after in changed(entry)
        if len(before + after) <= LONGEST_IN_A_SENTENCE
    ]
    return f"{said}: {', '.join(few)}" if 0 < len(few) <= MOST_IN_A_SENTENCE else said


def _who(entry: AuditEntry) -> str:
    if entry.actor_name == "Tunedeck":
        return "Tunedeck"
    return entry.actor_name or gettext("Somebody who was removed")


def _named(entry: AuditEntry) -> str:
    return str(entry.details.get("name") or entry.details.get("email") or gettext("something that has no name any more"))


def changed(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """Return each changed field as its name, before and after; nothing for what an entry does not tell."""
    before, after = entry.details.get("before"), entry.details.get("after")
    if "before" not in entry.details and "after" not in entry.details:
        return []
    if isinstance(before, dict) or isinstance(after, dict):
        old, new = before or {}, after or {}
        return [(field(name), value(old.get(name)), value(new.get(name))) for name in {**old, **new}]
    return [("", value(before), value(after if "after" in entry.details else entry.target_name))]


def others(entry: AuditEntry) -> list[tuple[str, str]]:
    """Return what else an entry tells."""
    return [
        (field(name), _way_in(one) if name == "by" else value(one))
        for name, one in entry.details.items()
        if name not in ("before", "after") and one not in ("", None)
    ]


def field(name: str) -> str:
    return str(FIELDS.get(name) or name.replace("_", " ").replace("-", " "))


def _way_in(methods: Any) -> str:
    """Say what somebody came in with, such as “password, second step” for the library's `password, mfa`."""
    return ", ".join(str(WAYS_IN.get(one, one)) for one in str(methods).split(", "))


def value(one: Any) -> str:
    if one is None or one == "":
        return pgettext("a value", "nothing")
    if isinstance(one, bool):
        return gettext("yes") if one else gettext("no")
    if isinstance(one, list):
        return ", ".join(map(value, one))
    if isinstance(one, dict):
        return ", ".join(f"{field(str(name))}: {value(inner)}" for name, inner in one.items())
    return str(one)
