"""A person's own account: sessions, last sign-ins, second factors; and all accounts, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from yaotong.duties import check
from yaotong.store import accounts, audit, factors, sittings
from yaotong.store.health import Health, examine
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

_SIGN_INS = ("sign_in", "sign_in_refused", "second_refused")
_LAST = 10


@dataclass(frozen=True, slots=True)
class SignIn:
    """One attempt at an account. `how`: the second factor, or why it was refused."""

    at: datetime
    right: bool
    how: str
    origin: str


@dataclass(frozen=True, slots=True)
class Key:
    """One passkey."""

    passkey_id: str
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Own:
    """What a person is shown of their account. `codes_left`: recovery codes that were not used."""

    sessions: tuple[tuple[datetime, str], ...]
    last: tuple[SignIn, ...]
    totp: bool
    keys: tuple[Key, ...]
    codes_left: int


@dataclass(frozen=True, slots=True)
class Account:
    """One account as administrators see it; nothing of what it looked at."""

    username: str
    display_name: str
    department: str
    area_code: str
    role: str
    disabled: bool
    totp: bool
    passkeys: int
    must_change: bool
    created_at: datetime


def own_account(workspace: Workspace, viewer: Viewer) -> Own:
    """A person's own account."""
    with workspace.store.read() as connection:
        rows = audit.of_account(connection, viewer.username, _SIGN_INS, _LAST)
        guard = factors.guard(connection, viewer.username)
        return Own(
            sessions=tuple((one.since, one.origin) for one in sittings.of(connection, viewer.username)),
            last=tuple(SignIn(one.at, one.act == "sign_in", one.why, one.origin) for one in rows),
            totp=bool(guard is not None and guard.totp_on),
            keys=tuple(
                Key(one.passkey_id, one.name, one.added_at, one.used_at)
                for one in factors.passkeys(connection, viewer.username)
            ),
            codes_left=len(factors.recovery_codes(connection, viewer.username)),
        )


def all_accounts(workspace: Workspace, viewer: Viewer) -> Sequence[Account]:
    """All accounts, by name; Forbidden to whom it does not concern."""
    check(viewer, "account_list")
    with workspace.store.read() as connection:
        rows, kept = accounts.listing(connection), factors.counted(connection)
    found = []
    for row in rows:
        totp, keys, must = kept.get(row.username, (False, 0, False))
        found.append(
            Account(
                row.username, row.display_name, row.department, row.area_code, row.role, bool(row.disabled),
                totp, keys, must, row.created_at,
            )
        )  # fmt: skip
    return found


def operations(workspace: Workspace, viewer: Viewer) -> Health:
    """How the stores are, as `yaotong doctor` tells; Forbidden to whom it does not concern."""
    check(viewer, "operations")
    return examine(workspace.store)
