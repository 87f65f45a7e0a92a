"""Sections of a report that speak of alerts, departments, rules and cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

from yaotong.alerts.states import Act, Outcome
from yaotong.codes import Level
from yaotong.reads.alerts import AlertRow
from yaotong.reads.kpis import Compared, letters_of
from yaotong.reads.report_data import coming
from yaotong.reads.report_material import Material, short_name
from yaotong.reports.model import Cell, Chart, Section, Table
from yaotong.reports.stories import Story
from yaotong.reports.worth import Worth, under_floor, worths
from yaotong.rules.book import book
from yaotong.store import reporting
from yaotong.terms import term

TOP, LISTED, TYPICAL = 5, 30, 5
_COUNTS_ONLY = "本部门只见合计，不列逐条。"
_OUTCOMES = tuple(str(one) for one in Outcome)


def kpi_section(one: Material, codes: Sequence[str] = ()) -> Section:
    """The figures, all or some, each with its numerator and denominator and the same of the period before."""
    chosen = [some for some in one.kpis if not codes or some.now.code in codes]
    yearly = one.period.kind == "monthly"
    start: tuple[str, ...] = ("指标", "本期", "分子", "分母", "上期", "上期分子", "上期分母")
    head = (*start, *(("去年同月",) if yearly else ()), "目标", "备注")
    rows = tuple(_kpi_row(some, yearly) for some in chosen)
    widths = (17, 9, 8, 8, 9, 8, 8, 9, 8, 16) if yearly else (20, 10, 9, 9, 10, 9, 9, 8, 16)
    notes = ("分母为零的写“无数据”，不写零；分母不足十的标“样本少”。",)
    return Section("指标", (Table("指标", head, rows, widths=widths),), (), notes)


def _kpi_row(some: Compared, yearly: bool) -> tuple[Cell, ...]:
    now, before = some.now, some.before
    told = [now.why] if now.value is None else []
    told += ["样本少"] if now.few else []
    told += ["未达目标"] if now.meets is False else []
    old = (said(some.year_before),) if yearly and some.year_before else ("无数据",) if yearly else ()
    target = "" if now.target is None else f"≥{now.target * 100:.0f}%"
    return (
        now.name, said(now), now.num, now.den, said(before), before.num, before.den, *old, target,
        "；".join(told),
    )  # fmt: skip


def said(kpi: object) -> str:
    """A figure with its unit; 无数据 for what cannot be told."""
    value, unit = getattr(kpi, "value", None), getattr(kpi, "unit", "")
    if value is None:
        return "无数据"
    return f"{value * 100:.1f}%" if unit == "%" else f"{value:g} {unit}"


def alert_section(one: Material) -> Section:
    """Alerts by level and by the department that leads them."""
    every = ("合计", *_counts(one, lambda _: True))
    rows: list[tuple[Cell, ...]] = [
        (term(f"level.{level}"), *_counts(one, _with("level", str(level)))) for level in Level
    ]
    leads = sorted({story.lead for story in (*one.told, *one.ended)})
    led: list[tuple[Cell, ...]] = [(short_name(lead), *_counts(one, _with("lead", lead))) for lead in leads]
    head = ("期内生成", "行为日在期内", "期内销号", "现未结", "现逾期")
    by_level = Table("按级别", ("级别", *head), (*rows, every), totals=True)
    by_lead = Table("按主办部门", ("主办", *head), (*led, every), totals=True)
    chart = Chart(
        "未结预警（按级别）",
        tuple(str(row[0]) for row in rows),
        (("未结", tuple(float(row[4] or 0) for row in rows)),),
        "条",
    )
    notes = ("期内生成按系统生成的时刻，行为日按违规行为发生的日子；“现”是出报告的时刻；主办与协办的都计。",)
    return Section("预警", (by_level, by_lead), (chart,), notes)


def _with(name: str, value: str) -> Callable[[Story], bool]:
    return lambda story: getattr(story, name) == value


def _counts(one: Material, wanted: Callable[[Story], bool]) -> tuple[int, int, int, int, int]:
    """Opened in the period, behaviour in the period, closed in it; open and overdue when it is made."""
    period, told = one.period, [story for story in one.told if wanted(story)]
    ended = [story for story in one.ended if wanted(story)]
    return (
        sum(period.holds(story.opened_at) for story in ended),
        sum(period.first <= story.last_day <= period.last for story in told),
        sum(period.holds(story.closed_at) for story in ended),
        sum(story.open for story in told),
        sum(story.running is not None and story.running < one.now for story in told),
    )


def list_section(one: Material, title: str, rows: Sequence[AlertRow], empty: str) -> Section:
    """Alerts one by one, as the reader's inbox shows them."""
    if one.counts_only:
        return Section(title, notes=(_COUNTS_ONLY,))
    head = ("编号", "级别", "规则", "主体", "镇街", "状态", "时限")
    lines = tuple(
        (
            row.alert_id, term(f"level.{row.level}"), f"{row.rule_id} {row.rule_zh}", row.subject,
            row.area_name, term(f"state.{row.state}"), "" if row.due is None else f"{row.due:%m-%d %H:%M}",
        )
        for row in rows
    )  # fmt: skip
    return Section(title, (Table(title, head, lines, empty=empty, widths=(14, 8, 24, 22, 12, 10, 10)),))


