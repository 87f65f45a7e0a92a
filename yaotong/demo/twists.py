"""Who keeps books of shelves, when shelves are counted, and what a story may do to one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.demo.catalogue import Catalogue
from yaotong.demo.demand import Demand
from yaotong.demo.plan import Ints, Plan
from yaotong.demo.shops import Shops

Shelf = tuple[int, int]  # shop and drug
_COUNTING = 0.7  # of the shops send what they count
_BUYING = 0.55  # of those also send what they buy
_MOST_LINES = 40.0  # of one drug in 30 days; a shop that sells more sends no purchases here


@dataclass
class Twist:
    """What a story does to a shelf: packs gone before a month's last day, and moves that are written down.

    `gone` is by place of the month's end (-1: the last); negative where more is there than by the book.
    """

    gone: dict[int, float] = field(default_factory=dict)
    moves: list[tuple[int, str, float, str]] = field(default_factory=list)  # day, kind, packs, counterpart
    sent_back: list[tuple[int, float]] = field(default_factory=list)


def month_ends(plan: Plan) -> list[int]:
    """Day indexes of each month's last day and of the city's."""
    last = plan.days - 1
    return [
        index
        for index, day in enumerate(plan.dates)
        if index == last or plan.dates[index + 1].month != day.month
    ]


def counting(plan: Plan, shops: Shops) -> Ints:
    """Shops that send counts."""
    chosen = plan.stream("visits/stock").random(len(shops.town)) < _COUNTING
    return np.flatnonzero(shops.trading & chosen)


def buying(plan: Plan, shops: Shops, catalogue: Catalogue, demand: Demand) -> Ints:
    """Shops that send their purchases too: no shop whose story empties a shelf many times a month."""
    mine = counting(plan, shops)
    some = mine[plan.stream("shelves/buying").random(len(shops.town))[mine] < _BUYING]
    rates = demand.rate[some][:, catalogue.bears(*SPECIAL_CATEGORIES)]
    sums = np.cumsum(rates, axis=2)
    span = min(30, plan.days - 1)
    busiest = (sums[:, :, span:] - sums[:, :, :-span]).max(axis=(1, 2))
    kept: Ints = some[busiest <= _MOST_LINES]
    return kept
