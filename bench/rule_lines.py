"""Lines that some shops sell on some days: who buys what, when and how, before any feed tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from bench import rule_oddities as odd
from yaotong.demo.catalogue import REGISTERED
from yaotong.demo.hours import Clock

PEOPLE_A_SHOP, _REGISTERED_BUYERS, _DOCTORS_A_SHOP = odd.PEOPLE_A_SHOP, 1_500, 3
# Shares: lines that are returns, buyers registered, paid by insurance, papers held, buyers of another shop.
_RETURN, _NAMED, _PAID, _HELD, _ELSEWHERE = 0.003, 0.9998, 0.29, 0.25, 0.005
_ONLINE, _DELIVERED = 0.04, 0.05
_BARRED = (*REGISTERED, "BLOOD", "COLD")  # what the demo city never sells but over the counter


@dataclass(frozen=True, slots=True)
class City:
    """What lines are drawn from."""

    shops: Sequence[str]
    towns: Any  # [shops]
    sells: Any  # [shops, drugs]: share of each drug among a shop's lines, cumulated
    rate: Any  # [shops, days]: lines that are to be expected
    first: date  # of the days
    clock: Clock
    catalogue: Any
    designated: Any  # [shops]: whether the fund pays there
    trading: Any  # [shops]: neither closed nor suspended
    all_night: Any  # [shops]


@dataclass(slots=True)
class Lines:
    """Sales lines of some shops, by shop and time; every array is as long as there are lines."""

    city: City
    rng: Any
    first: date
    days: int
    shops: Any  # places of the shops that these are of
    counted: bool  # whether the shelves are counted on the first day
    shop: Any
    day: Any  # of the city's
    at: Any  # datetime64[s]
    drug: Any
    number: Any  # running, over all loads
    pack: Any = None  # what the trace code numbers; -1: none was read
    quantity: Any = None
    price_fen: Any = None
    lot: Any = None  # month as yymm; -1: not told
    person: Any = None
    known: Any = None  # whether the buyer is registered
    paid: Any = None
    paper: Any = None  # number of the prescription; -1: none
    doctor: Any = None
    channel: Any = None  # 0 store, 1 online, 2 delivery
    seal: Any = None  # number; -1: none
    lag: Any = None  # seconds until a line is recorded

    @classmethod
    def drawn(
        cls, city: City, rng: Any, shops: Any, first: date, days: int, start: int, *, counted: bool
    ) -> Lines:
        """Lines of days that lie in one month."""
        since = (first - city.first).days
        counts = rng.poisson(city.rate[shops, since : since + days]).ravel()
        place = np.repeat(np.arange(len(shops) * days), counts)
        shop, day = shops[place // days], since + place % days
        moment = np.sort(place * 86_400 + city.clock.draw_seconds(rng, shop, day))
        at = np.datetime64(city.first, "s") + (day * 86_400 + moment % 86_400).astype("timedelta64[s]")
        drug = _drugs(city, rng, shops, shop)
        lines = cls(city, rng, first, days, shops, counted, shop, day, at, drug, np.arange(0))
        lines._keep(~odd.silent(lines), start)
        odd.other_drugs(lines)
        lines._ring_up()
        lines._to_people()
        odd.tills(lines)
        return lines

    @property
    def month(self) -> int:
        """As yymm."""
        return self.first.year % 100 * 100 + self.first.month

    @property
    def named(self) -> Any:
        """Lines whose buyer the shop has to register."""
        return self.city.catalogue.bears(*REGISTERED)[self.drug]

    @property
    def held(self) -> Any:
        """Places of the lines whose prescription the prescription feed holds."""
        one_in = round(1 / _HELD)
        held = (self.paper == self.number) & (self.quantity > 0)
        return np.flatnonzero(held & (self.number % one_in == 0))

    def _keep(self, some: Any, start: int) -> None:
        for name in ("shop", "day", "at", "drug"):
            setattr(self, name, getattr(self, name)[some])
        self.number = start + np.arange(len(self.shop))

    def _ring_up(self) -> None:
        """Packs, prices, lots and channels; a return gives back the line before it."""
        rows, rng, catalogue = len(self.shop), self.rng, self.city.catalogue
        self.pack, self.lot = self.number.copy(), np.full(rows, self.month)
        self.quantity = np.where(self.named, 1.0, rng.choice([1.0, 2.0, 3.0], rows, p=[0.8, 0.19, 0.01]))
        back = rng.random(rows) < _RETURN
        back[:1] = False
        back &= (self.day == np.roll(self.day, 1)) & (self.shop == np.roll(self.shop, 1)) & ~np.roll(back, 1)
        then = np.flatnonzero(back) - 1
        for column in (self.drug, self.pack, self.lot):
            column[back] = column[then]
        self.quantity[back] = -self.quantity[then]
        self.price_fen = catalogue.prices_fen[self.drug]
        luck = np.where(catalogue.bears(*_BARRED)[self.drug], 1.0, rng.random(rows))
        self.channel = np.where(luck < _ONLINE, 1, np.where(luck < _ONLINE + _DELIVERED, 2, 0))
        self.seal = np.where(self.channel == 2, self.number, -1)
        self.lag = np.full(rows, 30)

    def _to_people(self) -> None:
        """Buyers, who come from another shop's streets now and then; papers and doctors; who pays."""
        rows, rng, named = len(self.shop), self.rng, self.named
        own = rng.integers(0, np.where(named, _REGISTERED_BUYERS, PEOPLE_A_SHOP))
        elsewhere = rng.random(rows) < _ELSEWHERE
        home = np.where(elsewhere, rng.integers(0, len(self.city.shops), rows), self.shop)
        self.person = home * PEOPLE_A_SHOP + own
        self.known = named & (rng.random(rows) < _NAMED)
        self.paid = self.city.designated[self.shop] & (rng.random(rows) < _PAID)
        back = np.flatnonzero(self.quantity < 0)
        for column in (self.person, self.known, self.paid):
            column[back] = column[back - 1]
        prescribed = self.city.catalogue.bears("RX")[self.drug]
        self.paper = np.where(prescribed, self.number, -1)
        self.doctor = self.number * 7_919 % (_DOCTORS_A_SHOP * len(self.city.shops))


def _drugs(city: City, rng: Any, shops: Any, shop: Any) -> Any:
    drug = np.empty(len(shop), dtype=np.int64)
    for one in shops:
        mine = slice(*np.searchsorted(shop, [one, one + 1]))
        drug[mine] = np.searchsorted(city.sells[one], rng.random(mine.stop - mine.start))
    return np.minimum(drug, city.sells.shape[1] - 1)
