"""Who plays in which story: every story gets shops of its own, so that no story disturbs another."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from yaotong.demo.plan import Plan
from yaotong.demo.shops import Shops

_BUSY_LINES = 7.0  # lines a day from which a silence of one day is surprising


@dataclass
class Cast:
    """Hands out ordinary shops, each once; `extras` only lend their counter to a story's buyers."""

    plan: Plan
    shops: Shops
    taken: set[int] = field(default_factory=set)
    lent: set[int] = field(default_factory=set)  # handed out by `extras`
    silent_towns: set[int] = field(default_factory=set)  # nobody plays where a whole town falls silent
    sick_towns: set[int] = field(default_factory=set)  # only single lines are told where a town is sick

    def __post_init__(self) -> None:
        self._order = [int(one) for one in self.plan.stream("cast").permutation(self.plan.pharmacies)]

    def take(
        self, count: int, *, town: int | None = None, busy: bool = False, sick: bool = False, beside: int = 0
    ) -> list[int]:
        """Reserve `count` ordinary shops; an empty list when the city has too few left.

        `beside` asks for so many other trading shops in the same town, who then show that it is not the town.
        """
        trading = np.bincount(self.shops.town[self.shops.trading], minlength=len(self.plan.region.towns))
        fit = [shop for shop in self._free() if self._fits(shop, town, busy, sick)]
        found = [shop for shop in fit if trading[self.shops.town[shop]] > beside][:count]
        if len(found) < count:
            return []
        self.taken.update(found)
        return found

    def extras(self, count: int, offset: int = 0) -> list[int]:
        """Ordinary shops no story has reserved, in different towns first; they may serve many stories."""
        free = [shop for shop in self._free() if self._fits(shop, None, False, True)]
        spread = sorted(range(len(free)), key=lambda place: self._rank_in_town(free, place))
        ordered = [free[place] for place in spread]
        if len(ordered) < count:
            return []
        start = offset % len(ordered)
        chosen = (ordered[start:] + ordered[:start])[:count]
        self.lent.update(chosen)
        return chosen

    def largest(self, count: int) -> list[int]:
        """The largest ordinary shops no story has reserved: chance moves them least."""
        free = [shop for shop in self._free() if self._fits(shop, None, True, False)]
        chosen = sorted(free, key=lambda shop: -self.shops.lines_per_day[shop])[:count]
        self.lent.update(chosen)
        return chosen if len(chosen) == count else []

    def _free(self) -> list[int]:
        return [shop for shop in self._order if self.shops.ordinary[shop] and shop not in self.taken]

    def _fits(self, shop: int, town: int | None, busy: bool, sick: bool) -> bool:
        at = int(self.shops.town[shop])
        if busy and self.shops.lines_per_day[shop] < _BUSY_LINES:
            return False
        if at in self.silent_towns or (at in self.sick_towns and not sick):
            return False
        return town is None or at == town

    def _rank_in_town(self, free: list[int], place: int) -> int:
        mine = self.shops.town[free[place]]
        return int(np.sum(self.shops.town[free[:place]] == mine))
