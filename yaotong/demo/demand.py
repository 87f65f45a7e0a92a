"""How many lines each shop sells of each drug on each day, before any story bends it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yaotong.demo.catalogue import Catalogue
from yaotong.demo.hours import PATTERNS, Clock
from yaotong.demo.plan import Bools, Floats, Ints, Plan
from yaotong.demo.shops import Shops

# Monday to Sunday; a make-up workday (调休) counts as the Monday it stands for.
_WEEK = np.array([1.0, 0.97, 0.96, 0.96, 0.99, 1.09, 1.12])
_HOLIDAY, _FESTIVAL, _STOCKING, _REBOUND = 0.88, 0.55, 1.28, 1.22
# Peak day of the year, extra share at the peak, width in days.
_SEASONS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "fever": ((355, 0.75, 38),),
    "cough": ((358, 0.80, 42),),
    "antiviral": ((2, 0.85, 36),),
    "antibacterial": ((357, 0.45, 42),),
    "cold": ((355, 0.7, 40),),
    "eph": ((353, 0.6, 40),),
    "eph_rx": ((353, 0.5, 40),),
    "diarrhoea": ((212, 0.7, 34),),
    "allergy": ((110, 0.5, 25), (265, 0.4, 22)),
}
_SHOP_DAY_SHAPE = 60.0  # gamma noise of a shop's day: counts are negative binomial
_CITY_DAY_SIGMA = 0.025  # weather and the like, the same for all shops
_TASTE_SIGMA = 0.18
_NEVER_IDLE = 2.0  # expected lines a day; the tiny village shops stay below it in any season
_REGISTERED_GROUPS = ("eph", "eph_rx", "opi", "psy2", "toxic")


@dataclass
class Demand:
    """Expected lines `rate` of shape [shops, drugs, days]; stories change it in place."""

    rate: Floats

    def lift(self, shops: Ints | list[int], drugs: Bools, first: int, factors: Floats) -> None:
        """Multiply the rates of those shops and drugs on the days from `first` on, one factor a day."""
        last = first + len(factors)
        for shop in shops:
            self.rate[int(shop), drugs, first:last] *= factors

    def add(self, shops: Ints | list[int], drugs: Bools, first: int, lines: Floats) -> None:
        """Add so many lines a day, shared evenly over those shops and drugs, from `first` on."""
        each = lines / (len(shops) * int(drugs.sum()))
        for shop in shops:
            self.rate[int(shop), drugs, first : first + len(lines)] += each

    def hush(self, shops: Ints | list[int], first: int, last: int) -> None:
        """Nothing is sold by those shops on days first..last."""
        self.rate[np.asarray(shops, dtype=np.int64), :, max(first, 0) : last + 1] = 0.0


def day_factors(plan: Plan) -> Floats:
    """Weekday, make-up workday, holiday and Spring Festival as one factor a day, shape [days]."""
    makeup = plan.workdays & (plan.weekdays >= 5)
    factors = np.where(makeup, _WEEK[0], _WEEK[plan.weekdays])
    factors = np.where(plan.is_holiday, _HOLIDAY, factors)
    for first, last in plan.spring_festivals:
        factors[first : last + 1] = _FESTIVAL
        factors[max(first - 4, 0) : first] *= _STOCKING
        factors[last + 1 : last + 6] *= _REBOUND
    return factors


def season_factors(plan: Plan, group: str) -> Floats:
    """Season of a demand group as one factor a day, shape [days]; 1 where it has none."""
    year_day = np.array([day.timetuple().tm_yday for day in plan.dates], dtype=np.float64)
    factors: Floats = np.ones(plan.days)
    for peak, extra, width in _SEASONS.get(group, ()):
        away = np.abs(year_day - peak)
        factors += extra * np.exp(-0.5 * (np.minimum(away, 365.25 - away) / width) ** 2)
    return factors


def plain_demand(plan: Plan, shops: Shops, catalogue: Catalogue, clock: Clock) -> Demand:
    """Demand without stories: size x taste x season x day x open."""
    seasons = np.stack([season_factors(plan, str(group)) for group in catalogue.groups])
    open_days = clock.open_days & shops.trading[:, None]
    days = day_factors(plan)[None, :] * np.exp(
        plan.stream("demand/city").normal(0.0, _CITY_DAY_SIGMA, plan.days)
    )
    rate = (
        (shops.lines_per_day[:, None] * _tastes(plan, shops, catalogue))[:, :, None]
        * seasons[None, :, :]
        * (days * open_days)[:, None, :]
    )
    return Demand(rate)


def _tastes(plan: Plan, shops: Shops, catalogue: Catalogue) -> Floats:
    """Share of each drug in each shop's lines, shape [shops, drugs].

    Registered drugs do not grow with the shop beyond twice the common size: a large shop sells more
    plasters, not more codeine.
    """
    noise = np.exp(plan.stream("demand/taste").normal(0.0, _TASTE_SIGMA, shops.sells.shape))
    weights = catalogue.weights[None, :] * noise * shops.sells
    shares = weights / weights.sum(axis=1, keepdims=True)
    capped = np.minimum(1.0, 14.0 / shops.lines_per_day)[:, None]
    special = catalogue.of_groups(*_REGISTERED_GROUPS)[None, :]
    tastes: Floats = np.where(special, shares * capped, shares)
    return tastes


def draw_counts(plan: Plan, demand: Demand) -> Ints:
    """Lines of every shop, drug and day: Poisson about a gamma-noisy rate, shape [shops, drugs, days]."""
    rng = plan.stream("demand/counts")
    shops, _, days = demand.rate.shape
    noise = rng.gamma(_SHOP_DAY_SHAPE, 1.0 / _SHOP_DAY_SHAPE, size=(shops, days))
    counts: Ints = rng.poisson(demand.rate * noise[:, None, :])
    return _at_least_one(demand, counts)


def _at_least_one(demand: Demand, counts: Ints) -> Ints:
    """A shop that expects a few lines a day and is open sells one at least: only stories fall silent."""
    expected = demand.rate.sum(axis=1)
    shop, day = np.nonzero((counts.sum(axis=1) == 0) & (expected > _NEVER_IDLE))
    counts[shop, demand.rate[shop, :, day].argmax(axis=1), day] = 1
    return counts


def closed_for_festival(plan: Plan, shops: Shops, spared: set[int]) -> list[tuple[int, int, int]]:
    """(shop, first, last day index) of family closures, all inside the statutory Spring Festival days."""
    rng = plan.stream("demand/festival")
    closures = []
    for first, last in plan.spring_festivals:
        stays = rng.random(plan.pharmacies) < 0.45
        starts = first + rng.integers(0, 3, size=plan.pharmacies)
        lengths = rng.integers(3, 7, size=plan.pharmacies)
        for shop in range(plan.pharmacies):
            open_all_night = PATTERNS[int(shops.pattern[shop])].text == "24/7"
            if shop in spared or stays[shop] or open_all_night or not shops.trading[shop]:
                continue
            closures.append((shop, int(starts[shop]), min(int(starts[shop] + lengths[shop]) - 1, last)))
    return closures
