"""Three administrators: each duty is of its roles and of nobody else, and nobody's own account is theirs."""

from __future__ import annotations

import itertools

import pytest

from yaotong.duties import DUTIES, check, may
from yaotong.errors import Forbidden
from yaotong.viewer import ROLES, SYSTEM, Viewer

# As the departments signed it: who may do what.
WHOSE = {
    "business": {"officer", "leader", "admin"},
    "account_add": {"sysadmin"},
    "account_disable": {"sysadmin"},
    "account_enable": {"sysadmin"},
    "account_passwd": {"sysadmin"},
    "account_list": {"sysadmin", "secadmin"},
    "account_role": {"secadmin"},
    "account_unlock": {"secadmin"},
    "account_reset_second": {"secadmin"},
    "access_settings": {"secadmin"},
    "operations": {"sysadmin"},
    "audit_read": {"auditor"},
}


def of_role(role: str, username: str = "a") -> Viewer:
    return Viewer(username, "甲", "msa", "330482", role)


def test_there_are_no_other_duties() -> None:
    assert set(DUTIES) == set(WHOSE)


@pytest.mark.parametrize(("duty", "role"), list(itertools.product(WHOSE, ROLES)))
def test_a_duty_is_of_its_roles_alone(duty: str, role: str) -> None:
    assert may(of_role(role), duty) is (role in WHOSE[duty])
    if role in WHOSE[duty]:
        check(of_role(role), duty)
    else:
        with pytest.raises(Forbidden, match=r"^这件事不归您的角色。三类管理员各管一段：账号、授权、审计。$"):
            check(of_role(role), duty)


@pytest.mark.parametrize("duty", WHOSE)
def test_the_operator_at_the_machine_reads_no_audit_chain_and_may_do_the_rest(duty: str) -> None:
    assert may(SYSTEM, duty) is (duty != "audit_read")


def test_a_duty_that_the_table_does_not_name_is_nobodys() -> None:
    with pytest.raises(KeyError):
        may(of_role("sysadmin"), "account_delete")


def test_nobody_does_it_to_their_own_account() -> None:
    check(of_role("secadmin"), "account_role", "b")
    with pytest.raises(Forbidden, match=r"^不能对自己的账号做这件事，请由另一位管理员办理。$"):
        check(of_role("secadmin"), "account_role", "a")
    with pytest.raises(Forbidden, match="不归您的角色"):
        check(of_role("officer"), "account_role", "a")
