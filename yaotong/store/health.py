"""Is the workspace sound? Every file the manifest names, as it was written; nothing it does not name."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass

from sqlalchemy import func, select

from yaotong.store import auditchain, receivers
from yaotong.store.engine import Store
from yaotong.store.schema import fact_file, load, outbox

_LOW_DISK_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Health:
    """What is well and what is not, each as a sentence with its remedy."""

    good: tuple[str, ...]
    bad: tuple[str, ...]


def examine(store: Store) -> Health:
    """Compare the manifest with the files, and look at the disk and the outbox."""
    with store.read() as connection:
        named = {
            row.path: row.sha256 for row in connection.execute(select(fact_file.c.path, fact_file.c.sha256))
        }
        loads = connection.execute(select(func.count()).select_from(load)).scalar_one()
        dead = connection.execute(
            select(func.count()).select_from(outbox).where(outbox.c.state == "dead")
        ).scalar_one()
        gone = receivers.gone(connection)
        chain = auditchain.verify(connection, store.witness)
    good = [f"业务库可读，{loads} 份回执"]
    bad = []
    spoiled = [path for path, digest in named.items() if _digest(store, path) != digest]
    if spoiled:
        bad.append(f"{len(spoiled)} 个事实文件缺失或损坏（如 {spoiled[0]}）。请从备份恢复。")
    else:
        good.append(f"{len(named)} 个事实文件与清单一致")
    present = {path.relative_to(store.facts_dir).as_posix() for path in store.facts_dir.rglob("*.parquet")}
    orphans = present - set(named)
    if orphans:
        good.append(f"{len(orphans)} 个文件不在清单中（中断的批次留下的），不参与计算，可删去")
    if chain.fault:
        bad.append(f"审计链不完整：{chain.fault}")
    else:
        good.append(f"审计链 {chain.kept} 行完整")
    if dead:
        bad.append(f"{dead} 条通知多次送不出去。请检查收件方的地址。")
    bad += [
        f"{one.department} 的 {one.channel} {_why(one.channel)}，发往那里的通知在等候。请改正地址。"
        for one in gone
    ]
    free = shutil.disk_usage(store.facts_dir).free
    (bad if free < _LOW_DISK_BYTES else good).append(f"磁盘剩余 {free / (1 << 30):.1f} GiB")
    return Health(tuple(good), tuple(bad))


def _why(channel: str) -> str:
    return "答 410，不再接收" if channel == "webhook" else "拒绝了我们的设置"


def _digest(store: Store, path: str) -> str:
    where = store.facts_dir / path
    if not where.exists():
        return ""
    with where.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
