"""Open one person's number: for a case, on a legal basis, with a second person's consent, for a limited time.

Each opening is a row of the audit chain before it shows anything.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from yaotong.acts.partners import POLICE
from yaotong.acts.recording import note, record
from yaotong.acts.vaulting import open_with
from yaotong.custody import custody_of
from yaotong.errors import Forbidden, NotFound, StoreError, UsageError
from yaotong.intake.core.masking import mask_id_like
from yaotong.intake.core.sealer import about
from yaotong.sealing import CannotOpen
from yaotong.store import Connection, exchange, joint, vault
from yaotong.store.keyring import open_keyring
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

LONGEST_MINUTES = 480
GRANTED, REFUSED = "granted", "refused"
_MOST_TEXT = 160


def ask_opening(
    workspace: Workspace,
    buyer_key: str,
    *,
    actor: Viewer,
    case_no: str,
    basis: str,
    reason: str,
    now: datetime,
) -> int:
    """Ask to open a buyer's number for a joint case or a hand-over; the wish's id."""
    _check_police(actor)
    if not basis.strip() or not reason.strip() or max(len(basis), len(case_no)) > _MOST_TEXT:
        raise UsageError("请写明案号、法律依据和理由。")
    with workspace.store.write() as connection:
        _check_case(connection, case_no, actor)
        if not vault.numbers(connection, buyer_key):
            raise NotFound("身份库里没有这个人，或已到期销毁。")
        row = {
            "buyer_key": buyer_key, "department": actor.department, "case_no": case_no,
            "basis": basis.strip(), "reason": mask_id_like(reason.strip()), "asked_by": actor.username,
            "asked_at": now,
        }  # fmt: skip
        made = vault.ask(connection, row)
        note(connection, actor, "vault_ask", f"opening:{made}", now=now, why=case_no, basis=basis.strip())
    return made


def answer_opening(
    workspace: Workspace, opening_id: int, *, actor: Viewer, grant: bool, minutes: int, now: datetime
) -> None:
    """Grant or refuse a wish: a leader of the same department who is not the one that asked."""
    _check_police(actor)
    if not actor.leads:
        raise Forbidden("开启身份由本部门的负责人审批。")
    if grant and not 1 <= minutes <= LONGEST_MINUTES:
        raise UsageError(f"时限应为 1 至 {LONGEST_MINUTES} 分钟。")
    with workspace.store.write() as connection:
        row = vault.opening(connection, opening_id)
        if row is None or row.department != actor.department:
            raise NotFound(f"没有申请 {opening_id}。")
        if row.asked_by == actor.username:
            raise Forbidden("申请的人不能审批自己的申请，请由另一人审批。")
        if row.answer:
            raise UsageError("这个申请已经审批过。")
        answer = GRANTED if grant else REFUSED
        columns = {"answer": answer, "answered_by": actor.username, "answered_at": now}
        if grant:
            columns["expires_at"] = now + timedelta(minutes=minutes)
        vault.change_opening(connection, opening_id, columns)
        note(
            connection,
            actor,
            "vault_answer",
            f"opening:{opening_id}",
            now=now,
            why=row.case_no,
            answer=answer,
        )


def open_number(workspace: Workspace, opening_id: int, *, actor: Viewer, now: datetime) -> str:
    """The number, to the one who asked, while the grant lasts; StoreError when it cannot be recorded."""
    _check_police(actor)
    with workspace.store.read() as connection:
        row = vault.opening(connection, opening_id)
        sealed = [] if row is None else vault.numbers(connection, row.buyer_key)
    if row is None or row.department != actor.department:
        raise NotFound(f"没有申请 {opening_id}。")
    if row.asked_by != actor.username:
        raise Forbidden("只有申请的人可以开启。")
    if row.answer != GRANTED:
        raise Forbidden("申请还没有得到批准。" if not row.answer else "申请没有得到批准。")
    if row.expires_at is None or now >= row.expires_at:
        raise Forbidden("批准的时限已过，请重新申请。")
    ring = open_keyring(workspace.settings.home, custody_of(workspace.settings.home))
    record(
        workspace, actor, "vault_open", f"opening:{opening_id}", now=now, why=row.case_no, basis=row.basis,
        granted_by=row.answered_by,
    )  # fmt: skip
    for one in sealed:
        try:
            number = open_with(ring, one.key_id, one.number, about(one.buyer_key, one.period))
        except CannotOpen:
            continue
        with workspace.store.write() as connection:
            vault.change_opening(connection, opening_id, {"opened": row.opened + 1})
        return number
    raise StoreError("这个人的身份已经打不开：密钥已到期销毁，或不是封存时的密钥。")


def _check_police(actor: Viewer) -> None:
    if actor.department != POLICE or not actor.works:
        raise Forbidden("身份只由公安依案件开启。")


def _check_case(connection: Connection, case_no: str, actor: Viewer) -> None:
    """The case is one that the department is in: a joint case, or a hand-over with another region."""
    case = joint.get(connection, case_no)
    mine = case is not None and joint.seen_by(connection, case_no, actor.department)
    if not mine and exchange.case(connection, case_no) is None:
        raise NotFound(f"没有案件 {case_no}，或本部门没有参加。")
