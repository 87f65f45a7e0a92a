"""What offices and shops write down beside the till: inspections, and counts of special drugs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.demo.catalogue import Catalogue
from yaotong.demo.plan import Ints, Plan
from yaotong.demo.shops import Shops

Row = dict[str, str]
_OUTCOMES, _SHARES = ("passed", "corrected", "ordered", "not_met"), (0.80, 0.13, 0.05, 0.02)
_YEARLY = 0.9  # of the shops are visited by their town's office in a year
_FOLLOW_UP_DAYS, _SENT_AFTER_DAYS = 15, 31
_MORNING, _EVENING = 9 * 60, 22 * 60
_COUNTING = 0.7  # of the shops send what they count
_FEWEST, _MORE = 4, 12  # packs on a shelf: so many at least, so many more on average


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


def stock_counts(plan: Plan, shops: Shops, catalogue: Catalogue) -> list[Row]:
    """Counts of special drugs at the end of each month and of the last day, by the shops that send any."""
    rng = plan.stream("visits/stock")
    counting = np.flatnonzero(shops.trading & (rng.random(len(shops.town)) < _COUNTING))
    special = np.flatnonzero(catalogue.bears(*SPECIAL_CATEGORIES))
    level = _MORE * shops.lines_per_day / shops.lines_per_day.mean()
    return [
        {
            "pharmacy_id": shops.license_nos[shop],
            "drug_code": str(catalogue.drug_codes[drug]),
            "counted_at": f"{plan.moment(day, _EVENING):%Y-%m-%d %H:%M:%S}",
            "quantity": str(_FEWEST + int(rng.poisson(level[shop]))),
            "batch_no": "",
        }
        for day in _month_ends(plan)
        for shop, drug in _shelves(shops, counting, special)
    ]


def _month_ends(plan: Plan) -> Iterator[int]:
    for index, day in enumerate(plan.dates):
        if index == plan.days - 1 or plan.dates[index + 1].month != day.month:
            yield index


def _shelves(shops: Shops, counting: Ints, special: Ints) -> Iterator[tuple[int, int]]:
    for shop in counting.tolist():
        for drug in special.tolist():
            if shops.sells[shop, drug]:
                yield shop, drug
