"""Accounts for the system and the security administrator, each with what is theirs to do."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from webapp.context import current_viewer, current_workspace
from webapp.words import say
from yaotong import clock
from yaotong.acts import accounts
from yaotong.departments import departments
from yaotong.duties import DUTIES, check, may
from yaotong.errors import NotFound, UsageError
from yaotong.reads.account import all_accounts, operations
from yaotong.viewer import ROLES, UNGRANTED

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.get("")
@login_required
def page() -> str:
    """All accounts, and what this administrator may do with them."""
    viewer, workspace = current_viewer(), current_workspace()
    rows = all_accounts(workspace, viewer)
    duties = {name for name in DUTIES if may(viewer, name)}
    return render_template(
        "admin.html", rows=rows, duties=duties, roles=ROLES, offices=departments(),
        health=operations(workspace, viewer) if "operations" in duties else None,
        access=workspace.settings.access, oidc=workspace.settings.oidc, me=viewer.username,
    )  # fmt: skip


@bp.post("/accounts")
@login_required
def add() -> AnyResponse:
    """A new account, without a role."""
    check(current_viewer(), "account_add")
    given = {name: request.form.get(name, "").strip() for name in ("display_name", "department", "area_code")}

    def made() -> None:
        accounts.add_user(
            current_workspace(), username=_name(), password=request.form.get("password", ""), **given,
            role=UNGRANTED, must_change=True, by=current_viewer(), now=clock.now(),
        )  # fmt: skip

    return _done(made, "账号已建立，还没有角色，请安全管理员授予。")


@bp.post("/accounts/<act>")
@login_required
def change(act: str) -> AnyResponse:
    """One change to one account: disable, enable, passwd, role, unlock, reset-second."""
    duty = f"account_{act.replace('-', '_')}"
    if duty not in DUTIES or act not in _CHANGES:
        raise NotFound("没有这个操作。")
    check(current_viewer(), duty)
    work, said = _CHANGES[act]
    return _done(work, said)


def _disable() -> None:
    accounts.disable_user(current_workspace(), _name(), by=current_viewer(), now=clock.now())


def _enable() -> None:
    accounts.enable_user(current_workspace(), _name(), by=current_viewer(), now=clock.now())


def _passwd() -> None:
    given = request.form.get("password", "")
    accounts.set_password(current_workspace(), _name(), given, by=current_viewer(), now=clock.now())


def _role() -> None:
    accounts.give_role(
        current_workspace(), _name(), role=request.form.get("role", ""),
        department=request.form.get("department", ""), area_code=request.form.get("area_code", "").strip(),
        by=current_viewer(), now=clock.now(),
    )  # fmt: skip


def _unlock() -> None:
    accounts.unlock(current_workspace(), _name(), by=current_viewer(), now=clock.now())


def _reset_second() -> None:
    accounts.reset_second(current_workspace(), _name(), by=current_viewer(), now=clock.now())


_CHANGES: dict[str, tuple[Callable[[], None], str]] = {
    "disable": (_disable, "账号已停用，它的会话已结束。"),
    "enable": (_enable, "账号已恢复。"),
    "passwd": (_passwd, "密码已重设，本人下次登录时须更改。"),
    "role": (_role, "角色已授予，本人须重新登录。"),
    "unlock": (_unlock, "等待已解除。"),
    "reset-second": (_reset_second, "第二验证已清除，本人须重新登录。"),
}


def _name() -> str:
    return request.form.get("username", "").strip()


def _done(work: Callable[[], None], said: str) -> AnyResponse:
    try:
        work()
    except (UsageError, NotFound) as error:
        flash(say(str(error)), "bad")
    else:
        flash(say(said), "good")
    return redirect(url_for("admin.page"), code=303)
