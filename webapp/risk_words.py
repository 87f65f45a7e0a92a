"""The rows of a score in words: what each is, and its arithmetic written out with the numbers it used."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.context import current_lang
from webapp.words import num, say, term_of
from yaotong.reads.risk_explain import EvidenceRow, Explained, Part

_MEASURES = {
    "special": "近 {days} 天特药 {part}/{whole} 行",
    "late": "近 {days} 天迟到 {part}/{whole} 行",
    "unregistered": "近 {days} 天特药未登记购药人 {part}/{whole} 行",
    "absence": "近 {days} 天无药师在岗 {part}/{whole} 小时",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it is shown: its level, the alert it leads to, what it is and how it is reckoned."""

    what: str
    sum: str
    points: float | None
    level: str = ""
    alert_id: str = ""


def lines_of(part: Part, explained: Explained) -> tuple[Line, ...]:
    """The rows of a component in words."""
    return tuple(_line(row, explained) for row in part.rows)


def own_lines(part: Part, explained: Explained) -> tuple[Line, ...]:
    """The rows of a component as its shop may be shown them: of alerts only those a check confirmed, and
    nothing of other shops or of what others look into."""
    rows = [one for one in part.rows if one.kind not in ("alert", "others")]
    confirmed = [one for one in part.rows if one.kind == "alert" and one.told["status"] == "confirmed"]
    return (*(_confirmed(one) for one in confirmed), *(_line(one, explained) for one in rows))


def total(part: Part) -> str:
    """How the rows of a component come to its points, where they are not simply added."""
    if part.points is None or part.most is None:
        return ""
    summed = sum(row.points or 0 for row in part.rows)
    if summed > part.most:
        return say("合计 {sum}，最多 {most}").format(sum=plain(summed), most=plain(part.most))
    return ""


def plain(value: float) -> str:
    """A number without trailing noughts: what a calculator needs."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def months(count: int | None) -> str:
    """How often a shop of a class is inspected."""
    if count is None:
        return "—"
    years, rest = divmod(count, 12)
    if rest:
        return say("每 {n} 个月一次").format(n=count)
    return say("每年一次") if years == 1 else say("每 {n} 年一次").format(n=years)


def months_of(explained: Explained, grade: str) -> int | None:
    """Months between inspections of a class."""
    return {str(one): count for one, count in explained.formula.checks_months.items()}.get(grade)


def _line(row: EvidenceRow, explained: Explained) -> Line:
    told, end = dict(row.told), f" = {_points(row)}"
    if row.kind == "alert":
        return _alert(row, explained)
    if row.kind == "others":
        what = say("其他部门的预警 {n} 条").format(n=told["alerts"])
        return Line(what, say("只示级别与合计"), row.points, told["level"])
    if row.kind == "share":
        return _share(row, explained)
    if row.kind == "days":
        what = say("近 {days} 天应报 {due} 天，缺 {missing} 天")
        numbers = {name: plain(told[name]) for name in ("due", "missing")}
        sum_ = f"{plain(told['weight'])} × {numbers['missing']} ÷ {numbers['due']}{end}"
        return Line(
            what.format(days=explained.formula.quality_days, **numbers),
            sum_ if told["due"] else "",
            row.points,
        )
    if row.kind == "base":
        return Line(say("每家药店都有"), "", row.points)
    if row.kind == "backfilled":
        return Line(say("多数明细是补录的，看不出迟到与否"), say("不计"), None)
    return Line(_counted(row), f"{plain(told['weight'])} × {told['count']}{end}", row.points)


def _counted(row: EvidenceRow) -> str:
    told = row.told
    if row.kind == "inspection":
        name = term_of("inspection." + told["outcome"])
        return say("一年内检查结论“{name}” {n} 次").format(name=name, n=told["count"])
    if row.kind == "passed":
        return say("一年内检查合格 {n} 次").format(n=told["count"])
    kinds = "、".join(term_of("quality." + one) for one in told["kinds"])
    return say("名录自相矛盾 {n} 处").format(n=told["count"]) + (f": {kinds}" if kinds else "")


def _alert(row: EvidenceRow, explained: Explained) -> Line:
    told, formula = row.told, explained.formula
    fading = f" × e^(−{told['age_days']}/{plain(formula.decay_days)})" if told["decays"] else ""
    shared = f" ÷ {told['named']}" if told["named"] > 1 else ""
    state = say("属实") if told["status"] == "confirmed" else say("未办结")
    names = say("，点名 {n} 家店").format(n=told["named"]) if told["named"] > 1 else ""
    what = say("{rule}（{state}，最后行为日 {day}{names}）").format(
        rule=told[f"rule_{current_lang()}"], state=state, day=told["last_day"], names=names
    )
    sum_ = f"{plain(told['weight'])}{fading}{shared} = {_points(row)}"
    return Line(what, sum_, row.points, told["level"], told["alert_id"])


def _confirmed(row: EvidenceRow) -> Line:
    told = row.told
    what = say("{rule}（{state}，最后行为日 {day}{names}）").format(
        rule=told[f"rule_{current_lang()}"], state=say("属实"), day=told["last_day"], names=""
    )
    return Line(what, "", row.points, told["level"])


def _share(row: EvidenceRow, explained: Explained) -> Line:
    told, formula = row.told, explained.formula
    days = {
        "special": formula.special_days,
        "unregistered": formula.special_days,
        "absence": formula.absence_days,
    }
    what = say(_MEASURES[told["measure"]]).format(
        days=days.get(told["measure"], formula.quality_days), part=num(told["part"]), whole=num(told["whole"])
    )
    peers = say("同类 {n} 家平均 {mean}，按 {strength} 计入").format(
        n=told["peers"], mean=plain(told["mean"]), strength=plain(told["strength"])
    )
    pulled = f"({plain(told['part'])} + {plain(told['mean'])} × {plain(told['strength'])})"
    over = f"({plain(told['whole'])} + {plain(told['strength'])})"
    share = f"{pulled} ÷ {over} = {plain(told['share'])}"
    if told["share"] >= told["full"]:
        ending = f"{plain(told['share'])} ≥ {plain(told['full'])} → {_points(row)}"
    else:
        ending = f"{plain(told['cap'])} × {plain(told['share'])} ÷ {plain(told['full'])} = {_points(row)}"
    return Line(f"{what}; {peers}", f"{share}; {ending}", row.points)


def _points(row: EvidenceRow) -> str:
    return "—" if row.points is None else f"{row.points:.2f}"
