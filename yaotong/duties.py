"""Three separate administrators: who may do what to accounts, as one table. What it does not name is refused.

System administrators make and shut accounts and hand out first passwords, but give no role; security
administrators give roles, second factors and unlocks, but make no account; audit administrators read the
chain. None of the three sees an alert, a shop's file, a person or a map.
"""

from __future__ import annotations

from collections.abc import Mapping

from yaotong.errors import Forbidden
from yaotong.viewer import OFFICE, SYSTEM, Viewer

DUTIES: Mapping[str, frozenset[str]] = {
    "business": frozenset(OFFICE),
    "account_add": frozenset({"sysadmin"}),
    "account_disable": frozenset({"sysadmin"}),
    "account_enable": frozenset({"sysadmin"}),
    "account_passwd": frozenset({"sysadmin"}),
    "account_list": frozenset({"sysadmin", "secadmin"}),
    "account_role": frozenset({"secadmin"}),
    "account_unlock": frozenset({"secadmin"}),
    "account_reset_second": frozenset({"secadmin"}),
    "access_settings": frozenset({"secadmin"}),
    "operations": frozenset({"sysadmin"}),
    "audit_read": frozenset({"auditor"}),
}


def may(viewer: Viewer, duty: str) -> bool:
    """Whether a duty is this person's; the operator at the machine itself has all that concern accounts."""
    if viewer.department == SYSTEM.department:
        return duty != "audit_read"
    return viewer.role in DUTIES[duty]


def check(viewer: Viewer, duty: str, username: str = "") -> None:
    """Forbidden unless the duty is this person's, and the account another's."""
    if not may(viewer, duty):
        raise Forbidden("这件事不归您的角色。三类管理员各管一段：账号、授权、审计。")
    if username and username == viewer.username:
        raise Forbidden("不能对自己的账号做这件事，请由另一位管理员办理。")
