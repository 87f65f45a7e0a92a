"""Buyers who stay under every limit in each of two regions: only a matching of both sees them."""

from __future__ import annotations

from datetime import date
from zlib import crc32

import numpy as np

from yaotong.demo.identifiers import id_numbers
from yaotong.demo.stage import Stage

_DRUG = "YP0102B"
_YEARS = (date(2006, 1, 1), date(2006, 6, 30))
_SHOPS = 4
# Days before the end on which so many packs are bought, in each region; together in both, and the verdict.
_PLANS: tuple[tuple[str, str, tuple[int, ...], bool], ...] = (
    ("crossing_two_by_two", "guilty", (21, 12), True),
    ("crossing_in_a_week", "guilty", (9, 4), True),
    ("crossing_slowly", "guilty", (26, 6), True),
    ("crossing_seldom", "innocent", (17,), True),
    ("crossing_never", "innocent", (19, 8), False),
)


def tell(stage: Stage) -> None:
    """Three who reach eight packs in both regions together, one who has four, one who stays at home."""
    shops = stage.bystanders(_SHOPS)
    if not shops or stage.plan.days < 30:
        stage.crossing.append({"story": "crossing", "omitted": f"fewer than {_SHOPS} free shops"})
        return
    seeds = [stage.plan.seed, crc32(b"people/crossing")]
    people = id_numbers(np.random.Generator(np.random.PCG64(seeds)), 2 * len(_PLANS), *_YEARS)
    for turn, (story, verdict, days, both) in enumerate(_PLANS):
        # Who stays at home is another person in every region.
        seat = turn if both else len(_PLANS) + stage.plan.region.home
        buyer = str(people[seat])
        for visit, day in enumerate(days):
            shop = shops[(turn + visit) % len(shops)]
            stage.sell(shop, stage.at(shop, day, 140 + 37 * turn), _DRUG, 2, buyer=buyer)
        stage.crossing.append(
            {"story": story, "verdict": verdict, "buyer": buyer, "packs_here": 2 * len(days), "both": both}
        )
