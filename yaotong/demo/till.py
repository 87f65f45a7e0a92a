"""The till: turns counts into sales lines with everything a till writes down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from yaotong.demo.catalogue import REGISTERED, Catalogue
from yaotong.demo.hours import Clock
from yaotong.demo.identifiers import trace_codes
from yaotong.demo.people import crowd
from yaotong.demo.plan import Bools, Ints, Plan
from yaotong.demo.shops import Shops
from yaotong.demo.stage import Line

Texts = NDArray[np.object_]

# Packs on a line, by how people buy the drug: one, few (never over two), some, many.
_PACKS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "one": ((1.0,), (1.0,)),
    "few": ((1.0, 2.0), (0.82, 0.18)),
    "some": ((1.0, 2.0, 3.0), (0.86, 0.12, 0.02)),
    "many": ((1.0, 2.0, 3.0), (0.66, 0.30, 0.04)),
}
_RETURNS = 0.003
_NO_CODE = 0.02  # before full collection; supervision.md §3.5
LOT_DAYS = 75
_DOCTORS = 140


@dataclass
class Lines:
    """Sales lines as columns of equal length; `mark` is a story's row number or -1."""

    shop: Ints
    drug: Ints
    second: Ints  # since the first day's midnight
    quantity: NDArray[np.float64]
    trace_code: Texts
    batch_no: Texts
    buyer_id_no: Texts
    prescribed: Bools
    settlement_id: Texts
    mark: Ints

    def take(self, chosen: NDArray[np.int64] | Bools) -> Lines:
        """The chosen lines, in the order given."""
        return Lines(**{name: column[chosen] for name, column in vars(self).items()})

    def joined(self, other: Lines) -> Lines:
        """These lines and then the others."""
        return Lines(
            **{name: np.concatenate([column, vars(other)[name]]) for name, column in vars(self).items()}
        )


