"""One-time codes (RFC 6238) and recovery codes: made, proved, taken once each, and taken away."""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from datetime import datetime, timedelta, timezone

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yaotong.acts import passwords, waiting
from yaotong.acts.recording import note, record
from yaotong.acts.signing import Entry, Sitting, complete
from yaotong.errors import ConfigError, UsageError
from yaotong.store import Connection, factors, sittings
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

STEP_S = 30
RECOVERY_CODES = 10
# A clock half a minute off is let pass either way (RFC 6238 §5.2).
_DRIFT_STEPS = 1
_BEIJING = timezone(timedelta(hours=8))
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_RANDOM_LETTERS = 10
_NONCE_BYTES = 12


def begin_totp(workspace: Workspace, viewer: Viewer) -> tuple[str, str]:
    """A new secret to be proved, and its address for an authenticator; UsageError where one is on already."""
    secret = pyotp.random_base32()
    with workspace.store.write() as connection:
        guard = factors.guard(connection, viewer.username)
        if guard is not None and guard.totp_on:
            raise UsageError("动态口令已启用；要换一个，请先停用。")
        sealed = seal(workspace.settings.factor_key, viewer.username, secret)
        factors.set_guard(connection, viewer.username, totp=sealed, totp_on=False)
    address = pyotp.TOTP(secret).provisioning_uri(name=viewer.username, issuer_name=workspace.settings.title)
    return secret, address


def prove_totp(
    workspace: Workspace, viewer: Viewer, code: str, *, number: str, now: datetime
) -> tuple[str, ...]:
    """Turn one-time codes on with a first right one; the recovery codes, shown this once.

    UsageError when the code is wrong. Other sessions, which had no second factor, end.
    """
    _count(workspace, viewer, now)
    if not _take_totp(workspace, viewer.username, code, now, on=False):
        raise UsageError("验证码不对。请核对手机时间，再输入新的一个。")
    codes = _fresh_codes()
    digests = [f"{one[0]}{passwords.digest(one)}" for one in codes]
    with workspace.store.write() as connection:
        waiting.take_back(connection, [waiting.factor_key(workspace, viewer.username)], now=now)
        factors.set_guard(connection, viewer.username, totp_on=True)
        factors.set_recovery_codes(connection, viewer.username, digests)
        sittings.end_all(connection, viewer.username, but=number)
        note(connection, viewer, "second_add", f"account:{viewer.username}", now=now, why="totp")
    return codes


def drop_totp(workspace: Workspace, viewer: Viewer, *, now: datetime) -> None:
    """Turn a person's own one-time codes off, recovery codes with them."""
    with workspace.store.write() as connection:
        factors.set_guard(connection, viewer.username, totp=None, totp_on=False)
        factors.set_recovery_codes(connection, viewer.username, [])
        note(connection, viewer, "second_remove", f"account:{viewer.username}", now=now, why="totp")


def second(workspace: Workspace, sitting: Sitting, code: str, *, now: datetime) -> Entry:
    """Judge a one-time or recovery code of half a session; an Entry without viewer when it is wrong."""
    username = sitting.viewer.username
    keys = [waiting.factor_key(workspace, username)]
    wait = waiting.attempt(workspace, keys, now=now)
    if wait:
        return Entry(wait_s=wait)
    said = code.replace(" ", "").replace("-", "").upper()
    method = "totp" if said.isdigit() else "recovery"
    right = (
        _take_totp(workspace, username, said, now, on=True)
        if method == "totp"
        else _take_recovery(workspace, username, said)
    )
    if not right:
        record(
            workspace, sitting.viewer, "second_refused", f"account:{username}", now=now, why=method
        )  # fmt: skip
        return Entry()
    with workspace.store.write() as connection:
        waiting.take_back(connection, keys, now=now)
    return complete(workspace, sitting, method, now=now)


def step_of(now: datetime) -> int:
    """The number of the half minute that a moment of Beijing time lies in."""
    return int(now.replace(tzinfo=_BEIJING).timestamp()) // STEP_S


def seal(key: bytes, username: str, secret: str) -> str:
    """A secret as it is kept: AES-256-GCM, bound to its account."""
    nonce = os.urandom(_NONCE_BYTES)
    made = AESGCM(key).encrypt(nonce, secret.encode(), username.encode())
    return base64.b64encode(nonce + made).decode()


def unseal(key: bytes, username: str, sealed: str) -> str:
    """The secret; ConfigError when the key is another one, or the row another account's."""
    raw = base64.b64decode(sealed)
    try:
        return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], username.encode()).decode()
    except InvalidTag as error:
        raise ConfigError(
            "动态口令的密钥 factor.key 与库里的不符。请从备份恢复，或由安全管理员清除第二验证。"
        ) from error


def _count(workspace: Workspace, viewer: Viewer, now: datetime) -> None:
    wait = waiting.attempt(workspace, [waiting.factor_key(workspace, viewer.username)], now=now)
    if wait:
        raise UsageError(f"尝试太多，请在 {wait} 秒后再试。")


def _take_totp(workspace: Workspace, username: str, code: str, now: datetime, *, on: bool) -> bool:
    """Whether a code is right and newer than any taken before; it is taken then."""
    with workspace.store.read() as connection:
        guard = factors.guard(connection, username)
    if guard is None or not guard.totp or bool(guard.totp_on) is not on:
        return False
    secret, here = unseal(workspace.settings.factor_key, username, guard.totp), step_of(now)
    totp = pyotp.TOTP(secret)
    near = range(here - _DRIFT_STEPS, here + _DRIFT_STEPS + 1)
    given = code.strip().encode()
    found = [one for one in near if hmac.compare_digest(totp.generate_otp(one).encode(), given)]
    if not found:
        return False
    with workspace.store.write() as connection:
        return factors.take_step(connection, username, found[-1])


def _take_recovery(workspace: Workspace, username: str, code: str) -> bool:
    """Whether a recovery code is right and unused; it is used up then.

    Its first letter tells which of the ten it is, so that one digest is compared.
    """
    with workspace.store.read() as connection:
        rows = factors.recovery_codes(connection, username)
    row = next((one for one in rows if one.digest[:1] == code[:1]), None)
    if not passwords.fits(row.digest[1:] if row is not None else passwords.nobodys(), code) or row is None:
        return False
    with workspace.store.write() as connection:
        return factors.take_recovery_code(connection, row.code_id)


def _fresh_codes() -> tuple[str, ...]:
    return tuple(
        _LETTERS[place] + "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM_LETTERS - 1))
        for place in range(RECOVERY_CODES)
    )


def codes_left(connection: Connection, username: str) -> int:
    """How many recovery codes were not used."""
    return len(factors.recovery_codes(connection, username))
