"""What offices write down: inspections."""

from __future__ import annotations

import numpy as np

from yaotong.demo.plan import Plan
from yaotong.demo.shops import Shops

Row = dict[str, str]
_OUTCOMES, _SHARES = ("passed", "corrected", "ordered", "not_met"), (0.80, 0.13, 0.05, 0.02)
_YEARLY = 0.9  # of the shops are visited by their town's office in a year
_FOLLOW_UP_DAYS, _SENT_AFTER_DAYS = 15, 31
_MORNING = 9 * 60


def inspections(plan: Plan, shops: Shops) -> list[Row]:
    """A year's routine visits by the towns' offices, the district's random ones, and what followed.

    Offices send what they did a month later.
    """
    rng = plan.stream("visits/inspections")
    routine = rng.random(len(shops.town)) < _YEARLY * min(plan.days, 365) / 365
    random = rng.random(len(shops.town)) < 0.05
    rows: list[Row] = []
    first, beyond = max(0, plan.days - 365), plan.days - _SENT_AFTER_DAYS
    if beyond <= first:
        return rows
    for shop in np.flatnonzero(shops.trading & (routine | random)).tolist():
        kind = "routine" if routine[shop] else "random"
        day = int(rng.integers(first, beyond))
        rows.append(_visit(plan, shops, rng, len(rows), shop, day, kind))
        again = day + _FOLLOW_UP_DAYS
        if rows[-1]["outcome"] in ("ordered", "not_met") and again < beyond:
            rows.append(_visit(plan, shops, rng, len(rows), shop, again, "follow_up", "passed"))
    return sorted(rows, key=lambda row: (row["inspected_at"], row["inspection_id"]))


def _visit(
    plan: Plan,
    shops: Shops,
    rng: np.random.Generator,
    number: int,
    shop: int,
    day: int,
    kind: str,
    outcome: str = "",
) -> Row:
    ended = outcome or str(rng.choice(_OUTCOMES, p=_SHARES))
    met = ended != "not_met"
    told = {"hours_confirmed": "true", "place_confirmed": "true", "phone_confirmed": "true"} if met else {}
    town = plan.region.place(int(shops.town[shop]))
    return {
        "inspection_id": f"JC{plan.day(day):%Y%m%d}{number:05d}",
        "pharmacy_id": shops.license_nos[shop],
        "inspected_at": f"{plan.moment(day, _MORNING + int(rng.integers(420))):%Y-%m-%d %H:%M:%S}",
        "kind": kind,
        "outcome": ended,
        "department_code": f"{plan.region.code}-msa" if kind == "random" else f"{town}-msa",
        **told,
        **({"pharmacist_present": "true", "stock_agrees": "true"} if met else {}),
        "note": "",
    }
