"""The purpose ledger: each field released to another department or region, for which case, on what basis,
until when. What is not in it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from yaotong.acts.recording import note
from yaotong.departments import EVIDENCE_FIELDS
from yaotong.errors import Forbidden, UsageError
from yaotong.reads.subjects import buyer_label
from yaotong.store import Connection, vault
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

LONGEST = timedelta(days=366)
# What may be released beside the fields of a line: that two departments' pseudonyms are one person's.
JOIN = "pseudonym_join"
FIELDS = (*EVIDENCE_FIELDS, JOIN)


@dataclass(frozen=True, slots=True)
class Purpose:
    """Which fields of whom go to whom, for which case, on what basis, and until when.

    UsageError when one of them is not said, or a field is none.
    """

    receiver: str
    fields: tuple[str, ...]
    subject: str
    case_no: str
    basis: str
    expires_on: date

    def __post_init__(self) -> None:
        if strange := [one for one in self.fields if one not in FIELDS]:
            raise UsageError(f"没有字段 {'、'.join(strange)}。可用：{'、'.join(FIELDS)}")
        if not self.fields or not self.receiver.strip():
            raise UsageError("请写明提供哪些字段、提供给哪个别的部门或地区。")
        if not all(one.strip() for one in (self.subject, self.case_no, self.basis)):
            raise UsageError("请写明对象、案号和法律依据。")


def release(workspace: Workspace, purpose: Purpose, *, actor: Viewer, now: datetime) -> list[int]:
    """Enter a purpose in the ledger; an entry for each field. Leaders only, at most a year."""
    if not actor.leads or not actor.works:
        raise Forbidden("向别的部门提供信息由本部门的负责人决定。")
    with workspace.store.write() as connection:
        return enter(connection, purpose, actor=actor, now=now)


def enter(connection: Connection, purpose: Purpose, *, actor: Viewer, now: datetime) -> list[int]:
    """As `release`, within a transaction of somebody who has decided already."""
    if purpose.receiver == actor.department:
        raise UsageError("请写明提供哪些字段、提供给哪个别的部门或地区。")
    if not now.date() <= purpose.expires_on <= now.date() + LONGEST:
        raise UsageError("期限应在今天之后、一年之内。")
    case_no, basis = purpose.case_no.strip(), purpose.basis.strip()
    row = {
        "giver": actor.department, "receiver": purpose.receiver, "subject": purpose.subject,
        "case_no": case_no, "basis": basis, "expires_on": purpose.expires_on,
        "released_by": actor.username, "released_at": now,
    }  # fmt: skip
    made = [vault.release(connection, {**row, "field": one}) for one in dict.fromkeys(purpose.fields)]
    note(
        connection, actor, "purpose_release", f"release:{made[0]}", now=now, why=case_no, to=purpose.receiver,
        fields=" ".join(purpose.fields), basis=basis, until=str(purpose.expires_on),
    )  # fmt: skip
    return made


def use(
    connection: Connection, field: str, case: tuple[str, str, str], *, actor: Viewer, now: datetime
) -> int:
    """Let a released field go, once, for a case: (receiver, subject, case number); which entry allows it.

    Forbidden when the ledger has none that holds.
    """
    receiver, subject, case_no = case
    row = vault.release_in_force(connection, receiver, field, subject, case_no, now.date())
    if row is None:
        raise Forbidden(f"用途台账里没有向 {receiver} 提供“{field}”的有效记录。请由本部门负责人先登记。")
    vault.change_release(connection, row.release_id, {"used": row.used + 1})
    note(connection, actor, "purpose_use", f"release:{row.release_id}", now=now, why=case_no, field=field)
    return int(row.release_id)


def withdraw(workspace: Workspace, release_id: int, *, actor: Viewer, now: datetime) -> None:
    """Take an entry back before its time; by the department that gave it."""
    if not actor.leads or not actor.works:
        raise Forbidden("收回由本部门的负责人决定。")
    with workspace.store.write() as connection:
        row = vault.release_by_id(connection, release_id)
        if row is None or row.giver != actor.department or row.withdrawn_at is not None:
            raise UsageError(f"没有可收回的记录 {release_id}。")
        vault.change_release(connection, release_id, {"withdrawn_at": now})
        note(connection, actor, "purpose_withdraw", f"release:{release_id}", now=now, why=row.case_no)


def joined_labels(
    workspace: Workspace, *, actor: Viewer, other: str, buyer_key: str, case_no: str, now: datetime
) -> tuple[str, str]:
    """What this department and another call one person; Forbidden without a grant of the other in the ledger.

    Each look is a row of the audit chain: only so can two departments' pseudonyms be joined.
    """
    with workspace.store.write() as connection:
        case = (actor.department, f"buyer:{buyer_key}", case_no)
        row = vault.release_in_force(connection, *case[:1], JOIN, *case[1:], now.date())
        if row is not None and row.giver != other:
            raise Forbidden(f"用途台账里没有 {other} 同意关联化名的记录。")
        use(connection, JOIN, case, actor=actor, now=now)
    return buyer_label(buyer_key, actor.department), buyer_label(buyer_key, other)
