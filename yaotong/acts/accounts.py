"""Accounts: made, shut, given roles; each change ends the account's sessions and is a row of the chain."""

from __future__ import annotations

from datetime import datetime

from yaotong.acts import passwords, waiting
from yaotong.acts.passwords import MIN_PASSWORD_CHARS as MIN_PASSWORD_CHARS
from yaotong.acts.recording import note
from yaotong.acts.signing import sign_in as sign_in
from yaotong.acts.signing import sign_out as sign_out
from yaotong.acts.signing import viewer as viewer
from yaotong.departments import departments
from yaotong.duties import check
from yaotong.errors import Forbidden, NotFound, UsageError
from yaotong.store import Connection, accounts, factors, sittings, waits
from yaotong.viewer import SYSTEM, UNGRANTED, Viewer
from yaotong.workspace import Workspace


def add_user(
    workspace: Workspace,
    *,
    username: str,
    display_name: str,
    password: str,
    department: str,
    area_code: str,
    role: str = "officer",
    must_change: bool = False,
    by: Viewer = SYSTEM,
    now: datetime,
) -> Viewer:
    """Make an account; UsageError tells what is wrong with it.

    A system administrator gives no role: the account has none until a security administrator gives one.
    """
    check(by, "account_add")
    if by.department != SYSTEM.department and role != UNGRANTED:
        raise Forbidden("系统管理员只建账号，不授角色；角色由安全管理员授予。")
    viewer = _person(username, display_name, department, area_code, role)
    passwords.check_password(password, username)
    with workspace.store.write() as connection:
        accounts.add(
            connection,
            username=username,
            display_name=display_name,
            password_hash=passwords.digest(password),
            department=department,
            area_code=area_code,
            role=role,
            created_at=now,
        )
        if must_change:
            factors.set_guard(connection, username, must_change=True)
        thing = f"account:{username}"
        note(connection, by, "account_add", thing, now=now, why=role, area=area_code, department=department)
    return viewer


def disable_user(workspace: Workspace, username: str, *, by: Viewer = SYSTEM, now: datetime) -> None:
    """Shut an account; NotFound when there is none."""
    _set_disabled(workspace, username, True, by, now)


def enable_user(workspace: Workspace, username: str, *, by: Viewer = SYSTEM, now: datetime) -> None:
    """Open a shut account again; NotFound when there is none."""
    _set_disabled(workspace, username, False, by, now)


def give_role(
    workspace: Workspace, username: str, *, role: str, department: str = "", area_code: str = "",
    by: Viewer = SYSTEM, now: datetime,
) -> Viewer:  # fmt: skip
    """Give a role, and where said another department or area; the person signs in again."""
    check(by, "account_role", username)
    with workspace.store.write() as connection:
        row = accounts.get(connection, username)
        if row is None:
            raise NotFound(f"没有账号 {username}。")
        department, area_code = department or row.department, area_code or row.area_code
        person = _person(username, row.display_name, department, area_code, role)
        accounts.set_place(connection, username, role, department, area_code)
        sittings.end_all(connection, username)
        note(
            connection, by, "account_role", f"account:{username}", now=now, why=f"{row.role} → {role}",
            department=department, area=area_code,
        )  # fmt: skip
    return person


def set_password(
    workspace: Workspace, username: str, password: str, *, by: Viewer = SYSTEM, now: datetime
) -> None:
    """A new first password, to be changed at the next sign-in; the account's sessions end."""
    check(by, "account_passwd", username)
    passwords.check_password(password, username)
    with workspace.store.write() as connection:
        _there(connection, username)
        accounts.set_password(connection, username, passwords.digest(password))
        factors.set_guard(connection, username, must_change=True)
        sittings.end_all(connection, username)
        waits.clear(connection, [waiting.account_key(workspace, username)])
        note(connection, by, "account_passwd", f"account:{username}", now=now)


def change_password(
    workspace: Workspace, viewer: Viewer, old: str, new: str, *, number: str, now: datetime
) -> int:
    """A person's own new password; UsageError when the old one is wrong. All other sessions end: how many.

    Wrong old passwords wait as wrong second factors do.
    """
    confirm(workspace, viewer, old, now=now)
    passwords.check_password(new, viewer.username)
    if new == old:
        raise UsageError("新密码与旧密码相同，请换一个。")
    with workspace.store.write() as connection:
        accounts.set_password(connection, viewer.username, passwords.digest(new))
        factors.set_guard(connection, viewer.username, must_change=False)
        ended = sittings.end_all(connection, viewer.username, but=number)
        note(connection, viewer, "password_change", f"account:{viewer.username}", now=now, ended=ended)
    return ended


def confirm(workspace: Workspace, viewer: Viewer, password: str, *, now: datetime) -> None:
    """UsageError unless it is the person's own password: what a stolen session alone cannot do."""
    keys = [waiting.factor_key(workspace, viewer.username)]
    wait = waiting.attempt(workspace, keys, now=now)
    if wait:
        raise UsageError(f"尝试太多，请在 {wait} 秒后再试。")
    with workspace.store.read() as connection:
        row = accounts.get(connection, viewer.username)
    if row is None or not passwords.fits(row.password_hash, password):
        raise UsageError("现在的密码不对。")
    with workspace.store.write() as connection:
        waiting.take_back(connection, keys, now=now)


def unlock(workspace: Workspace, username: str, *, by: Viewer = SYSTEM, now: datetime) -> bool:
    """Forget the failures at an account, its second factor's too; whether there were any."""
    check(by, "account_unlock", username)
    keys = [waiting.account_key(workspace, username), waiting.factor_key(workspace, username)]
    with workspace.store.write() as connection:
        _there(connection, username)
        found = waits.clear(connection, keys)
        note(connection, by, "account_unlock", f"account:{username}", now=now)
    return found > 0


def reset_second(workspace: Workspace, username: str, *, by: Viewer = SYSTEM, now: datetime) -> None:
    """Take an account's second factors away, for somebody who lost them; its sessions end."""
    check(by, "account_reset_second", username)
    with workspace.store.write() as connection:
        _there(connection, username)
        factors.remove_all(connection, username)
        sittings.end_all(connection, username)
        waits.clear(connection, [waiting.factor_key(workspace, username)])
        note(connection, by, "account_reset_second", f"account:{username}", now=now)


def _set_disabled(workspace: Workspace, username: str, disabled: bool, by: Viewer, now: datetime) -> None:
    act = "account_disable" if disabled else "account_enable"
    check(by, act, username)
    with workspace.store.write() as connection:
        _there(connection, username)
        accounts.set_disabled(connection, username, disabled)
        sittings.end_all(connection, username)
        note(connection, by, act, f"account:{username}", now=now)


def _there(connection: Connection, username: str) -> None:
    if accounts.get(connection, username) is None:
        raise NotFound(f"没有账号 {username}。")


def _person(username: str, display_name: str, department: str, area_code: str, role: str) -> Viewer:
    if not username or len(username) > 64 or not username.isprintable() or username != username.strip():
        raise UsageError("账号名应为 1 至 64 个字符，前后没有空格。")
    if not display_name or len(display_name) > 64:
        raise UsageError("姓名或岗位应为 1 至 64 个字。")
    if department not in departments():
        raise UsageError(f"没有部门 {department}。可用：{'、'.join(departments())}")
    if not area_code or len(area_code) > 128:
        raise UsageError("请写明管辖区域代码，如 330482。")
    try:
        return Viewer(username, display_name, department, area_code, role)
    except ValueError as error:
        raise UsageError(str(error)) from error
