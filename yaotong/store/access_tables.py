"""Who is signed in, second factors, and waits after failures. Nothing here can be read back as a secret."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, String, Table, Text

from yaotong.store.metadata import metadata

# A session that is good: it ends by its row being gone, for all workers at once.
sitting = Table(
    "sitting",
    metadata,
    # SHA-256 of the number in the person's cookie.
    Column("sitting_id", String(64), primary_key=True),
    Column("username", String(64), nullable=False, index=True),
    Column("since", DateTime, nullable=False, index=True),
    Column("origin", String(64), nullable=False),
    # False: the password was right, the second factor has yet to come.
    Column("whole", Boolean, nullable=False),
    # What a passkey was asked to sign, once; "" when nothing is asked.
    Column("challenge", String(128), nullable=False),
)

# Beside the account: whether its password was somebody else's choice, and its one-time codes.
account_guard = Table(
    "account_guard",
    metadata,
    Column("username", String(64), primary_key=True),
    Column("must_change", Boolean, nullable=False),
    # The secret of one-time codes, sealed; NULL without. Until `totp_on` it was shown, not proved.
    Column("totp", String(255)),
    Column("totp_on", Boolean, nullable=False),
    # The last 30 seconds whose code was taken: it and those before are not taken again.
    Column("totp_step", BigInteger, nullable=False),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("code_id", Integer, primary_key=True),
    Column("username", String(64), nullable=False, index=True),
    Column("digest", String(255), nullable=False),
)

passkey = Table(
    "passkey",
    metadata,
    # SHA-256 of the credential's id, which may be longer than an index takes.
    Column("passkey_id", String(64), primary_key=True),
    Column("username", String(64), nullable=False, index=True),
    Column("credential", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(64), nullable=False),
    Column("added_at", DateTime, nullable=False),
    Column("used_at", DateTime),
)

# Failures by account, by known device, by address or by second factor. Keys are keyed hashes: people type
# passwords where a name is asked.
sign_in_wait = Table(
    "sign_in_wait",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", DateTime, nullable=False),
    Column("until", DateTime, nullable=False),
    Index(None, "last_at"),
)