def top_section(one: Material) -> Section:
    """The gravest and most urgent that are open."""
    return list_section(one, "最紧要的五条", _open(one)[:TOP], "没有未结的预警。")


def red_section(one: Material) -> Section:
    """All red alerts that are open."""
    red = [row for row in _open(one) if row.level == Level.RED]
    return list_section(one, "红色预警清单", red[:LISTED], "没有未结的红色预警。")


def focus_section(one: Material) -> Section:
    """What falls due in the week after the period, among what the department leads."""
    until = datetime.combine(coming(one) + timedelta(days=1), time.min)
    due = [row for row in _open(one) if row.part == "lead" and row.due is not None and row.due < until]
    due.sort(key=lambda row: (row.due or until, row.alert_id))
    return list_section(one, "下周到期", due[:LISTED], "下周没有到时限的预警。")


def _open(one: Material) -> list[AlertRow]:
    return [row for row in one.rows.values() if row.state != "closed"]


def worth_of_led(one: Material) -> tuple[Worth, ...]:
    """What the rules of the department proved to be worth by the period's end, in the reader's area."""
    known = [story for story in one.led if story.outcome and not story.merged_into]
    return worths((story.rule_id, story.rule_version, str(story.outcome), 1) for story in known)


def low_section(one: Material) -> Section:
    """Rules under the set precision, with their worth."""
    floors = one.workspace.settings.precision_floor
    rows = tuple(_worth_row(some, floors[str(book()[some.rule_id].kind)]) for some in low_rules(one))
    head = ("规则", "版本", "类别", "属实", "不属实", "无法核实", "属实率", "95% 区间", "下限", "备注")
    table = Table(
        "准确率低于下限的规则", head, rows, shares=(6, 8), empty="没有准确率低于下限的规则。",
        widths=(24, 6, 10, 7, 8, 9, 9, 13, 7, 8),
    )  # fmt: skip
    notes = ("属实率 = 属实 /（属实 + 不属实），计到期末；无法核实的不计；区间为 Wilson 区间。",)
    return Section("准确率低的规则", (table,), (), notes)


def low_rules(one: Material) -> tuple[Worth, ...]:
    """The rules of the department that are under the floor of their kind."""
    kinds = {rule_id: str(rule.kind) for rule_id, rule in book().items()}
    return under_floor(worth_of_led(one), kinds, one.workspace.settings.precision_floor)


def _worth_row(some: Worth, floor: float) -> tuple[Cell, ...]:
    rule, (low, high) = book()[some.rule_id], some.interval or (0.0, 1.0)
    return (
        f"{some.rule_id} {rule.name_zh}", some.version, term(f"kind.{rule.kind}"), some.confirmed,
        some.false_alarms, some.unverifiable, some.precision, f"{low * 100:.0f}%–{high * 100:.0f}%", floor,
        "样本少" if some.few else "",
    )  # fmt: skip


def department_section(one: Material) -> Section:
    """What each department found and answered, of the alerts that the reader's department was told of."""
    names = sorted({part.department for story in one.ended for part in story.parts})
    rows: tuple[tuple[Cell, ...], ...] = tuple((short_name(name), *_league(one, name)) for name in names)
    head = ("部门", "主办", "期内销号", "属实", "不属实", "无法核实", "派来协办", "已反馈")
    notes = ("结论按期内作出的计：主办的核查结论，与协办反馈时填写的结论；一条预警上各部门各计各的。",)
    return Section("各部门", (Table("各部门", head, rows),), (), notes)


def _league(one: Material, name: str) -> tuple[int, ...]:
    period = one.period
    led = [story for story in one.ended if story.lead == name]
    found = outcomes_of(one.ended, name, one)
    parts = [
        part
        for story in one.ended
        for part in story.parts
        if part.department == name != story.lead and period.holds(part.sent_at)
    ]
    closed = sum(period.holds(story.closed_at) for story in led)
    answered = sum(part.answered_at is not None for part in parts)
    return (len(led), closed, *(found[outcome] for outcome in _OUTCOMES), len(parts), answered)


