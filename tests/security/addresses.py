"""Every address of the dashboard: the least that a person must be to read it and to change something with it.

An address without a line here fails `test_matrix.py`. Arguments are named after what `seed.plant` notes in `pk`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

PUBLIC, SIGNED_IN, VIEWER, MEMBER, OWNER = range(5)


@dataclass(frozen=True, kw_only=True)
class Line:
    """`reads` answers GET and HEAD, `writes` answers POST; None: it has no such method."""

    args: tuple[str, ...]
    reads: int | None = None
    writes: int | None = None
    answers: frozenset[int] = frozenset({200})  # to a GET by somebody who may
    names: Mapping[str, str] = field(default_factory=dict)  # what a question names beside its address: {field: of what}
    head: bool = True
    personal: bool = False  # the object is one person's own: nobody else of the organization finds it
    shared: bool = False  # the arguments name nothing that belongs to an organization
    others: bool = False  # a page of allauth, which says itself what it does of each method

    @property
    def names_something(self) -> bool:
        return bool(self.args or self.names) and not self.shared


def reads(least: int, *args: str, answers: Collection[int] = (200,), **more: Any) -> Line:
    return Line(args=args, reads=least, answers=frozenset(answers), **more)


def writes(least: int, *args: str, **more: Any) -> Line:
    return Line(args=args, writes=least, **more)


def both(least: int, *args: str, answers: Collection[int] = (200,), **more: Any) -> Line:
    return Line(args=args, reads=least, writes=least, answers=frozenset(answers), **more)


def account(least: int, *args: str, answers: Collection[int] = (200, 302)) -> Line:
    """A page of allauth about the person's own account."""
    return Line(args=args, reads=least, writes=least, answers=frozenset(answers), others=True)


MODEL = {"model": "model"}
CHART = {"run": "fine_tune", "metric": "metric"}

