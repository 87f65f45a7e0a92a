"""The register of pharmacies: who they are, where they stand, when they open and what they may sell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from geo.crs import Crs, from_wgs84
from yaotong.demo import hours
from yaotong.demo.catalogue import COUNTER_ONLY, Catalogue
from yaotong.demo.identifiers import license_no, uscc
from yaotong.demo.places import Places, scatter, share_out
from yaotong.demo.plan import Bools, Floats, Ints, Plan
from yaotong.records import PHARMACIES

# Every name says that the shop is invented.
CHAINS: tuple[tuple[str, str], ...] = (
    ("演示康宁大药房连锁有限公司", "演示康宁大药房"),
    ("演示百禾大药房连锁有限公司", "演示百禾大药房"),
    ("演示海隅药业连锁有限公司", "演示海隅药房"),
    ("演示东湖春堂连锁有限公司", "演示东湖春堂"),
    ("演示稻香健康药房连锁有限公司", "演示稻香健康药房"),
)
_SINGLES = ("仁和里", "平安巷", "桂花弄", "新桥头", "南塘", "北港", "梧桐", "青禾", "枕水", "明湖", "望海")
_ROADS = ("示例路", "演示街", "样板大道", "虚构巷", "示意路", "模拟弄")
_PLAIN_SCOPE = ("RX", "OTC_A", "OTC_B", "EPH", "OPI_CMP", "FOUR", "ABX", "VBP", "WATCH")
_OTC_SCOPE = ("OTC_A", "OTC_B", "FOUR")
_NIGHT = "night"
MEAN_LINES, SPREAD, FEWEST, MOST = 7.6, 0.5, 6.0, 34.0  # lines a day
TINY_LINES = 0.9


@dataclass(frozen=True)
class Shops:
    """All shops; row i of `feed` and place i of every array are the same shop."""

    feed: pd.DataFrame  # the `pharmacies` feed, contract columns
    town: Ints  # place among the region's towns where the shop truly stands
    pattern: Ints  # opening pattern
    lines_per_day: Floats
    sells: Bools  # [shops, drugs]
    trading: Bools  # neither closed nor suspended
    ordinary: Bools  # open every day, full plain scope: fit to carry a story
    mismatched: Ints  # shops whose claimed town is not the one they stand in

    @property
    def license_nos(self) -> list[str]:
        """Licence number of every shop."""
        return [str(one) for one in self.feed["license_no"]]

    def named(self, chosen: Ints | list[int]) -> list[str]:
        """Licence numbers of the chosen shops, in the order given."""
        numbers = self.license_nos
        return [numbers[int(one)] for one in chosen]


def build_shops(plan: Plan, places: Places, catalogue: Catalogue) -> Shops:
    """Invent the register: counts by town, then every attribute from its own random stream."""
    towns = plan.region.towns
    town = np.repeat(np.arange(len(towns)), share_out(plan.pharmacies, towns))
    points = np.vstack([scatter(plan, places, one, int((town == one).sum())) for one in range(len(towns))])
    tiny = _tiny(plan)
    pattern = _patterns(plan, tiny)
    chain = _chains(plan)
    scopes = _scopes(plan, chain, pattern)
    status = _statuses(plan, tiny)
    claimed = town.copy()
    mismatched = _mismatched(plan)
    claimed[mismatched] = [_neighbour(int(town[one])) for one in mismatched]
    feed = _feed(plan, points, claimed, town, pattern, chain, scopes, status)
    trading = status == "active"
    plain = np.array([set(_PLAIN_SCOPE) <= set(scope) for scope in scopes])
    ordinary = trading & plain & _plain_hours(pattern) & ~tiny
    ordinary[mismatched] = False
    sells = np.array([_allowed(catalogue, scope) for scope in scopes])
    lines = _sizes(plan, tiny, scopes)
    return Shops(feed, town, pattern, lines, sells, trading, ordinary, mismatched)


def _plain_hours(pattern: Ints) -> Bools:
    return np.array([one.plain for one in hours.PATTERNS])[pattern]


def _tiny(plan: Plan) -> Bools:
    """Village shops with about a line a day: two, or one in a small city."""
    tiny = np.zeros(plan.pharmacies, dtype=np.bool_)
    tiny[plan.pharmacies - 2 if plan.pharmacies >= 100 else plan.pharmacies - 1 :] = True
    return tiny


def _patterns(plan: Plan, tiny: Bools) -> Ints:
    shares = np.array([one.share for one in hours.PATTERNS])
    pattern = plan.stream("shops/hours").choice(len(shares), size=plan.pharmacies, p=shares / shares.sum())
    pattern[tiny] = 0
    pattern[0], pattern[1], pattern[2] = hours.CLOSED_SUNDAYS, hours.ROUND_THE_CLOCK, 5
    return pattern.astype(np.int64)


def _chains(plan: Plan) -> Ints:
    """Chain of each shop, -1 for a single shop; six in ten belong to a chain."""
    rng = plan.stream("shops/chain")
    picks = rng.choice(len(CHAINS), size=plan.pharmacies, p=[0.3, 0.25, 0.2, 0.15, 0.1])
    return np.where(rng.random(plan.pharmacies) < 0.6, picks, -1).astype(np.int64)


def _scopes(plan: Plan, chain: Ints, pattern: Ints) -> list[tuple[str, ...]]:
    """Licence scopes: a few may also sell second-class psychotropics, dual-channel, toxic or cold drugs."""
    rng = plan.stream("shops/scope")
    luck = rng.random((plan.pharmacies, 5))
    rate = np.array([0.04, 0.30, 0.045, 0.01, 0.06])  # OTC only, cold, dual channel, toxic, PSY2 in chains
    hit = luck < rate
    hit[:3, 0] = False
    scopes: list[tuple[str, ...]] = []
    for shop in range(plan.pharmacies):
        otc, cold, dual, toxic, psy2 = hit[shop]
        if otc:
            scopes.append(_OTC_SCOPE)
            continue
        extra = [*(["COLD", "BLOOD"] if cold or dual else []), *(["DUAL"] if dual else [])]
        extra += [*(["TOXIC"] if toxic else []), *(["PSY2"] if psy2 and chain[shop] >= 0 else [])]
        scopes.append((*_PLAIN_SCOPE, *extra))
    return scopes


def _statuses(plan: Plan, tiny: Bools) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Mostly active; about one in sixty closed and one in a hundred suspended before the first day."""
    status = np.array(["active"] * plan.pharmacies, dtype=object)
    rng = plan.stream("shops/status")
    free = np.flatnonzero(~tiny)[3:]
    gone = rng.choice(free, size=max(1, plan.pharmacies // 60) + plan.pharmacies // 100, replace=False)
    status[gone] = "closed"
    status[gone[: plan.pharmacies // 100]] = "suspended"
    return status


def _sizes(plan: Plan, tiny: Bools, scopes: list[tuple[str, ...]]) -> Floats:
    """Mean lines a day: log-normal, so that some shops are many times as large as others."""
    rng = plan.stream("shops/size")
    size = np.exp(rng.normal(np.log(MEAN_LINES), SPREAD, size=plan.pharmacies)).clip(FEWEST, MOST)
    size *= np.array([0.85 if scope == _OTC_SCOPE else 1.0 for scope in scopes])
    return np.where(tiny, TINY_LINES, np.maximum(size, FEWEST))


def _mismatched(plan: Plan) -> Ints:
    """Three shops whose licence names another town (fewer in a small city)."""
    count = min(3, plan.pharmacies // 12)
    free = np.arange(3, plan.pharmacies - 2)
    return np.sort(plan.stream("shops/mismatch").choice(free, size=count, replace=False)).astype(np.int64)


def _neighbour(town: int) -> int:
    """The town a careless clerk would write instead."""
    return 1 if town == 0 else 0


def _allowed(catalogue: Catalogue, scope: tuple[str, ...]) -> list[bool]:
    """Which drugs a scope allows: prescription and counter categories must be named."""
    gates = {"RX", *COUNTER_ONLY, "COLD"}
    wanted = [set(one.split("|")) & gates for one in catalogue.current["category"]]
    sold = catalogue.groups != "never"
    return [bool(on) and need <= set(scope) for on, need in zip(sold, wanted, strict=True)]


def _feed(
    plan: Plan,
    points: Floats,
    claimed: Ints,
    town: Ints,
    pattern: Ints,
    chain: Ints,
    scopes: list[tuple[str, ...]],
    status: np.ndarray[tuple[int], np.dtype[np.object_]],
) -> pd.DataFrame:
    count = plan.pharmacies
    lon, lat, crs = _declared(plan, points)
    region = plan.region
    rng = plan.stream("shops/registry")
    insured = _plain_hours(pattern) | (rng.random(count) < 0.5)  # so that every story's shop may settle
    dual = np.array(["DUAL" in scope for scope in scopes])
    since, until = _validity(plan, status)
    frame = pd.DataFrame(
        {
            "license_no": [license_no(chain[i] >= 0, 10001 + i * 7, region.licences) for i in range(count)],
            "uscc": [uscc(30001 + i, region.code) for i in range(count)],
            "name": _names(plan, town, chain),
            "address": [
                f"{region.name}{region.towns[claimed[i]].area_name}{_ROADS[int(road)]}{int(door)}号（虚构）"
                for i, (road, door) in enumerate(rng.integers((0, 1), (6, 400), size=(count, 2)))
            ],
            "lon": [f"{value:.6f}" for value in lon],
            "lat": [f"{value:.6f}" for value in lat],
            "crs": crs,
            "town_code": [region.place(one) for one in claimed],
            "phone": [f"{region.phones}-8500{i:04d}" for i in range(count)],
            "opening_hours": [hours.PATTERNS[one].text for one in pattern],
            "insurance_designated": np.where(insured | dual, "true", "false"),
            "dual_channel": np.where(dual, "true", "false"),
            "scope": ["|".join(scope) for scope in scopes],
            "chain": [CHAINS[one][0] if one >= 0 else "" for one in chain],
            "kind": np.where(chain >= 0, "chain_store", "single"),
            "services": _services(rng, pattern, scopes),
            "status": status,
            "valid_from": since,
            "valid_to": until,
        }
    )
    return frame[list(PHARMACIES.names)]


def _validity(
    plan: Plan, status: np.ndarray[tuple[int], np.dtype[np.object_]]
) -> tuple[list[str], list[str]]:
    """Licences run five years and cover every day of sale; a closed shop's ended before the first day."""
    ages = plan.stream("shops/licence").integers(30, 1200, size=plan.pharmacies)
    since = [plan.first - timedelta(days=int(age)) for age in ages]
    ends = [max(one + timedelta(days=1826), plan.until + timedelta(days=200)) for one in since]
    gone = plan.first - timedelta(days=20)
    until = [gone if one == "closed" else end for one, end in zip(status, ends, strict=True)]
    return [one.isoformat() for one in since], [one.isoformat() for one in until]


def _declared(plan: Plan, points: Floats) -> tuple[Floats, Floats, list[str]]:
    """Coordinates as registers hold them: most WGS-84, some copied from Amap or Baidu, each saying so."""
    luck = plan.stream("shops/crs").random(plan.pharmacies)
    crs = [Crs.GCJ02 if one < 0.15 else Crs.BD09 if one < 0.25 else Crs.WGS84 for one in luck]
    pairs = [from_wgs84(float(x), float(y), system) for (x, y), system in zip(points, crs, strict=True)]
    lon, lat = np.array(pairs, dtype=np.float64).T
    return lon, lat, [str(one) for one in crs]


def _names(plan: Plan, town: Ints, chain: Ints) -> list[str]:
    names = []
    for shop in range(plan.pharmacies):
        place = plan.region.towns[town[shop]].area_name.removesuffix("街道").removesuffix("镇")
        brand = CHAINS[chain[shop]][1] if chain[shop] >= 0 else f"演示{_SINGLES[shop % len(_SINGLES)]}药店"
        names.append(f"{brand}{place}{shop + 1:03d}号店")
    return names


def _services(rng: np.random.Generator, pattern: Ints, scopes: list[tuple[str, ...]]) -> list[str]:
    offered = ("delivery", "expired_drug_return", "emergency_drugs", "pharmacist_consultation")
    rates = np.array([0.45, 0.35, 0.2, 0.5])
    luck = rng.random((len(pattern), len(offered))) < rates
    rows = []
    for shop, scope in enumerate(scopes):
        own = [name for name, on in zip(offered, luck[shop], strict=True) if on]
        own += [_NIGHT] if pattern[shop] == hours.ROUND_THE_CLOCK else []
        own += ["cold_chain"] if "COLD" in scope else []
        rows.append("|".join(own))
    return rows
