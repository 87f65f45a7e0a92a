"""The figures of a period (domain §7.3), each with its numerator and denominator. Pure.

`led` are the alerts that the reader's department leads, as known at the period's end; `told` all it was
told of. What cannot be told has no value and says why: never a zero.
"""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from yaotong.alerts.states import Outcome, State
from yaotong.codes import Level
from yaotong.reports.periods import Period
from yaotong.reports.stories import Story
from yaotong.reports.worth import FEW

REPEAT_DAYS, RELAPSE_DAYS = 30, 90
_NO_ALERTS = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure. `num` and `den` are what it is made of; `hits` and `base` are alerts to look at.

    `unit` "%" is a share, 0 to 1. `better`: high, low, or "" where neither is. `why`: why there is no value.
    """

    code: str
    name: str
    unit: str
    definition: str
    value: float | None = None
    num: float | None = None
    den: float | None = None
    target: float | None = None
    better: str = ""
    why: str = ""
    hits: frozenset[str] = field(default=_NO_ALERTS)
    base: frozenset[str] = field(default=_NO_ALERTS)

    @property
    def few(self) -> bool:
        """Whether it rests on too little to be compared (样本少)."""
        return self.den is not None and 0 < self.den < FEW

    @property
    def meets(self) -> bool | None:
        """Whether it reaches its target; None without either."""
        if self.value is None or self.target is None:
            return None
        return self.value >= self.target if self.better == "high" else self.value <= self.target


@dataclass(frozen=True, slots=True)
class Letter:
    """One transfer to the police and what came of it. `filed`: None while they have not said."""

    issued_at: datetime
    receipt_due: datetime
    receipt_at: datetime | None
    filed: bool | None


def share(
    told: tuple[str, str, str],
    hits: Collection[str],
    base: Collection[str],
    *,
    why: str,
    target: float | None = None,
    better: str = "high",
) -> Kpi:
    """A share of alerts by their ids; `told`: code, name and definition."""
    code, name, definition = told
    kept = frozenset(hits) & frozenset(base)
    counted = ratio(told, len(kept), len(frozenset(base)), why=why, target=target, better=better)
    return Kpi(
        code, name, "%", definition, counted.value, counted.num, counted.den, target, better, counted.why,
        kept, frozenset(base),
    )  # fmt: skip


def ratio(
    told: tuple[str, str, str],
    num: float,
    den: float,
    *,
    why: str,
    target: float | None = None,
    better: str = "high",
) -> Kpi:
    """A share of counts; nothing over nothing is unknown and says why."""
    code, name, definition = told
    if not den:
        return Kpi(code, name, "%", definition, target=target, better=better, why=why)
    return Kpi(code, name, "%", definition, num / den, num, den, target, better)


def closing(led: Sequence[Story], period: Period) -> tuple[Kpi, Kpi]:
    """1 闭环率 and 2 按时办结率, of what was to be closed in the period."""
    due = {one.alert_id: one for one in led if _falls(one, "close_due", period)}
    closed = {name for name, one in due.items() if not one.open}
    timely = {n for n in closed if (due[n].closed_at or period.end) <= due[n].due["close_due"]}
    why = "本期没有到办结时限的预警"
    whole = ("closing", "闭环率", "期末已销号 / 办结时限在期内的预警（本部门主办）")
    prompt = ("on_time", "按时办结率", "办结时限之前销号 / 办结时限在期内的预警（本部门主办）")
    return share(whole, closed, due, why=why, target=0.98), share(prompt, timely, due, why=why, target=0.95)


def accepting(led: Sequence[Story], period: Period) -> Kpi:
    """3 签收及时率, of what was to be accepted in the period."""
    due = {one.alert_id: one for one in led if _falls(one, "accept_due", period)}
    timely = {
        name
        for name, one in due.items()
        if one.handled_at is not None and one.handled_at <= one.due["accept_due"]
    }
    told = ("accepting", "签收及时率", "签收时限之前签收 / 签收时限在期内的预警（本部门主办）")
    return share(told, timely, due, why="本期没有到签收时限的预警", target=0.98)


def hours(led: Sequence[Story], period: Period) -> tuple[Kpi, ...]:
    """4 处置时长 from dispatch to closing: the mean and the median of all, and the median by level."""
    spans = {
        one.alert_id: (one.level, (one.closed_at - one.clock_from).total_seconds() / 3600)
        for one in led
        if one.closed_at is not None and period.holds(one.closed_at) and not one.merged_into
    }
    names = {Level.RED: "红", Level.ORANGE: "橙", Level.YELLOW: "黄", Level.BLUE: "蓝"}
    every = [span for _, span in spans.values()]
    base = frozenset(spans)
    mean = "期内销号的预警，从派发到销号的小时之和 / 条数"
    middle = "期内销号的{}预警，从派发到销号的小时的中位数"
    found = [
        _time("hours_mean", "平均处置时长", mean, every, base, mean=True),
        _time("hours", "中位处置时长", middle.format(""), every, base),
    ]
    for level in Level:
        own = frozenset(name for name, (at, _) in spans.items() if at == level)
        told = middle.format(f"{names[level]}色")
        found.append(
            _time(
                f"hours_{level}",
                f"中位处置时长（{names[level]}）",
                told,
                [spans[name][1] for name in own],
                own,
            )
        )
    return tuple(found)


def _time(
    code: str, name: str, definition: str, spans: Iterable[float], base: frozenset[str], *, mean: bool = False
) -> Kpi:
    known = sorted(spans)
    if not known:
        return Kpi(code, name, "小时", definition, why="本期没有销号的预警")
    value = sum(known) / len(known) if mean else statistics.median(known)
    total = round(sum(known), 1)
    return Kpi(code, name, "小时", definition, round(value, 1), total, len(known), hits=base, base=base)


def overdue(led: Sequence[Story], known_at: datetime) -> tuple[Kpi, Kpi]:
    """5 逾期数 and 最长逾期 at the report's moment."""
    running = {one.alert_id: one.running for one in led if one.running is not None}
    late = {name: known_at - due for name, due in running.items() if due < known_at}
    longest = max(late.values(), default=timedelta(0))
    definition = "期末当前一步已过时限 / 期末未结且未挂起的预警（本部门主办）"
    count = Kpi("overdue", "逾期数", "条", definition, better="low", why="期末没有在办的预警")
    days = Kpi("overdue_longest", "最长逾期", "天", "期末逾期最久的一条，过时限的天数", better="low")
    if running:
        count = replace(
            count,
            value=len(late),
            num=len(late),
            den=len(running),
            why="",
            hits=frozenset(late),
            base=frozenset(running),
        )
    if not late:
        return count, replace(days, why="期末没有逾期的预警")
    worst = frozenset(name for name, span in late.items() if span == longest)
    value = round(longest / timedelta(days=1), 1)
    return count, replace(days, value=value, num=value, hits=worst, base=worst)