ADDRESSES: dict[str, Line] = {
    "home": reads(VIEWER),
    "healthz": reads(PUBLIC, answers=(200, 503)),
    "live": reads(PUBLIC),
    "ready": reads(PUBLIC),
    "metrics": reads(PUBLIC, answers=(404,)),  # there is none without a token in the settings
    "datasets:list": reads(VIEWER),
    "datasets:upload": both(MEMBER),
    "datasets:sample": writes(MEMBER),
    "datasets:purpose_sheet": reads(VIEWER, "purpose", shared=True),
    "datasets:recipes": both(MEMBER),
    "datasets:recipe_file": reads(MEMBER, "recipe"),
    "datasets:recipe_delete": writes(MEMBER, "recipe"),
    "datasets:detail": reads(VIEWER, "dataset"),
    "datasets:progress": reads(VIEWER, "dataset", answers=(200, 286)),
    "datasets:decision": writes(MEMBER, "dataset"),
    "datasets:undo": writes(MEMBER, "dataset"),
    "datasets:task": writes(MEMBER, "dataset"),
    "datasets:accept": writes(MEMBER, "dataset"),
    "datasets:columns": both(MEMBER, "dataset"),
    "datasets:retry": writes(MEMBER, "dataset"),
    "datasets:cancel": writes(MEMBER, "dataset"),
    "datasets:keep": writes(MEMBER, "dataset"),
    "datasets:replay": writes(MEMBER, "dataset"),
    "datasets:bad_rows": reads(VIEWER, "dataset"),
    "datasets:source": reads(VIEWER, "dataset"),
    "datasets:examples": reads(VIEWER, "dataset"),
    "datasets:edit_row": writes(MEMBER, "dataset"),
    "datasets:exclude_rows": writes(MEMBER, "dataset"),
    "datasets:restore_rows": writes(MEMBER, "dataset"),
    "datasets:versions": reads(VIEWER, "dataset"),
    "datasets:compare": reads(VIEWER, "dataset"),
    "datasets:make": writes(MEMBER, "dataset"),
    "datasets:version": reads(VIEWER, "dataset", "number"),
    "datasets:delete_version": writes(MEMBER, "dataset", "number"),
    "datasets:training": reads(VIEWER, "dataset", "number"),
    "datasets:validation": reads(VIEWER, "dataset", "number"),
    "datasets:evaluation": reads(VIEWER, "dataset", "number"),
    "datasets:rename": both(MEMBER, "dataset"),
    "datasets:delete": writes(MEMBER, "dataset"),
    "finetunes:list": reads(VIEWER),
    "finetunes:live": reads(VIEWER, head=False),
    "finetunes:new": both(MEMBER),
    "finetunes:approvals": reads(VIEWER),
    "finetunes:lineage": reads(VIEWER, "fine_tune"),
    "finetunes:lineage-version": reads(VIEWER, "version"),
    "finetunes:lineage-dataset": reads(VIEWER, "dataset"),
    "finetunes:spending": reads(VIEWER),
    "finetunes:budget": both(OWNER),
    "finetunes:compare": reads(VIEWER),
    "finetunes:compare-chart": reads(VIEWER, names=CHART),
    "finetunes:compare-table": reads(VIEWER, names=CHART),
    "finetunes:cost": reads(VIEWER, names={"version": "version"}),
    "finetunes:elsewhere": reads(VIEWER, "connection"),
    "finetunes:import": writes(MEMBER, "connection"),
    "finetunes:stop-import": writes(MEMBER, "connection"),
    "finetunes:look": writes(MEMBER, "connection"),
    "finetunes:hush": writes(MEMBER, "connection"),
    "finetunes:trackers": reads(VIEWER),
    "finetunes:tracker": both(OWNER, "kind", shared=True),
    "finetunes:tracker-remove": writes(OWNER, "kind"),
    "finetunes:tracker-send": writes(MEMBER, "kind"),
    "finetunes:archive": reads(VIEWER, "connection"),
    "finetunes:archive-start": writes(OWNER, "connection"),
    "finetunes:archive-download": reads(OWNER, "connection"),
    "finetunes:detail": reads(VIEWER, "fine_tune"),
    "finetunes:approval": reads(VIEWER, "waiting"),
    "finetunes:approval_give": writes(OWNER, "waiting"),
    "finetunes:approval_decline": writes(OWNER, "waiting"),
    "finetunes:again": reads(MEMBER, "fine_tune"),
    "finetunes:again-wait": reads(MEMBER, "fine_tune", "connection", answers=(302,)),
    "finetunes:again-take": writes(MEMBER, "fine_tune", "connection"),
    "finetunes:cancel": writes(MEMBER, "fine_tune"),
    "finetunes:decide": both(MEMBER, "fine_tune", answers=(302,)),
    "finetunes:export": reads(VIEWER, "fine_tune"),
    "finetunes:export-file": reads(VIEWER, "fine_tune", "export"),
    "finetunes:export-send": writes(MEMBER, "fine_tune", "kind"),
    "finetunes:events": reads(VIEWER, "fine_tune"),
    "finetunes:raw": reads(VIEWER, "fine_tune"),
    "finetunes:stream": reads(VIEWER, "fine_tune", head=False),
    "finetunes:classification": reads(VIEWER, "fine_tune"),
    "finetunes:chart": reads(VIEWER, "fine_tune", "chart"),
    "finetunes:table": reads(VIEWER, "fine_tune", "chart"),
    "finetunes:chart-csv": reads(VIEWER, "fine_tune", "chart"),
    "finetunes:results": reads(VIEWER, "fine_tune", "file"),
    "models:list": reads(VIEWER),
    "models:shutdowns": reads(VIEWER),
    "models:detail": reads(VIEWER, "model"),
    "models:lineage": reads(VIEWER, "model"),
    "models:deployment": writes(MEMBER, "model"),
    "models:delete": both(OWNER, "model"),
    "models:delete-again": writes(OWNER, "model"),
    "models:restore": writes(OWNER, "model"),
    "playground:home": reads(VIEWER),
    "playground:compare": reads(VIEWER),
    "playground:record": writes(MEMBER),
    "playground:sides": reads(VIEWER),
    "playground:sides_ask": writes(MEMBER),
    "playground:votes": reads(VIEWER),
    "playground:trial": reads(VIEWER, "trial", answers=(302,)),
    "playground:sitting": reads(VIEWER, "trial", answers=(200, 302)),
    "playground:round": reads(VIEWER, "trial", "one"),
    "playground:vote": writes(MEMBER, "trial", "one"),
    "playground:side_stream": writes(MEMBER, "trial", "one", "one"),
    "playground:side_stop": writes(MEMBER, "trial", "one", "one"),
    "playground:side_again": writes(MEMBER, "trial", "one", "one"),
    "playground:bases": reads(VIEWER, "connection"),
    "playground:switch": writes(MEMBER, names=MODEL),
    "playground:turn": writes(MEMBER, names=MODEL),
    "playground:mend": writes(MEMBER, names=MODEL),
    "playground:preview": writes(MEMBER, names=MODEL),
    "playground:answer": writes(MEMBER, names=MODEL),
    "playground:stream": writes(MEMBER, names=MODEL),
    "playground:history": reads(VIEWER),
    "playground:forget_all": writes(VIEWER),
    "playground:asked": reads(VIEWER, "asked", personal=True),
    "playground:asked_request": reads(VIEWER, "asked", personal=True),
    "playground:forget": writes(VIEWER, "asked", personal=True),
    "playground:judging": reads(MEMBER, "asked", personal=True),
    "playground:judge": writes(MEMBER, "asked", personal=True),
    "playground:correct": writes(MEMBER, "asked", personal=True),
    "playground:let_go": writes(MEMBER, "asked", personal=True),
    "playground:collected": reads(VIEWER),
    "playground:make_dataset": writes(MEMBER),
    "playground:example": reads(MEMBER, "collected"),
    "playground:change_example": writes(MEMBER, "collected"),
    "playground:remove_example": writes(MEMBER, "collected"),
    "playground:make_version": writes(MEMBER, "dataset", names={"to": "number"}),
    "playground:presets": reads(VIEWER),
    "playground:save_preset": writes(MEMBER, names=MODEL),
    "playground:overwrite_preset": writes(MEMBER, "preset", names=MODEL),
    "playground:rename_preset": writes(MEMBER, "preset"),
    "playground:delete_preset": writes(MEMBER, "preset"),
    "evaluations:list": reads(VIEWER),
    "evaluations:new": reads(MEMBER),
    "evaluations:of_version": writes(MEMBER),
    "evaluations:of_sheet": writes(MEMBER),
    "evaluations:of_model": reads(VIEWER, "model"),
    "evaluations:of_fine_tune": reads(VIEWER, "fine_tune"),
    "evaluations:detail": reads(VIEWER, "evaluation"),
    "evaluations:progress": reads(VIEWER, "evaluation", answers=(200, 286)),
    "evaluations:csv": reads(VIEWER, "evaluation"),
    "evaluations:xlsx": reads(VIEWER, "evaluation"),
    "evaluations:scores": reads(VIEWER, "evaluation"),
    "evaluations:short": reads(VIEWER, "evaluation"),
    "evaluations:keep": writes(MEMBER, "evaluation", names={"run": "run"}),
    "evaluations:report": reads(VIEWER, "evaluation"),
    "evaluations:cancel": writes(MEMBER, "evaluation"),
    "evaluations:resume": writes(MEMBER, "evaluation"),
    "evaluations:again": both(MEMBER, "evaluation"),
    "evaluations:delete": writes(MEMBER, "evaluation"),
    "evaluations:set_up": reads(MEMBER, "draft"),
    "evaluations:models": reads(MEMBER, "draft"),
    "evaluations:bases": reads(MEMBER, "draft", "connection"),
    "evaluations:read": writes(MEMBER, "draft"),
    "evaluations:estimate": writes(MEMBER, "draft"),
    "evaluations:start": writes(MEMBER, "draft"),
    "connections:list": reads(OWNER),
    "connections:add": both(OWNER),
    "connections:detail": reads(OWNER, "connection"),
    "connections:edit": both(OWNER, "connection"),
    "connections:prices": both(OWNER, "connection"),
    "connections:bases": both(OWNER, "connection"),
    "connections:test": writes(OWNER, "connection"),
    "connections:reopen": writes(OWNER, "connection"),
    "connections:archive": writes(OWNER, "connection"),
    "connections:restore": writes(OWNER, "connection"),
    "connections:delete": writes(OWNER, "connection"),
    "notifications:list": reads(VIEWER),
    "notifications:read": writes(VIEWER),
    "notifications:open": reads(SIGNED_IN, "notification", answers=(302,)),
    "notifications:preferences": both(SIGNED_IN),
    "notifications:test_mail": writes(SIGNED_IN),
    "notifications:hooks": reads(OWNER),
    "notifications:hook_add": both(OWNER),
    "notifications:hook_edit": both(OWNER, "hook"),
    "notifications:hook_test": writes(OWNER, "hook"),
    "notifications:hook_delete": writes(OWNER, "hook"),
    "account_login": account(PUBLIC),
    "account_logout": account(PUBLIC),
    "account_inactive": account(PUBLIC),
    "account_signup": account(PUBLIC),
    "account_reauthenticate": account(SIGNED_IN),
    "account_change_password": account(SIGNED_IN),
    "account_set_password": account(SIGNED_IN),
    "account_reset_password": account(PUBLIC),
    "account_reset_password_from_key_done": account(PUBLIC),
    "account_reset_password_from_key": account(PUBLIC, "uidb36", "key"),
    "account_reset_password_done": account(PUBLIC),
    "mfa_index": reads(SIGNED_IN),
    "mfa_list_webauthn": reads(SIGNED_IN),
    "mfa_authenticate": account(PUBLIC),
    "mfa_login_webauthn": account(PUBLIC),
    "mfa_reauthenticate": account(SIGNED_IN),
    "mfa_reauthenticate_webauthn": account(SIGNED_IN),
    "mfa_activate_totp": account(SIGNED_IN),
    "mfa_deactivate_totp": account(SIGNED_IN, answers=(200, 302, 404)),
    "mfa_view_recovery_codes": account(SIGNED_IN, answers=(200, 302, 404)),
    "mfa_generate_recovery_codes": account(SIGNED_IN),
    "mfa_add_webauthn": account(SIGNED_IN),
    "mfa_remove_webauthn": account(SIGNED_IN, "membership", answers=(302, 404)),
    "mfa_edit_webauthn": account(SIGNED_IN, "membership", answers=(302, 404)),
    "openid_connect_login": reads(PUBLIC, answers=(404,)),  # as long as no provider is set up
    "openid_connect_callback": reads(PUBLIC, answers=(404,)),
    "socialaccount_login_cancelled": reads(PUBLIC),
    "socialaccount_signup": reads(PUBLIC, answers=(302,)),
    "teams:look": writes(SIGNED_IN),
    "teams:sessions_end": writes(SIGNED_IN),
    "teams:team": reads(OWNER),
    "teams:organization_rename": writes(OWNER),
    "teams:leave": writes(VIEWER),
    "teams:member_role": writes(OWNER, "membership"),
    "teams:member_remove": writes(OWNER, "membership"),
    "teams:member_sign_in_link": writes(OWNER, "membership"),
    "teams:member_second_step_reset": writes(OWNER, "membership"),
    "teams:second_step_required": writes(OWNER),
    "teams:invite": writes(OWNER),
    "teams:invitation_renew": writes(OWNER, "invitation"),
    "teams:invitation_revoke": writes(OWNER, "invitation"),
    "teams:invitation": both(PUBLIC, "invitation_secret", shared=True),
    "teams:sign_in_link": both(PUBLIC, "sign_in_secret", shared=True),
    "teams:set_password": both(SIGNED_IN, answers=(302,)),
    "teams:organizations": reads(SIGNED_IN),
    "teams:choose_organization": writes(SIGNED_IN, "organization"),
    "teams:settings": both(SIGNED_IN),
    "teams:theme": writes(PUBLIC),
    "forgetting:retention": both(OWNER),
    "forgetting:member_leaving": reads(OWNER, "membership"),
    "forgetting:member_erase": writes(OWNER, "membership"),
    "forgetting:delete_account": both(SIGNED_IN),
    "handover:export": reads(OWNER),
    "handover:export_start": writes(OWNER),
    "handover:export_download": reads(OWNER, "departure"),
    "teams:audit": reads(OWNER),
    "teams:audit_export": reads(OWNER),
}
