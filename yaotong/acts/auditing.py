"""The audit chain's own affairs: verify it, take it away as a table, let go what is old."""

from __future__ import annotations

import csv
import io
from datetime import datetime

from yaotong.acts.recording import note, record
from yaotong.cells import exported
from yaotong.duties import may
from yaotong.errors import Forbidden, UsageError
from yaotong.reads.audit import Asked, rows_of
from yaotong.store import audit, auditchain
from yaotong.store.auditchain import Verdict
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

KEPT_YEARS = 3
_COLUMNS = ("序号", "时间", "账号", "部门", "来自", "行为", "对象", "缘由", "详情", "校验值")


def verify(workspace: Workspace) -> Verdict:
    """Whether the chain is as it was written."""
    with workspace.store.read() as connection:
        return auditchain.verify(connection, workspace.store.witness)


def export_audit(workspace: Workspace, viewer: Viewer, asked: Asked, *, now: datetime) -> bytes:
    """The rows asked for as CSV (UTF-8 with BOM), no cell like a formula; recorded before it is made."""
    check_auditor(viewer)
    wanted = " ".join(f"{name}={value}" for name, value in asked.said().items())
    record(workspace, viewer, "audit_export", "audit", now=now, why=wanted)
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for row in rows_of(workspace, asked):
        writer.writerow([exported(one) for one in row])
    return b"\xef\xbb\xbf" + made.getvalue().encode("utf-8")


def purge(workspace: Workspace, viewer: Viewer, before: datetime, *, now: datetime) -> int:
    """Let go the rows from before a moment at least three years ago; how many went.

    Their last hash stays as the anchor that the chain goes on from, and the purge is a row of the chain.
    """
    bound = years_before(now, KEPT_YEARS)
    if before > bound:
        raise UsageError(f"审计保存 {KEPT_YEARS} 年：只能清除 {bound:%Y-%m-%d} 以前的。")
    verdict = verify(workspace)
    if verdict.fault:
        raise UsageError(f"审计链不完整，先查明再清除：{verdict.fault}")
    with workspace.store.write() as connection:
        start = audit.anchor(connection)
        gone = audit.let_go(connection, before, viewer.username, now)
        if gone is None:
            return 0
        note(
            connection, viewer, "audit_purge", "audit", now=now, why=f"{before:%Y-%m-%d}",
            through=gone.seq, sha256=gone.hash,
        )  # fmt: skip
    return gone.seq - start.seq


def check_auditor(viewer: Viewer) -> None:
    """Forbidden to all but the audit administrator."""
    if not may(viewer, "audit_read"):
        raise Forbidden("审计记录由审计管理员查看。")


def years_before(now: datetime, years: int) -> datetime:
    """The same moment some years ago; of a 29 February, the 28th."""
    try:
        return now.replace(year=now.year - years)
    except ValueError:
        return now.replace(year=now.year - years, day=28)
