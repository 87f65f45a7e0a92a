"""The formula told a second time, shop by shop and row by row, and generated inputs to compare on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from yaotong.risk import FORMULAS, Formula, Inputs, no_measures
from yaotong.risk.inputs import ALERT_COLUMNS

V1 = FORMULAS[1]
LEVELS = ("red", "orange", "yellow", "blue")
KINDS = (None, "chain_store", "single")


def shop(license_no: str = "S", **measures: Any) -> dict[str, Any]:
    """A shop that sold yesterday and of which nothing is amiss, but for what is given."""
    plain: dict[str, Any] = no_measures([license_no]).iloc[0].to_dict()
    return {**plain, "silent_days": 0.0, "lines": 1000.0, "days_due": 30.0, "dated_lines": 300.0, **measures}


def alert(alert_id: str = "a", license_no: str = "S", **told: Any) -> dict[str, Any]:
    """A red alert opened today about one shop, but for what is given."""
    return {
        "alert_id": alert_id,
        "license_no": license_no,
        "level": "red",
        "status": "open",
        "age_days": 0,
        "named": 1,
        **told,
    }


def inputs(shops: Sequence[dict[str, Any]], alerts: Sequence[dict[str, Any]] = ()) -> Inputs:
    """Rows as what the formula is fed."""
    return Inputs(pd.DataFrame(shops), pd.DataFrame(list(alerts), columns=list(ALERT_COLUMNS)))


def cents(points: float) -> int:
    return math.floor(points * 100 + 0.5)


def six(share: float) -> float:
    """Six places, halves up."""
    return math.floor(share * 1_000_000 + 0.5) / 1_000_000


def _prior(
    shops: list[dict[str, Any]], part: str, whole: str, kind: Any, formula: Formula
) -> tuple[float, float]:
    told = [one for one in shops if one[whole] > 0]
    peers = [one for one in told if kind is not None and one["kind"] == kind]
    used = peers if len(peers) >= formula.least_peers else told
    cases = sum(one[whole] for one in used)
    mean = six(sum(one[part] for one in used) / cases)
    chance = mean * (1 - mean)
    weights = sum((1 - one[whole] / cases) * (one[whole] - 1) for one in used)
    if chance <= 0 or weights <= 0:
        return mean, formula.strength_high
    spread = sum(one[whole] * (one[part] / one[whole] - mean) ** 2 for one in used) / chance
    alike = (spread - (len(used) - 1)) / weights
    if alike <= 0:
        return mean, formula.strength_high
    return mean, round(min(max(1 / alike - 1, formula.strength_low), formula.strength_high), 1)


def _share(
    one: dict[str, Any], shops: list[dict[str, Any]], part: str, whole: str, formula: Formula
) -> float:
    mean, strength = _prior(shops, part, whole, one["kind"], formula)
    return six((one[part] + mean * strength) / (one[whole] + strength))


def plain_score(given: Inputs, formula: Formula) -> dict[str, dict[str, Any]]:
    """By shop: each component in hundredths (None: unknown), least, grade and insufficient."""
    shops = given.shops.astype(object).where(given.shops.notna(), None).to_dict("records")
    alerts = given.alerts.to_dict("records")
    return {one["license_no"]: _one(one, shops, alerts, formula) for one in shops}


def _one(
    one: dict[str, Any], shops: list[dict[str, Any]], alerts: list[dict[str, Any]], formula: Formula
) -> dict[str, Any]:
    mine = [each for each in alerts if each["license_no"] == one["license_no"]]
    found: dict[str, Any] = {"base": cents(formula.base), "alerts": 0}
    breaches = 0
    for each in mine:
        if each["status"] in ("open", "confirmed"):
            weight = formula.level_points[each["level"]] / each["named"]
            found["alerts"] += cents(weight * math.exp(-each["age_days"] / formula.decay_days))
        if each["status"] == "confirmed" and each["age_days"] <= formula.breach_days:
            breaches += cents(formula.breach_points[each["level"]] / each["named"])
    for name, points in formula.inspection_points.items():
        breaches += cents(points * one[name])
    found["breaches"] = min(breaches, cents(formula.breach_cap))
    found["special"] = _special(one, shops, formula)
    found["quality"] = _quality(one, shops, formula)
    found["absence"] = _absence(one, shops, formula)
    clean = found["breaches"] == 0
    found["credit"] = cents(min(formula.credit_points * one["passed"], formula.credit_cap)) if clean else 0
    known = sum(value or 0 for name, value in found.items() if name != "credit") - found["credit"]
    return {**found, **_judged(one, shops, found, min(max(known, 0), 10_000), formula)}


def _special(one: dict[str, Any], shops: list[dict[str, Any]], formula: Formula) -> int | None:
    if not one["lines"]:
        return None
    share = _share(one, shops, "special_lines", "lines", formula)
    return cents(formula.special_cap * min(share / formula.special_full, 1))


def _quality(one: dict[str, Any], shops: list[dict[str, Any]], formula: Formula) -> int | None:
    if one["silent_days"] is None:
        return None
    points = cents(formula.fault_points * one["faults"])
    if one["days_due"]:
        points += cents(formula.missing_days_points * one["days_missing"] / one["days_due"])
    dated, late = (sum(each[name] for each in shops) for name in ("dated_lines", "late_lines"))
    if one["dated_lines"] and late / dated <= formula.backfilled_share:
        points += cents(formula.late_points * _share(one, shops, "late_lines", "dated_lines", formula))
    if one["registrable"]:
        points += cents(
            formula.unregistered_points * _share(one, shops, "unregistered", "registrable", formula)
        )
    return min(points, cents(formula.quality_cap))


def _absence(one: dict[str, Any], shops: list[dict[str, Any]], formula: Formula) -> int | None:
    if not one["sends_duty"] or not one["open_hours"]:
        return None
    sent = [each for each in shops if each["sends_duty"] and each["open_hours"]]
    share = _share(one, sent, "absent_hours", "open_hours", formula)
    return cents(formula.absence_cap * min(share / formula.absence_full, 1))


def _judged(
    one: dict[str, Any], shops: list[dict[str, Any]], found: dict[str, Any], least: int, formula: Formula
) -> dict[str, Any]:
    silent = one["silent_days"]
    why = "never_sent" if silent is None else "silent" if silent >= formula.silent_days else ""
    nobody = not any(each["sends_duty"] for each in shops)
    lacks = found["special"] is None or found["quality"] is None or (found["absence"] is None and not nobody)
    grade = "D" if least >= 7500 else "C" if least >= 5500 else "B" if least >= 3000 or lacks else "A"
    return {"least": least, "grade": "" if why else grade, "insufficient": why}


@st.composite
def some_inputs(draw: st.DrawFn, most_shops: int = 14) -> Inputs:
    """Shops of a few kinds with measures large and small, and alerts about them."""
    count = draw(st.integers(1, most_shops))
    shops = [draw(_shops(f"S{number:02d}")) for number in range(count)]
    named = st.sampled_from([one["license_no"] for one in shops])
    drawn = st.builds(
        _alert,
        named,
        st.sampled_from(LEVELS),
        st.sampled_from(("open", "confirmed", "refuted", "dismissed")),
        st.integers(0, 500),
        st.integers(1, 4),
    )
    rows = draw(st.lists(drawn, max_size=8))
    return inputs(shops, [{**row, "alert_id": f"a{number}"} for number, row in enumerate(rows)])


def _alert(license_no: str, level: str, status: str, age: int, named: int) -> dict[str, Any]:
    return alert("", license_no, level=level, status=status, age_days=age, named=named)


@st.composite
def _shops(draw: st.DrawFn, license_no: str) -> dict[str, Any]:
    def part(whole: int) -> int:
        return draw(st.integers(0, whole))

    lines, due, registrable, hours = part(400), part(30), part(40), part(300)
    dated = part(lines)
    return shop(
        license_no,
        kind=draw(st.sampled_from(KINDS)),
        silent_days=draw(st.sampled_from((float("nan"), 0.0, 1.0, 6.0, 7.0, 40.0))),
        lines=lines,
        special_lines=part(lines),
        days_due=due,
        days_missing=part(due),
        dated_lines=dated,
        late_lines=part(dated),
        registrable=registrable,
        unregistered=part(registrable),
        faults=part(3),
        sends_duty=draw(st.booleans()),
        open_hours=hours,
        absent_hours=part(hours),
        **{name: part(2) for name in ("passed", "filed", "ordered", "corrected")},
    )