def outcomes_of(told: Sequence[Story], department: str, one: Material) -> Counter[str]:
    """What a department found in the period, as lead or by its answers: one outcome to an alert."""
    found: Counter[str] = Counter()
    for story in told:
        if story.lead == department:
            if one.period.holds(story.judged_at) and story.outcome:
                found[story.outcome] += 1
            continue
        said_so = [
            step.reason
            for step in story.steps
            if step.act == Act.ANSWER and step.department == department and one.period.holds(step.at)
        ]
        if said_so and said_so[-1] in _OUTCOMES:
            found[said_so[-1]] += 1
    return found


def transfer_section(one: Material) -> Section:
    """Transfers to the police and what came of them, in numbers."""
    period, moment = one.period, one.period.known_at(one.now)
    letters = letters_of(one.workspace, one.viewer, moment)
    issued = sum(period.holds(some.issued_at) for some in letters)
    received = sum(period.holds(some.receipt_at) for some in letters)
    waiting = sum(some.receipt_at is None for some in letters)
    late = sum(some.receipt_at is None and some.receipt_due < moment for some in letters)
    rows = (
        ("期内发出移送函", issued),
        ("期内收到回执", received),
        ("期末未收到回执", waiting),
        ("其中已过期限", late),
    )
    return Section("移送与回执", (Table("移送与回执", ("事项", "件"), rows, widths=(60, 40)),))


def repeated_section(one: Material) -> Section:
    """Shops named by two or more alerts whose behaviour lies in the period."""
    if one.counts_only or not one.names_shops:
        return Section("多次预警的药店", notes=(_COUNTS_ONLY,))
    inside = [story for story in one.told if one.period.first <= story.last_day <= one.period.last]
    named: dict[str, list[Story]] = {}
    for story in inside:
        row = one.rows.get(story.alert_id)
        for shop in row.pharmacy_ids if row else ():
            named.setdefault(shop, []).append(story)
    often = sorted(
        ((shop, some) for shop, some in named.items() if len(some) > 1), key=lambda x: (-len(x[1]), x[0])
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (one.names.shops.get(shop, shop), len(some), "、".join(sorted({story.rule_id for story in some})))
        for shop, some in often[:LISTED]
    )
    table = Table("多次预警的药店", ("药店", "预警", "规则"), rows, widths=(40, 12, 48))
    return Section("多次预警的药店", (table,))


def typical_section(one: Material) -> Section:
    """Cases that were closed as true, without shop, person or town."""
    true = [
        one.rows[story.alert_id]
        for story in one.led
        if one.period.holds(story.closed_at)
        and story.outcome == Outcome.CONFIRMED
        and story.alert_id in one.rows
    ]
    if one.counts_only:
        return Section("典型案例", notes=(_COUNTS_ONLY,))
    true.sort(key=lambda row: (Level(row.level).rank, row.alert_id))
    rows = tuple(
        (term(f"level.{row.level}"), f"{row.rule_id} {row.rule_zh}", row.sentence_zh)
        for row in true[:TYPICAL]
    )
    table = Table(
        "典型案例", ("级别", "规则", "情况"), rows, empty="本期没有属实销号的案例。", widths=(10, 30, 60)
    )
    return Section("典型案例", (table,), (), ("已隐去药店、人员与镇街。",))


def change_section(one: Material) -> Section:
    """Rules that went live or were taken down in the period."""
    with one.workspace.store.read() as connection:
        found = reporting.rule_changes(connection, one.period.start, one.period.end)
    names = {rule_id: rule.name_zh for rule_id, rule in book().items()}
    rows = tuple(
        (
            f"{row.at:%Y-%m-%d}",
            f"{row.rule_id} {names.get(row.rule_id, '')}".strip(),
            row.number,
            term(f"step.{row.step}"),
        )
        for row in found
    )
    table = Table("规则变动", ("日期", "规则", "版本", "变动"), rows, widths=(18, 46, 12, 24))
    return Section("规则变动", (table,))


def meeting_section(one: Material) -> Section:
    """What needs the joint meeting: cases under way, and answers that other departments owe."""
    moment = one.period.known_at(one.now)
    with one.workspace.store.read() as connection:
        cases = [
            row
            for row in reporting.live_cases(connection, one.viewer.department, moment)
            if one.viewer.covers(row.area_code)
        ]
    owed: Counter[str] = Counter(
        part.department
        for story in one.led
        if story.open
        for part in story.parts
        if part.department != story.lead and part.answered_at is None
    )
    by_state = Counter(term(f"case.{row.state}") for row in cases)
    rows = [(f"联合办案：{name}", count) for name, count in sorted(by_state.items())]
    rows += [(f"待反馈：{short_name(name)}", count) for name, count in sorted(owed.items())]
    table = Table("提请联席会议", ("事项", "件"), tuple(rows), empty="没有需要提请的事项。", widths=(60, 40))
    return Section("提请联席会议", (table,))
