"""Figures of §7.3 that speak of what was stopped and brought back: 14 and 15. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from yaotong.reports.kpis import Kpi
from yaotong.reports.periods import Period
from yaotong.reports.stories import Story

# Rules that find one buyer's purchases over several shops.
GATHERED = ("R-P01", "R-P02")
EPHEDRINE = "R-P01"


@dataclass(frozen=True, slots=True)
class Sum:
    """Money that a department's outcome of a joint case brought back, and when that was entered."""

    outcome: str
    fen: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Packs:
    """What the lines behind some alerts add up to, returns taken off; mg of the active ingredient."""

    packs: float
    mg: float


def gathered(told: Sequence[Story], period: Period, sold: Packs | None) -> tuple[Kpi, Kpi]:
    """14 跨店累购发现数 by day of behaviour, and the ephedrine behind it.

    `sold`: what the alerts of R-P01 rest on; None where lines may not be seen.
    """
    mine = gathered_alerts(told, period)
    ids = frozenset(one.alert_id for one in mine)
    count = Kpi(
        "gathered", "跨店累购发现数", "条", "行为日在期内的跨店、跨区域累购预警",
        float(len(ids)), len(ids), None, better="low", hits=ids, base=ids,
    )  # fmt: skip
    name, unit, means = "累购折算麻黄碱", "毫克", "R-P01 预警的证据行，数量（减退货）× 每盒含量"
    if sold is None or not sold.packs:
        why = "本期没有跨店累购预警" if sold is not None else "本部门不看销售明细"
        return count, Kpi("gathered_mg", name, unit, means, why=why)
    return count, Kpi("gathered_mg", name, unit, means, round(sold.mg, 1), round(sold.mg, 1), sold.packs)


def stopped(packs: float, questions: int) -> Kpi:
    """14 拦截包数: what tills were told not to sell, of how many questions."""
    told = ("intercepted", "拦截包数", "盒", "收银机售前询问答“已到限量”的盒数 / 询问次数")
    if not questions:
        return Kpi(*told, why="本期没有收银机售前询问")
    return Kpi(*told, packs, packs, questions)


def unanswered(searches: int | None) -> Kpi:
    """16 公众: the searches that did not help; those that did are counted nowhere."""
    told = (
        "asked",
        "公众未满足的查询",
        "次",
        "期内没有找到、或附近没有营业药店的公众查询（按镇街与小时计数）",
    )
    if searches is None:
        return Kpi(*told, better="low", why="本期没有未满足的公众查询记录")
    return Kpi(*told, float(searches), searches, None, better="low")


def gathered_alerts(told: Sequence[Story], period: Period) -> list[Story]:
    """The alerts of cross-shop purchases whose behaviour ended in the period."""
    return [one for one in told if one.rule_id in GATHERED and period.first <= one.last_day <= period.last]


def brought_back(sums: Sequence[Sum], period: Period) -> tuple[Kpi, Kpi]:
    """15 基金追回 and 拒付 in yuan: what insurance entered in the period at the end of joint cases."""
    return (
        _money(sums, period, "recover", "recovered", "基金追回", "追回"),
        _money(sums, period, "refuse", "refused", "基金拒付", "拒付"),
    )


def _money(sums: Sequence[Sum], period: Period, outcome: str, code: str, name: str, word: str) -> Kpi:
    mine = [one for one in sums if one.outcome == outcome and period.holds(one.at)]
    told = (code, name, "元", f"期内录入的联合办案处理结果，{word}金额 / 案件数")
    if not mine:
        return Kpi(*told, why=f"本期没有录入{word}")
    yuan = sum(one.fen for one in mine) / 100
    return Kpi(*told, yuan, yuan, len(mine))
