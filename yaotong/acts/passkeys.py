"""Passkeys (WebAuthn): registered with a signed-in browser, asked for after the password."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from yaotong.acts import waiting
from yaotong.acts.recording import note, record
from yaotong.acts.signing import Entry, Sitting, complete
from yaotong.errors import NotFound, UsageError
from yaotong.store import Connection, factors, sittings
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

MOST_PASSKEYS = 10
_NAME_CHARS = 64
# The password came before: a key in the hand is the second factor, and need not ask for a PIN as well.
_VERIFY = UserVerificationRequirement.DISCOURAGED


def register_options(workspace: Workspace, sitting: Sitting, host: str) -> str:
    """What the browser is asked, as JSON; UsageError when there are enough."""
    viewer = sitting.viewer
    with workspace.store.write() as connection:
        known = _descriptors(connection, viewer.username)
        if len(known) >= MOST_PASSKEYS:
            raise UsageError(f"至多 {MOST_PASSKEYS} 把安全密钥，请先删去一把。")
        options = generate_registration_options(
            rp_id=host,
            rp_name=workspace.settings.title,
            user_id=sittings.hidden(viewer.username)[:32].encode(),
            user_name=viewer.username,
            user_display_name=viewer.display_name,
            exclude_credentials=known,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=_VERIFY
            ),
        )
        sittings.ask(connection, sitting.number, bytes_to_base64url(options.challenge))
    return options_to_json(options)


def register(
    workspace: Workspace, sitting: Sitting, answer: str, name: str, *,
    host: str, origins: Sequence[str], now: datetime,
) -> None:  # fmt: skip
    """Keep a new passkey; UsageError when the answer is not one to what was asked."""
    viewer = sitting.viewer
    challenge = _asked(workspace, sitting)
    try:
        found = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=list(origins),
            require_user_verification=False,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise UsageError("安全密钥没有登记成，请重试。") from error
    credential = bytes_to_base64url(found.credential_id)
    said = name.strip()[:_NAME_CHARS] or f"{now:%Y-%m-%d}"
    with workspace.store.write() as connection:
        if factors.passkey_of(connection, credential) is not None:
            raise UsageError("这把安全密钥已经登记过。")
        factors.add_passkey(
            connection, viewer.username, credential, bytes_to_base64url(found.credential_public_key),
            found.sign_count, said, now,
        )  # fmt: skip
        sittings.end_all(connection, viewer.username, but=sitting.number)
        note(connection, viewer, "second_add", f"account:{viewer.username}", now=now, why="passkey")


def ask_options(workspace: Workspace, sitting: Sitting, host: str) -> str:
    """What the browser is asked to sign with one of the person's passkeys, as JSON."""
    with workspace.store.write() as connection:
        options = generate_authentication_options(
            rp_id=host,
            allow_credentials=_descriptors(connection, sitting.viewer.username),
            user_verification=_VERIFY,
        )
        sittings.ask(connection, sitting.number, bytes_to_base64url(options.challenge))
    return options_to_json(options)


def second_by_passkey(
    workspace: Workspace, sitting: Sitting, answer: str, *, host: str, origins: Sequence[str], now: datetime
) -> Entry:
    """Judge what a passkey signed for half a session; an Entry without viewer when it is wrong."""
    keys = [waiting.factor_key(workspace, sitting.viewer.username)]
    wait = waiting.attempt(workspace, keys, now=now)
    if wait:
        return Entry(wait_s=wait)
    if not _signed(workspace, sitting, answer, host, origins, now):
        thing = f"account:{sitting.viewer.username}"
        record(workspace, sitting.viewer, "second_refused", thing, now=now, why="passkey")
        return Entry()
    with workspace.store.write() as connection:
        waiting.take_back(connection, keys, now=now)
    return complete(workspace, sitting, "passkey", now=now)


def drop_passkey(workspace: Workspace, viewer: Viewer, passkey_id: str, *, now: datetime) -> None:
    """Take away one of a person's own passkeys; NotFound when there is none such."""
    with workspace.store.write() as connection:
        if not factors.remove_passkey(connection, viewer.username, passkey_id):
            raise NotFound("没有这把安全密钥。")
        note(connection, viewer, "second_remove", f"account:{viewer.username}", now=now, why="passkey")


def _signed(
    workspace: Workspace, sitting: Sitting, answer: str, host: str, origins: Sequence[str], now: datetime
) -> bool:
    try:
        challenge = _asked(workspace, sitting)
        credential = str(json.loads(answer)["id"])
    except (UsageError, ValueError, KeyError, TypeError):
        return False
    with workspace.store.read() as connection:
        row = factors.passkey_of(connection, credential)
    if row is None or row.username != sitting.viewer.username:
        return False
    try:
        found = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=list(origins),
            credential_public_key=base64url_to_bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=False,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return False
    with workspace.store.write() as connection:
        factors.use_passkey(connection, row.passkey_id, found.new_sign_count, now)
    return True


def _asked(workspace: Workspace, sitting: Sitting) -> bytes:
    """The challenge of this session, which is good for one answer."""
    with workspace.store.write() as connection:
        row = sittings.person(connection, sitting.number)
        sittings.ask(connection, sitting.number, "")
    if row is None or not row.challenge:
        raise UsageError("这次询问已过期，请重试。")
    return base64url_to_bytes(row.challenge)


def _descriptors(connection: Connection, username: str) -> list[PublicKeyCredentialDescriptor]:
    rows = factors.passkeys(connection, username)
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential)) for row in rows]