def precision(led: Sequence[Story], period: Period) -> tuple[Kpi, Kpi, Kpi]:
    """6 有效预警率 of models and of statutory rules, 7 误报率, of what was judged in the period."""
    judged = [
        one
        for one in led
        if period.holds(one.judged_at) and one.outcome in (Outcome.CONFIRMED, Outcome.FALSE_ALARM)
    ]
    made = []
    for kind, name, target in (("model", "模型", 0.6), ("statutory", "法定", 0.9)):
        base = {one.alert_id for one in judged if one.kind == kind}
        true = {one.alert_id for one in judged if one.outcome == Outcome.CONFIRMED}
        told = (
            f"precision_{kind}",
            f"有效预警率（{name}规则）",
            f"属实 /（属实 + 不属实），期内作出结论的{name}规则预警",
        )
        made.append(share(told, true, base, why=f"本期没有{name}规则的预警作出结论", target=target))
    false = {one.alert_id for one in judged if one.outcome == Outcome.FALSE_ALARM}
    told = ("false_alarms", "误报率", "不属实 /（属实 + 不属实），期内作出结论的预警")
    every = {one.alert_id for one in judged}
    return made[0], made[1], share(told, false, every, why="本期没有预警作出结论", better="low")


def repeats(led: Sequence[Story], period: Period) -> Kpi:
    """7 重复预警率: alerts of the period that say again what was said shortly before, or were merged."""
    opened = [one for one in led if period.holds(one.opened_at)]
    seen: dict[tuple[str, str], list[datetime]] = {}
    for one in led:
        seen.setdefault((one.rule_id, one.subject), []).append(one.opened_at)
    again = {
        one.alert_id
        for one in opened
        if one.merged_into
        or any(
            timedelta(0) < one.opened_at - other <= timedelta(days=REPEAT_DAYS)
            for other in seen[one.rule_id, one.subject]
        )
    }
    told = (
        "repeats",
        "重复预警率",
        f"并案的，或此前 {REPEAT_DAYS} 天内同一规则同一主体已有预警的 / 期内生成的预警",
    )
    return share(told, again, {one.alert_id for one in opened}, why="本期没有生成预警", better="low")


