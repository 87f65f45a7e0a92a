"""Decide which findings are exempt and which exemptions may be made. Pure, and by behaviour day alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from fnmatch import fnmatchcase

from yaotong.alerts.model import Exemption, ExemptReason, Finding
from yaotong.errors import UsageError

KINDS = ("pharmacy", "buyer")
MAX_TEXT_CHARS = 500
# What each reason can be a reason for.
REASONS_OF = {
    "pharmacy": frozenset({ExemptReason.ALL_HOURS, ExemptReason.REMOTE_REVIEW, ExemptReason.OTHER}),
    "buyer": frozenset({ExemptReason.CHRONIC_PATIENT, ExemptReason.ELDERLY_AGENT, ExemptReason.OTHER}),
}


def reaches(
    one: Exemption, rule_id: str, subject_kind: str, lead: str, allowed: Collection[ExemptReason]
) -> bool:
    """Whether an exemption speaks of a rule: its lead made it, and the rule's page allows the reason."""
    named = fnmatchcase(rule_id, one.rule_pattern)
    return named and one.subject_kind == subject_kind and one.department == lead and one.reason in allowed


def covering(exemptions: Sequence[Exemption], found: Finding) -> Exemption | None:
    """The first made of the exemptions that cover a finding's subject on its behaviour day."""
    mine = [one for one in exemptions if one.subject == found.subject and one.covers(found.behaviour_day)]
    return min(mine, key=lambda one: one.exemption_id, default=None)


def check_new(one: Exemption) -> None:
    """UsageError tells what is wrong with a new exemption."""
    if one.subject_kind not in KINDS:
        raise UsageError("豁免的主体只能是药店或购药人。")
    if one.reason not in REASONS_OF[one.subject_kind]:
        raise UsageError(
            "这个理由不适用于这类主体：慢性病患者、老年代购是购药人的，24 小时药店、远程审方是药店的。"
        )
    if one.valid_until < one.valid_from:
        raise UsageError("豁免的止日不能早于起日。")
    if one.valid_until > year_after(one.valid_from):
        raise UsageError("豁免最长一年，到期可以重新办理。")
    if not one.text.strip():
        raise UsageError("请写明豁免的依据，不能为空。")
    if len(one.text) > MAX_TEXT_CHARS:
        raise UsageError(f"说明最多 {MAX_TEXT_CHARS} 字，现在 {len(one.text)} 字。")


def year_after(day: date) -> date:
    """The last day of a year that begins on a day: 2026-03-01 → 2027-02-28."""
    try:
        later = day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return date(day.year + 1, 2, 28)
    return date.fromordinal(later.toordinal() - 1)


def check_end(one: Exemption, ended_from: date) -> None:
    """UsageError tells why an exemption cannot be ended so."""
    if one.ended_at is not None:
        raise UsageError(f"豁免 {one.exemption_id} 已经终止过了。")
    if not one.valid_from <= ended_from <= one.valid_until:
        raise UsageError(f"终止的日子应在 {one.valid_from} 至 {one.valid_until} 之间。")
