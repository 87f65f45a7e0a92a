"""Agreements with other regions: this region's key, drafting, signing, keeping and ending them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from yaotong.acts.recording import note
from yaotong.config import make_key
from yaotong.custody import custody_of
from yaotong.errors import ConfigError, Forbidden, UsageError
from yaotong.exchange.agreement import (
    Agreement,
    Party,
    Signed,
    checked,
    public_of,
    read_signed,
    signed_by,
)
from yaotong.exchange.message import Denied, Why
from yaotong.store import Connection, exchange
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

POLICE = "psb"


@dataclass(frozen=True, slots=True)
class Link:
    """An agreement in force, this region's part in it, and the key it signs with."""

    agreement: Agreement
    region: str
    seed: bytes = field(repr=False)

    @property
    def partner(self) -> Party:
        """The other region."""
        return self.agreement.other(self.region)


def region_of(workspace: Workspace) -> str:
    """This instance's admin code; UsageError when the settings name none."""
    region = custody_of(workspace.settings.home).region
    if not region:
        raise UsageError('设置里没有写本地区。请在 settings.toml 写 [exchange] region = "六位区划代码"。')
    return region


def public_key(workspace: Workspace) -> str:
    """This region's public key (hex), made when there is none."""
    make_key(_key_file(workspace))
    return public_of(seed_of(workspace))


def seed_of(workspace: Workspace) -> bytes:
    """The secret that this region signs with; ConfigError tells what is wrong with its file."""
    path = _key_file(workspace)
    try:
        seed, mode = bytes.fromhex(path.read_text("ascii").strip()), path.stat().st_mode
    except (OSError, ValueError) as error:
        raise ConfigError("交换用的密钥读不出。请运行 yaotong exchange key 生成，或从备份恢复。") from error
    if mode & 0o077 or len(seed) != 32:
        raise ConfigError(f"密钥 {path.name} 应只有本人可读、为 64 个十六进制字符。请运行 chmod 600 {path}")
    return seed


def draft(*, parties: Sequence[tuple[str, str, str, str]], **said: Any) -> str:
    """An unsigned agreement as JSON; parties as (region, name, url, public key). UsageError as read."""
    made = Agreement(
        parties=tuple(Party(*one) for one in parties), **{**said, "categories": tuple(said["categories"])}
    )
    return Signed(checked(made), {}).text()


def sign_text(workspace: Workspace, text: str) -> str:
    """An agreement with this region's signature."""
    return signed_by(read_signed(text), region_of(workspace), seed_of(workspace)).text()


def add_agreement(workspace: Workspace, text: str, *, actor: Viewer, now: datetime) -> Agreement:
    """Keep an agreement that both sides signed; a renewed one needs an id of its own."""
    check_lead(actor)
    signed, region = read_signed(text), region_of(workspace)
    made = signed.agreement
    if made.party(region) is None:
        raise UsageError(f"本地区 {region} 不是这份协议的一方。")
    if not signed.by_both:
        raise UsageError(
            "协议要有双方的签名，且签名与协议内容、公钥相符。请双方各用 yaotong exchange sign 签名。"
        )
    with workspace.store.write() as connection:
        if exchange.agreement(connection, made.agreement_id) is not None:
            raise UsageError(f"协议 {made.agreement_id} 已经收下。改了内容的，请换一个编号。")
        exchange.add_agreement(connection, made.agreement_id, signed.text(), actor.username, now)
        note(
            connection, actor, "exchange_agree", f"exchange:{made.agreement_id}", now=now, why=made.purpose,
            basis=made.basis, partner=made.other(region).region, until=str(made.valid_until),
        )  # fmt: skip
    return made


def end_agreement(workspace: Workspace, agreement_id: str, *, actor: Viewer, why: str, now: datetime) -> None:
    """End an agreement before its time; nothing under it is answered any more."""
    check_lead(actor)
    if not why.strip():
        raise UsageError("请写明终止的理由。")
    with workspace.store.write() as connection:
        row = exchange.agreement(connection, agreement_id)
        if row is None or row.revoked_at is not None:
            raise UsageError(f"没有协议 {agreement_id}，或已经终止。")
        exchange.revoke(connection, agreement_id, actor.username, now)
        note(connection, actor, "exchange_end", f"exchange:{agreement_id}", now=now, why=why.strip())


def link_of(workspace: Workspace, connection: Connection, agreement_id: str) -> Link:
    """An agreement that was not ended, with our part in it; Denied when there is none."""
    row = exchange.agreement(connection, agreement_id)
    if row is None:
        raise Denied(Why.UNKNOWN_AGREEMENT)
    if row.revoked_at is not None:
        raise Denied(Why.REVOKED)
    return Link(read_signed(row.text).agreement, region_of(workspace), seed_of(workspace))


def day_before(now: datetime) -> date:
    """The last whole day before a moment."""
    return now.date() - timedelta(days=1)


def check_lead(actor: Viewer) -> None:
    """Forbidden unless this person may decide for the region: a leader of the police, or the command line."""
    if not (actor.department in (POLICE, "system") and actor.leads):
        raise Forbidden("跨区域交换由公安的负责人决定。")


def check_officer(actor: Viewer) -> None:
    """Forbidden unless this person may work with what was exchanged."""
    if actor.department not in (POLICE, "system") or not actor.works:
        raise Forbidden("跨区域交换由公安的禁毒民警办理。")


def _key_file(workspace: Workspace) -> Path:
    return workspace.settings.home / "keys" / "exchange.key"