def ring_up(plan: Plan, catalogue: Catalogue, shops: Shops, clock: Clock, counts: Ints) -> Lines:
    """The crowd's lines, in order of time, with a few of them returned."""
    shop, drug, day = (np.repeat(index, counts[np.nonzero(counts)]) for index in np.nonzero(counts))
    second = day * 86_400 + clock.draw_seconds(plan.stream("till/moments"), shop, day)
    order = np.lexsort((drug, shop, second))
    shop, drug, second = shop[order], drug[order], second[order]
    day = second // 86_400
    prescribed = (catalogue.current["prescription"].to_numpy() == "rx")[drug]
    lines = Lines(
        shop=shop,
        drug=drug,
        second=second,
        quantity=_packs(plan, catalogue, drug),
        trace_code=_traces(plan, catalogue, drug),
        batch_no=lot_numbers(plan, catalogue)[drug, day // LOT_DAYS, shop % 2],
        buyer_id_no=_buyers(plan, catalogue, drug, day),
        prescribed=prescribed,
        settlement_id=_settlements(plan, shops, shop, prescribed),
        mark=np.full(len(shop), -1, dtype=np.int64),
    )
    return lines.joined(_returns(plan, clock, lines))


def _packs(plan: Plan, catalogue: Catalogue, drug: Ints) -> NDArray[np.float64]:
    luck = plan.stream("till/packs").random(len(drug))
    habit = catalogue.current["packs"].to_numpy()[drug]
    packs = np.ones(len(drug))
    for name, (sizes, shares) in _PACKS.items():
        mine = habit == name
        place = np.searchsorted(np.cumsum(shares)[:-1], luck[mine], side="right")
        packs[mine] = np.array(sizes)[place]
    return packs


def _traces(plan: Plan, catalogue: Catalogue, drug: Ints) -> Texts:
    """One unique code a line (the first pack's where it holds several); raw herbs carry none."""
    codes = trace_codes(
        catalogue.product_codes[drug], plan.region.first_serial + np.arange(len(drug))
    ).astype(object)
    missing = plan.stream("till/uncoded").random(len(drug)) < _NO_CODE
    codes[(missing & ~catalogue.bears(*REGISTERED)[drug]) | catalogue.bears("TOXIC")[drug]] = ""
    return codes


def lot_numbers(plan: Plan, catalogue: Catalogue) -> Texts:
    """Lots in the shops, shape [drugs, periods, 2]: no two drugs share one."""
    periods = plan.days // LOT_DAYS + 1
    lots = np.empty((len(catalogue.drug_codes), periods, 2), dtype=object)
    for period in range(periods):
        made = plan.first + timedelta(days=period * LOT_DAYS - 130)
        for drug in range(len(lots)):
            lots[drug, period] = [f"{chr(65 + drug % 26)}{made:%y%m}{drug:02d}{line}" for line in (1, 2)]
    return lots


def _buyers(plan: Plan, catalogue: Catalogue, drug: Ints, day: Ints) -> Texts:
    """ID numbers on lines of registered categories; each category has a crowd of its own."""
    buyers = np.full(len(drug), "", dtype=object)
    for category in REGISTERED:
        mine = catalogue.bears(category)[drug]
        buyers[mine] = crowd(plan, category, day[mine])
    return buyers


def _settlements(plan: Plan, shops: Shops, shop: Ints, prescribed: Bools) -> Texts:
    """Settlement numbers on lines paid by insurance, in designated shops only."""
    designated = (shops.feed["insurance_designated"].to_numpy() == "true")[shop]
    luck = plan.stream("till/insurance").random(len(shop))
    paid = designated & (luck < np.where(prescribed, 0.62, 0.18))
    numbers = np.full(len(shop), "", dtype=object)
    numbers[paid] = [f"JS{serial:010d}" for serial in range(int(paid.sum()))]
    return numbers


def _returns(plan: Plan, clock: Clock, lines: Lines) -> Lines:
    """Three lines in a thousand come back the same day while the shop is still open."""
    rng = plan.stream("till/returns")
    chosen = np.flatnonzero(rng.random(len(lines.shop)) < _RETURNS)
    later = lines.second[chosen] + rng.integers(300, 10_800, size=len(chosen))
    day, minute = lines.second[chosen] // 86_400, (later % 86_400) // 60
    same_day = later // 86_400 == day
    kept = same_day & clock.is_open(lines.shop[chosen], day, minute)
    back = lines.take(chosen[kept])
    back.second, back.quantity = later[kept], -back.quantity
    return back


def story_lines(plan: Plan, catalogue: Catalogue, told: list[Line]) -> Lines:
    """The stories' own lines; lots left open get the shop's ordinary one."""
    midnight = plan.moment(0, 0)
    second = np.array([(line.at - midnight).total_seconds() for line in told], dtype=np.int64)
    shop = np.array([line.shop for line in told], dtype=np.int64)
    drug = np.array([line.drug for line in told], dtype=np.int64)
    usual = lot_numbers(plan, catalogue)[drug, second // 86_400 // LOT_DAYS, shop % 2]
    batch = np.array([line.batch_no for line in told], dtype=object)
    rx = (catalogue.current["prescription"].to_numpy() == "rx")[drug]
    return Lines(
        shop=shop,
        drug=drug,
        second=second,
        quantity=np.array([line.quantity for line in told], dtype=np.float64),
        trace_code=np.array([line.trace_code for line in told], dtype=object),
        batch_no=np.where(batch == "", usual, batch),
        buyer_id_no=np.array([line.buyer_id_no for line in told], dtype=object),
        prescribed=np.array([line.prescription for line in told], dtype=np.bool_) | rx,
        settlement_id=np.array([line.settlement_id for line in told], dtype=object),
        mark=np.arange(len(told), dtype=np.int64),
    )


def in_order(lines: Lines) -> Lines:
    """Lines by moment, then shop, drug and story; a return never comes before its sale."""
    return lines.take(np.lexsort((lines.mark, -lines.quantity, lines.drug, lines.shop, lines.second)))


def sale_ids(plan: Plan, lines: Lines) -> Texts:
    """Day and running number within the shop's day, such as 202507010007; lines must be in order."""
    day = lines.second // 86_400
    key = lines.shop * plan.days + day
    order = np.argsort(key, kind="stable")
    grouped = key[order]
    starts = np.flatnonzero(np.r_[True, grouped[1:] != grouped[:-1]])
    sizes = np.diff(np.r_[starts, len(grouped)])
    number = np.empty(len(key), dtype=np.int64)
    number[order] = np.arange(len(key)) - np.repeat(starts, sizes)
    running = np.array([f"{one + 1:04d}" for one in range(int(sizes.max()))], dtype=object)
    dates = np.array([f"{one:%Y%m%d}" for one in plan.dates], dtype=object)
    answer: Texts = dates[day] + running[number]
    return answer


def doctors(plan: Plan) -> Texts:
    """Prescribers of the city (invented)."""
    return np.array([f"YS{plan.region.code}{number:04d}" for number in range(1, _DOCTORS + 1)], dtype=object)
