"""The vault's own affairs: seal at intake, destroy in time and prove it, change the key that wraps."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.feather as feather

from yaotong.acts.keychain import chain_of
from yaotong.acts.recording import note
from yaotong.config import make_key
from yaotong.custody import Custody, custody_of, periods_kept
from yaotong.errors import UsageError
from yaotong.intake import Pseudonymiser
from yaotong.intake.core.sealer import NUMBER, Sealer, about
from yaotong.sealing import CannotOpen, unseal
from yaotong.store import vault
from yaotong.store.keyring import DataKey, Keyring, open_keyring
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

SEALED_FILE = "sealed.arrow"
Sealed: TypeAlias = "pa.Table | None"


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What became of a quarter: its keys, how many people, and how many of them opened before and after."""

    period: str
    key_ids: tuple[str, ...]
    people: int
    opened_before: int
    opened_after: int


def start_vault(workspace: Workspace) -> Path:
    """Make the key-encryption key where the settings say; one that is there stays. UsageError unless kept."""
    custody = custody_of(workspace.settings.home)
    if not custody.keep:
        raise UsageError("设置里没有开启身份库。请在 settings.toml 写 [vault] keep = true。")
    make_key(custody.key_file)
    return custody.key_file


def pseudonymiser_of(workspace: Workspace, now: datetime) -> Pseudonymiser:
    """What turns numbers into keys, and seals them where a vault is kept."""
    settings, custody = workspace.settings, custody_of(workspace.settings.home)
    chain = chain_of(workspace)
    sealer = _sealer(open_keyring(settings.home, custody), custody, now) if custody.keep else None
    return Pseudonymiser(
        settings.pseudonym_key,
        settings.pseudonym_key_id,
        digest=settings.pseudonym_digest,
        sealer=sealer,
        links=chain.links,
    )


def _sealer(ring: Keyring, custody: Custody, now: datetime) -> Sealer:
    """A key for every quarter that may be kept: one there is, or a new one."""
    keys = {}
    for period in periods_kept(now, custody.months):
        there = [one for one in ring.of(period) if one.algorithm == ring.algorithm]
        chosen = there[-1] if there else ring.made(period)
        keys[period] = (chosen.key_id, chosen.key)
    return Sealer(keys, ring.algorithm)


def write_sealed(sealer: Sealer | None, folder: Path) -> None:
    """Leave what was sealed while reading in the reader's folder."""
    if sealer is not None:
        feather.write_feather(sealer.table(), folder / SEALED_FILE, compression="uncompressed")


def sealed_in(workspace: Workspace, sealer: Sealer | None, folder: Path) -> Sealed:
    """What a reader sealed, once the keys it was sealed with are on the disk; None when nothing was."""
    path = folder / SEALED_FILE
    if sealer is None or not path.exists():
        return None
    table: pa.Table = feather.read_table(path, memory_map=False)
    used = set(table["key_id"].unique().to_pylist())
    ring = open_keyring(workspace.settings.home, custody_of(workspace.settings.home))
    ring.keep(
        DataKey(key_id, period, sealer.algorithm, key)
        for period, (key_id, key) in sealer.keys.items()
        if key_id in used
    )
    return table


def quarters_due(workspace: Workspace, now: datetime) -> list[str]:
    """The quarters whose time is over, of which keys or people are still there."""
    custody = custody_of(workspace.settings.home)
    ring = open_keyring(workspace.settings.home, custody)
    with workspace.store.read() as connection:
        there = {row.period for row in vault.counts(connection)} | set(ring.periods())
    oldest = periods_kept(now, custody.months)[0]
    return sorted(one for one in there if one < oldest)


def destroy_quarter(workspace: Workspace, period: str, *, actor: Viewer, now: datetime) -> Destroyed:
    """Destroy a quarter's keys and rows, having tried before and after whether they open anything.

    The keys go first: a failure after that leaves rows that nobody can read, and a repeat removes them.
    UsageError for a quarter that is not over yet.
    """
    if period not in quarters_due(workspace, now):
        raise UsageError(f"{period} 还没有到期，或已经销毁。到期的用 yaotong vault due 列出。")
    ring = open_keyring(workspace.settings.home, custody_of(workspace.settings.home))
    with workspace.store.read() as connection:
        rows = vault.sealed_with(connection, [one.key_id for one in ring.of(period)])
    sealed = [(row.key_id, row.number, about(row.buyer_key, row.period)) for row in rows]
    before = opens(ring, sealed)
    key_ids = ring.destroy(period)
    after = opens(ring, sealed)
    with workspace.store.write() as connection:
        people = vault.forget(connection, period, key_ids, actor.username, now)
        note(
            connection, actor, "vault_destroy", f"vault:{period}", now=now, keys=len(key_ids),
            people=people, opened_before=before, opened_after=after,
        )  # fmt: skip
    return Destroyed(period, tuple(key_ids), people, before, after)


def opens(ring: Keyring, sealed: Sequence[tuple[str, bytes, str]]) -> int:
    """How many sealed numbers (key id, bytes, words) open with any key that is on the ring.

    The number is counted and dropped at once.
    """
    keys = [one for period in ring.periods() for one in ring.of(period)]
    return sum(any(_opens(one, number, words) for one in keys) for _, number, words in sealed)


def change_wrapping(workspace: Workspace, *, actor: Viewer, now: datetime) -> int:
    """Wrap all data keys under a new key-encryption key, which replaces the old; how many keys.

    The new key is beside the old one until all are wrapped, so that a crash leaves nothing unreadable: a
    repeat goes on with the same new key.
    """
    home, custody = workspace.settings.home, custody_of(workspace.settings.home)
    ring, beside = open_keyring(home, custody), custody.key_file.with_suffix(".next")
    if not beside.exists():
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
    other = ring.rewrapped(bytes.fromhex(beside.read_text("ascii").strip()))
    beside.replace(custody.key_file)
    keys = sum(len(other.of(period)) for period in other.periods())
    with workspace.store.write() as connection:
        note(connection, actor, "vault_rewrap", "vault", now=now, keys=keys)
    return keys


def open_with(ring: Keyring, key_id: str, sealed: bytes, words: str) -> str:
    """A number in the clear; CannotOpen when its key is gone or the bytes are not what was sealed."""
    key = ring.get(key_id)
    if key is None:
        raise CannotOpen("the key was destroyed")
    return unseal(key.key, NUMBER, sealed, words, key.algorithm).decode()


def _opens(key: DataKey, number: bytes, words: str) -> bool:
    try:
        unseal(key.key, NUMBER, number, words, key.algorithm)
    except CannotOpen:
        return False
    return True
