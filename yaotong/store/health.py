"""Is the workspace sound? Every file the manifest names, as it was written; nothing it does not name."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from yaotong.store import auditchain, receivers
from yaotong.store.engine import Store
from yaotong.store.schema import fact_file, load, outbox

_LOW_DISK_BYTES = 1 << 30


class Line(str):
    """A sentence in Chinese, with the same in English as `en`."""

    en: str

    def __new__(cls, zh: str, en: str) -> Line:
        """Of both."""
        line = super().__new__(cls, zh)
        line.en = en
        return line


@dataclass(frozen=True, slots=True)
class Health:
    """What is well and what is not, each as a sentence with its remedy."""

    good: tuple[Line, ...]
    bad: tuple[Line, ...]


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
    files = _files(store, named)
    good = [Line(f"业务库可读，{loads} 份回执", f"the database can be read; {loads} receipts")]
    bad: list[Line] = []
    for well, line in (*files, _chain(chain), *_sending(dead, gone), _disk(store)):
        (good if well else bad).append(line)
    return Health(tuple(good), tuple(bad))


def _files(store: Store, named: dict[str, str]) -> list[tuple[bool, Line]]:
    """Whether the files are as the manifest says, and those it does not name."""
    spoiled = [path for path, digest in named.items() if _digest(store, path) != digest]
    count = len(named)
    told = [(True, Line(f"{count} 个事实文件与清单一致", f"{count} files of facts are as the manifest says"))]
    if spoiled:
        zh = f"{len(spoiled)} 个事实文件缺失或损坏（如 {spoiled[0]}）。请从备份恢复。"
        en = f"{len(spoiled)} files of facts are missing or damaged (such as {spoiled[0]}). Restore a backup."
        told = [(False, Line(zh, en))]
    present = {path.relative_to(store.facts_dir).as_posix() for path in store.facts_dir.rglob("*.parquet")}
    orphans = len(present - set(named))
    if orphans:
        zh = f"{orphans} 个文件不在清单中（中断的批次留下的），不参与计算，可删去"
        en = f"{orphans} files are not in the manifest (left by a load cut short): not read, may be removed"
        told.append((True, Line(zh, en)))
    return told


def _chain(chain: auditchain.Verdict) -> tuple[bool, Line]:
    if chain.fault:
        en = "the audit chain is not whole; `yaotong audit verify` names the first row that is not as written"
        return False, Line(f"审计链不完整：{chain.fault}", en)
    return True, Line(f"审计链 {chain.kept} 行完整", f"the audit chain is whole: {chain.kept} rows")


def _sending(dead: int, gone: Iterable[Any]) -> list[tuple[bool, Line]]:
    """What cannot be sent."""
    told = []
    if dead:
        zh = f"{dead} 条通知多次送不出去。请检查收件方的地址。"
        told.append(
            (False, Line(zh, f"{dead} messages could not be sent. Look at the receivers' addresses."))
        )
    for one in gone:
        zh = f"{one.department} 的 {one.channel} {_why(one.channel)}，发往那里的通知在等候。请改正地址。"
        en = f"{one.channel} of {one.department} takes nothing more; messages wait. Mend the address."
        told.append((False, Line(zh, en)))
    return told


def _disk(store: Store) -> tuple[bool, Line]:
    free = shutil.disk_usage(store.facts_dir).free
    gib = f"{free / (1 << 30):.1f} GiB"
    return free >= _LOW_DISK_BYTES, Line(f"磁盘剩余 {gib}", f"{gib} free on the disk")


def _why(channel: str) -> str:
    return "答 410，不再接收" if channel == "webhook" else "拒绝了我们的设置"


def _digest(store: Store, path: str) -> str:
    where = store.facts_dir / path
    if not where.exists():
        return ""
    with where.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