def transfers(letters: Sequence[Letter], period: Period) -> tuple[Kpi, Kpi, Kpi]:
    """8 移送数, 移送受理率 and 成案率."""
    issued = sum(period.holds(one.issued_at) for one in letters)
    due = [one for one in letters if period.holds(one.receipt_due)]
    answered = [one for one in letters if period.holds(one.receipt_at)]
    received = sum(one.receipt_at is not None for one in due)
    told = [one for one in answered if one.filed is not None]
    return (
        Kpi("transfers", "移送数", "件", "期内发出的移送函", issued, issued),
        ratio(("receipts", "移送受理率", "期末已收到回执 / 回执期限在期内的移送函"), received, len(due),
              why="本期没有到回执期限的移送函"),
        ratio(("filed", "成案率", "受案机关立案 / 期内收到回执、且受案机关已录入结果的移送函"),
              sum(bool(one.filed) for one in told), len(told), why="本期没有受案机关录入结果的移送函"),
    )  # fmt: skip


def answers(told: Sequence[Story], department: str, period: Period, known_at: datetime) -> Kpi:
    """9 部门反馈率: what the department was asked to assist with in the period, and answered."""
    asked, done = set(), set()
    for story in told:
        for one in story.parts:
            if one.department == department != story.lead and period.holds(one.sent_at):
                asked.add(story.alert_id)
                if one.answered_at is not None and one.answered_at <= known_at:
                    done.add(story.alert_id)
    named = ("answers", "部门反馈率", "期末已反馈 / 期内派来协办的预警")
    return share(named, done, asked, why="本期没有派来协办的预警")


def relapse(led: Sequence[Story], period: Period) -> Kpi:
    """12 整改复发率: the same shop and rule again within 90 days of being closed as true."""
    since = period.end - timedelta(days=RELAPSE_DAYS)
    opened: dict[tuple[str, str], list[Story]] = {}
    for one in led:
        opened.setdefault((one.rule_id, one.subject), []).append(one)
    base, again = set(), set()
    for one in led:
        for ending in one.confirmed_endings():
            if not since <= ending < period.end:
                continue
            base.add(one.alert_id)
            same = opened[one.rule_id, one.subject]
            if one.recurred_after(ending) or any(other.opened_at > ending for other in same):
                again.add(one.alert_id)
    told = (
        "relapse",
        "整改复发率",
        f"销号后同一规则同一主体再次发生 / 期末前 {RELAPSE_DAYS} 天内属实销号的预警",
    )
    return share(told, again, base, why=f"期末前 {RELAPSE_DAYS} 天没有属实销号的预警", better="low")


def _falls(one: Story, step: str, period: Period) -> bool:
    """Whether a deadline falls into the period; while an alert is paused none runs."""
    return period.holds(one.due[step]) and one.state != State.SUSPENDED
