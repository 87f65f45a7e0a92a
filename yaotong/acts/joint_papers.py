"""Evidence files and visits of a joint case: files to disk first, then one transaction that names them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from yaotong.acts.joint_core import Moving, begin, check_sight, clean, finish
from yaotong.cases.model import CaseSaid
from yaotong.cases.papers import KINDS, MAX_NAME_CHARS, Paper, check_room, read_paper
from yaotong.cases.states import CaseAct
from yaotong.cases.visits import Visit, check_visit, digest_of
from yaotong.errors import UsageError
from yaotong.intake.core.masking import file_text, mask_id_like
from yaotong.store import joint_work, paperfiles
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

PHOTO_KINDS = ("jpg", "png")


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as somebody sends it: the name it has there, and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file that lies on disk and that no row names yet."""

    name: str
    paper: Paper
    sha256: str
    sent_sha256: str


def add_papers(
    workspace: Workspace, case_no: str, sent: Sequence[Sent], *, actor: Viewer, now: datetime
) -> int:
    """Take evidence files in, all or none; how many the case has after it.

    UsageError for a file that is not to be taken, and where there is no room; else as `joint.move_case`.
    """
    if not sent:
        raise UsageError("请选择文件。")
    said = CaseSaid()
    with workspace.store.read() as connection:
        begin(connection, case_no, CaseAct.PAPER, actor=actor, said=said, now=now)
        check_room(joint_work.paper_count(connection, case_no), len(sent))
    kept = [_keep(workspace, one) for one in sent]
    with workspace.store.write() as connection:
        moving = begin(connection, case_no, CaseAct.PAPER, actor=actor, said=said, now=now)
        _name(moving, kept, None)
        finish(moving, reason=str(len(kept)), text="、".join(one.name for one in kept))
        return joint_work.paper_count(connection, case_no)


def record_visit(
    workspace: Workspace, case_no: str, visit: Visit, photos: Sequence[Sent], *, actor: Viewer, now: datetime
) -> int:
    """Take a form filled at the shop, once however often it is sent; its number.

    A form sent again under its key is answered with the same number; another form under a used key is a
    UsageError.
    """
    visit = _cleaned(visit)
    digest = digest_of(visit, [hashlib.sha256(one.content).hexdigest() for one in photos])
    with workspace.store.read() as connection:
        known = joint_work.sent_visit(connection, actor.username, visit.key)
        if known is not None:
            return _same(known.visit_id, (known.case_no, known.digest), (case_no, digest))
        moving = begin(connection, case_no, CaseAct.VISIT, actor=actor, said=CaseSaid(), now=now)
        _check(moving, visit, len(photos))
    kept = [_keep(workspace, one, PHOTO_KINDS) for one in photos]
    with workspace.store.write() as connection:
        known = joint_work.sent_visit(connection, actor.username, visit.key)
        if known is not None:
            return _same(known.visit_id, (known.case_no, known.digest), (case_no, digest))
        moving = begin(connection, case_no, CaseAct.VISIT, actor=actor, said=CaseSaid(), now=now)
        number = _write(moving, visit, digest, _check(moving, visit, len(photos)))
        _name(moving, kept, number)
        finish(moving, reason=visit.license_no, text=visit.text)
    return number


def _cleaned(visit: Visit) -> Visit:
    stock = tuple(type(one)(clean(one.drug), one.counted, one.booked) for one in visit.stock)
    return Visit(visit.license_no, visit.visited_at, clean(visit.text), stock, visit.spot, visit.key)


def _same(visit_id: int, before: tuple[str, str], now: tuple[str, str]) -> int:
    if before != now:
        raise UsageError("这个 Idempotency-Key 已用于另一份现场记录。请重新打开表单再填。")
    return visit_id


def _check(moving: Moving, visit: Visit, photos: int) -> datetime:
    check_sight(moving)
    check_room(joint_work.paper_count(moving.connection, moving.case_no), photos)
    shops = json.loads(moving.row.pharmacy_ids)
    return check_visit(visit, shops=shops, opened_at=moving.row.opened_at, photos=photos, now=moving.now)


def _write(moving: Moving, visit: Visit, digest: str, visited_at: datetime) -> int:
    spot = visit.spot
    return joint_work.add_visit(
        moving.connection,
        {
            "case_no": moving.case_no,
            "license_no": visit.license_no,
            "department": moving.actor.department,
            "sent_by": moving.actor.username,
            "key": visit.key,
            "digest": digest,
            "visited_at": visited_at,
            "arrived_at": moving.now,
            "text": visit.text,
            "stock": json.dumps([asdict(one) for one in visit.stock], ensure_ascii=False),
            "lon": spot.lon if spot else None,
            "lat": spot.lat if spot else None,
            "accuracy_m": spot.accuracy_m if spot else None,
        },
    )


def _keep(workspace: Workspace, sent: Sent, kinds: Collection[str] = KINDS) -> _Kept:
    name = mask_id_like(file_text(sent.name or "未命名"))[-MAX_NAME_CHARS:]
    try:
        paper = read_paper(sent.content)
    except UsageError as error:
        raise UsageError(f"{name}：{error}") from error
    if paper.kind not in kinds:
        raise UsageError(f"{name}：不是 JPEG 或 PNG 照片。别的材料请在案件页上传。")
    sha = paperfiles.keep(workspace.settings.papers_dir, paper.content)
    return _Kept(name, paper, sha, hashlib.sha256(sent.content).hexdigest())


def _name(moving: Moving, kept: Sequence[_Kept], visit_id: int | None) -> None:
    """From here on the files count."""
    check_room(joint_work.paper_count(moving.connection, moving.case_no), len(kept))
    for one in kept:
        joint_work.add_paper(
            moving.connection,
            {
                "case_no": moving.case_no,
                "visit_id": visit_id,
                "sha256": one.sha256,
                "sent_sha256": one.sent_sha256,
                "bytes": len(one.paper.content),
                "kind": one.paper.kind,
                "name": one.name,
                "department": moving.actor.department,
                "sent_by": moving.actor.username,
                "sent_at": moving.now,
            },
        )
