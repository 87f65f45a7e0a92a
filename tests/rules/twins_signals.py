"""The plain twins of R-S01 and R-S02: counts, company, levels and q by loops, the filter a night at a time.

Only the filter of one day is the package's own (tests/detection holds it to account): here it is taken through
the nights one after another, and nothing after the last night is shown to it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.rules.cities import Example, drug, shop
from tests.rules.twins import City, Found, Row, Twin, ids
from yaotong.detection import calibration, daily
from yaotong.detection.judging import DAY_BONUS
from yaotong.detection.state import ALONE, GROUPED, WINDOWS, started
from yaotong.detection.tails import nb_upper
from yaotong.facts import Window

DAY = timedelta(days=1)
SPANS = (*WINDOWS, WINDOWS[-1])
LIMIT = calibration.score_at(0.01, calibration.DAILY) - DAY_BONUS
FULL = calibration.score_at(0.01, calibration.DAILY)
SYMPTOMS = {
    "fever": ("布洛芬", "对乙酰氨基酚"),
    "cough": ("急支", "氨溴索", "小青龙", "止咳", "右美沙芬"),
    "antiviral": ("连花清瘟", "奥司他韦", "玛巴洛沙韦"),
    "antibacterial": ("阿莫西林", "阿奇霉素", "左氧氟沙星", "头孢"),
}
GROUPS = ("EPH", "OPI_CMP", "PSY2", "WATCH", *SYMPTOMS)
Unknown = float("nan")


@dataclass
class Verdict:
    """What a night says of one series."""

    score: float
    span: int
    due: float
    wide: float
    usual: float
    p: float = Unknown
    q: float = Unknown
    beside: bool = False


@dataclass
class Series:
    """One series: its packs by night (NaN unknown), what it could sell, when and with what rate it wakes."""

    key: str
    packs: list[float]
    could: list[float]
    wakes: int
    rate: float
    ever: list[float]  # its packs before it woke too
    told: list[Verdict | None] = field(default_factory=list)

    def between(self, night: int, span: int) -> float:
        own = self.packs[max(night - span + 1, 0) : night + 1]
        return sum(one for one in own if one == one)


def groups_of(city: City, line: Row) -> set[str]:
    told = city.drug_of(line)
    if told is None:
        return set()
    found = {one for one in GROUPS[:4] if f"|{one}|" in told["categories"]}
    if "|FOUR|" in told["categories"]:
        named = [one for one, words in SYMPTOMS.items() if any(word in told["drug_name"] for word in words)]
        found |= set(named[:1])
    return found


class Nights:
    """The counts of a city up to a day."""

    def __init__(self, city: City, until: date) -> None:
        self.city = city
        sales = [one for one in city.sales if one["sold_at"].date() <= until]
        self.sent: dict[str, set[date]] = {}
        for line in sales:
            self.sent.setdefault(line["pharmacy_id"], set()).add(line["sold_at"].date())
        self.shops = sorted(self.sent)
        self.first = min((min(days) for days in self.sent.values()), default=until)
        self.days = [self.first + n * DAY for n in range((until - self.first).days + 1)]
        self.lines: dict[tuple[str, str], list[Row]] = {}
        self.sold: dict[tuple[str, str, date], float] = {}
        of = {line["drug_code"]: groups_of(city, line) for line in sales}  # no drug here changes its kind
        for line in sales:
            for group in of[line["drug_code"]]:
                name = group, line["pharmacy_id"], line["sold_at"].date()
                self.lines.setdefault(name[:2], []).append(line)
                self.sold[name] = self.sold.get(name, 0.0) + line["quantity"]
        # A group that nobody sells is not judged, so it is no test either.
        self.groups = [one for one in GROUPS if any(one == group for group, _ in self.lines)]
        self.judged = {one: [self.known(one, day) for day in self.days] for one in self.shops}

    def known(self, shop_id: str, day: date) -> bool:
        """Sent something, under no promotion, and not catching up."""
        sent = self.sent[shop_id]
        missed = [
            before
            for before in (day - DAY, day - 2 * DAY)
            if before not in sent and before - 7 * DAY in sent and before >= self.first
        ]
        return day in sent and not missed and not self.city.noticed(shop_id, day, ("promotion",))

    def of_shop(self, group: str, shop_id: str) -> Series:
        packs = [
            max(float(round(self.sold.get((group, shop_id, day), 0.0))), 0.0) if known else Unknown
            for day, known in zip(self.days, self.judged[shop_id], strict=True)
        ]
        begin = next((n for n, one in enumerate(packs) if one == one), len(packs))
        early = [one for one in packs[begin : begin + 28] if one == one]
        asleep = [Unknown if n < begin + 28 else one for n, one in enumerate(packs)]
        rate = float(np.float32((sum(early) + 0.5) / max(len(early), 1)))
        return Series(shop_id, asleep, [1.0] * len(packs), begin + 28, rate, packs)

    def of_area(self, key: str, members: list[Series]) -> Series:
        awake = [[one for one in members if one.wakes <= n] for n in range(len(self.days))]
        begin = next((n + 7 for n, some in enumerate(awake) if some), len(self.days))
        there = awake[min(begin, len(self.days) - 1)]
        base = max(sum(one.rate for one in there), 1e-6)
        packs, could = [], []
        for night, some in enumerate(awake):
            sure = [one for one in some if one.packs[night] == one.packs[night]]
            able = sum(one.rate for one in sure)
            rising = night >= begin and able > 0
            packs.append(sum(one.packs[night] for one in sure) if rising else Unknown)
            could.append(able / base if rising else 1.0)
        return Series(key, packs, could, begin, base, packs)


def judge(series: list[list[Series]], first: date, *, year_alone: bool) -> None:
    """Verdicts of one level: a list of groups, each of the same series."""
    nights = len(series[0][0].packs) if series and series[0] else 0
    if not nights:
        return
    company = [sum(one.wakes <= night for one in series[0]) >= 5 for night in range(nights)]
    beside = _run(series, first, grouped=True)
    alone = _run(series, first, grouped=False)
    for night in range(nights):
        told = []
        for g, some in enumerate(series):
            for s, one in enumerate(some):
                verdict = (beside if company[night] else alone)[night][g][s]
                new = year_alone and not company[night] and night < one.wakes + 365
                verdict = None if new or verdict is None or _unknown(one, night) else verdict
                one.told.append(verdict)
                if verdict is not None:
                    p = float(calibration.p_values(np.array([verdict.score]), calibration.DAILY)[0])
                    verdict.p, verdict.beside = float(f"{p:.4e}"), company[night]
                    told.append(verdict)
        told.sort(key=lambda one: one.p)
        least = 1.0
        for place in range(len(told), 0, -1):
            least = min(least, told[place - 1].p * len(told) / place)
            told[place - 1].q = least


def _unknown(one: Series, night: int) -> bool:
    past = [each for each in one.ever[: night + 1] if each == each]
    before = [each for each in one.ever[:night] if each == each]
    return len(set(past)) < 2 or sum(before) < 5


def _run(series: list[list[Series]], first: date, *, grouped: bool) -> list[list[list[Verdict | None]]]:
    """By night, group and series: the filter, one night after another."""
    width = len(series[0])
    flat = [one for some in series for one in some]
    rates = np.array([[one.rate] * 28 for one in flat], np.float32)
    state = started(rates)
    members = np.arange(0, len(flat) + 1, width if grouped else 1)
    groups = daily.fresh_groups(members)
    found = []
    for night in range(len(flat[0].packs)):
        counts = np.array([[one.packs[night]] for one in flat], np.float32)
        could = np.array([[one.could[night]] for one in flat], np.float32)
        tuning = GROUPED if grouped else ALONE
        told = daily.advance(
            state, groups, members, counts, first, night, tuning, could, daily.UNMARKED, windows=True
        )
        one_night = [_verdict(told, place) for place in range(len(flat))]
        found.append([one_night[place : place + width] for place in range(0, len(flat), width)])
    return found


def _verdict(told: daily.Judged, place: int) -> Verdict | None:
    score = float(told.score[place, 0])
    if score != score:
        return None
    numbers = [float(getattr(told, name)[place, 0]) for name in ("due", "wide", "expected")]
    return Verdict(score, SPANS[told.window[place, 0]], numbers[0], numbers[1], numbers[2])


def rise(one: Series, night: int, span: int) -> float:
    """How far a series lay above what each of the days was expected to sell."""
    total = 0.0
    for n in range(max(night - span + 1, 0), night + 1):
        verdict = one.told[n]
        if verdict is not None and one.packs[n] == one.packs[n]:
            total += one.packs[n] - verdict.usual
    return total


def by_one(members: list[Series], one: Series, night: int, verdict: Verdict) -> bool:
    """Whether the member that rose most makes up most of the rise, or without it there is none."""
    if not members:
        return False
    most = max(0.0, *(rise(each, night, verdict.span) for each in members))
    bound = float(nb_upper(np.array([verdict.due]), np.array([verdict.wide]), LIMIT)[0])
    sold = one.between(night, verdict.span)
    return most >= 0.6 * (sold - round(verdict.due, 3)) or sold - most <= bound


def explained(one: Series, verdict: Verdict, night: int, above: Series, sure: set[int]) -> bool:
    """Whether the area above rose, surely, in those days, and the series no more than it."""
    span = range(max(night - verdict.span + 1, 0), night + 1)
    if not sure & set(span):
        return False
    known = [n for n in span if above.told[n] is not None and above.packs[n] == above.packs[n]]
    sold = sum(above.packs[n] for n in known)
    usual = sum(v.usual for n in known if (v := above.told[n]) is not None)
    times = max(sold / max(usual, 1e-6), 1.0)
    due = np.array([verdict.due * times])
    bound = float(nb_upper(due, np.array([verdict.wide * times * times]), FULL)[0])
    return one.between(night, verdict.span) <= bound


@dataclass
class Judged:
    """A city's levels: by level, of each group its series; and what is told of them at its best level."""

    nights: Nights
    levels: dict[str, list[list[Series]]]
    best: set[tuple[str, int, str, int]] = field(default_factory=set)  # level, group, key, night

    def hits(self, level: str) -> Iterable[tuple[int, Series, int, Verdict]]:
        for g, some in enumerate(self.levels[level]):
            for one in some:
                for night, verdict in enumerate(one.told):
                    if verdict is not None and verdict.p <= 0.01:
                        yield g, one, night, verdict


def judged(city: City, until: date) -> Judged:
    nights = Nights(city, until)
    towns = {one: city.area_of(one) for one in nights.shops}
    shops = [[nights.of_shop(group, one) for one in nights.shops] for group in nights.groups]
    levels = {"pharmacy": shops}
    named = {"town": towns, "city": {one: town and town[:6] for one, town in towns.items()}}
    for level, of in named.items():
        keys = sorted({one for one in of.values() if one})
        levels[level] = [
            [nights.of_area(key, [one for one in some if of[one.key] == key]) for key in keys]
            for some in shops
        ]
    for level, series in levels.items():
        judge(series, nights.first, year_alone=level != "pharmacy")
    found = Judged(nights, levels)
    _reconcile(found, named["town"])
    return found


def _reconcile(found: Judged, towns: Mapping[str, str | None]) -> None:
    sure: dict[tuple[str, int, str], set[int]] = {}
    for level in ("city", "town", "pharmacy"):
        for g, one, night, verdict in found.hits(level):
            shops = [each for each in found.levels["pharmacy"][g] if _in(one.key, each.key, towns)]
            inner = [each for each in found.levels["town"][g] if each.key.startswith(one.key)]
            if level == "town":
                inner = []
            if level != "pharmacy" and (
                by_one(shops, one, night, verdict) or by_one(inner, one, night, verdict)
            ):
                continue
            town = towns.get(one.key) if level == "pharmacy" else one.key
            county = town and town[:6]
            blamed = False
            for above, key in (("town", town), ("city", county)):
                if level == above or key is None or level == "city":
                    continue
                if above == "city" and verdict.beside:
                    continue
                area = next(each for each in found.levels[above][g] if each.key == key)
                blamed |= explained(one, verdict, night, area, sure.get((above, g, key), set()))
            if blamed:
                continue
            found.best.add((level, g, one.key, night))
            if verdict.q <= 0.01:
                sure.setdefault((level, g, one.key), set()).add(night)


def _in(area: str, shop_id: str, towns: Mapping[str, str | None]) -> bool:
    town = towns[shop_id]
    return town is not None and town.startswith(area)


def told(
    city: City, window: Window, values: Mapping[str, float], levels: tuple[str, ...]
) -> Iterable[tuple[Judged, int, str, int, Verdict, float]]:
    found = judged(city, window.until)
    for level in levels:
        for g, one, night, verdict in found.hits(level):
            sold, due = one.between(night, verdict.span), round(verdict.due, 3)
            bound = float(nb_upper(np.array([verdict.due]), np.array([verdict.wide]), LIMIT)[0])
            enough = sold - due >= values["min_excess"] and sold >= due * values["times"] and sold > bound
            if enough and verdict.q <= values["most_q"] and (level, g, one.key, night) in found.best:
                yield found, g, one.key, night, verdict, sold


def s01(city: City, window: Window, values: Mapping[str, float]) -> Found:
    """The first night of each month of a shop and group."""
    out: Found = {}
    months: set[tuple[int, str, int, int]] = set()
    for found, g, key, night, verdict, sold in told(city, window, values, ("pharmacy",)):
        day = found.nights.days[night]
        if (g, key, day.year, day.month) in months:
            continue
        months.add((g, key, day.year, day.month))
        since = day - (verdict.span - 1) * DAY
        lines = [
            one
            for one in found.nights.lines.get((found.nights.groups[g], key), [])
            if since <= one["sold_at"].date() <= day
        ]
        if window.since <= day <= window.until:
            out[key, day, found.nights.groups[g]] = sold, ids(lines)
    return out


def s02(city: City, window: Window, values: Mapping[str, float]) -> Found:
    """Every night of a town or a city."""
    out: Found = {}
    for found, g, key, night, _, sold in told(city, window, values, ("town", "city")):
        day = found.nights.days[night]
        if window.since <= day <= window.until:
            out[key, day, found.nights.groups[g]] = sold, frozenset()
    return out


FIRST = date(2026, 1, 5)
LAST_NIGHT = 100
DRUGS = (
    drug("地西泮片", "|PSY2|RX|"),
    drug("布洛芬片", "|FOUR|OTC_A|"),
    drug("维生素C片", "|OTC_B|"),
)


def _line(number: int, shop_id: str, night: int, drug_code: str, quantity: float) -> dict[str, Any]:
    sold_at = datetime.combine(FIRST + night * DAY, time(10)) + timedelta(seconds=number % 36_000)
    sale_id = f"{number:06d}"
    return {
        "line_id": f"{shop_id}/{sale_id}",
        "sale_id": sale_id,
        "pharmacy_id": shop_id,
        "sold_at": sold_at,
        "drug_code": drug_code,
        "quantity": quantity,
    }


@st.composite
def rises(draw: st.DrawFn, towns: int, in_town: int) -> Example:
    """Ordinary sales of towns and shops, with a rise of a shop, a town or all of them, and its look-alikes."""
    luck = random.Random(draw(st.integers(0, 2**20)))
    drug_code = draw(st.sampled_from(("地西泮片", "布洛芬片", "布洛芬片")))
    shops = [
        shop(f"店{t}{n}", f"33048{t + 1}001" if towns < 3 else f"3304821{t:02d}", "链" if n == 0 else None)
        for t in range(towns)
        for n in range(in_town)
    ]
    whose = draw(st.sampled_from(("shop", "town", "town", "all", "nobody")))
    since, length = draw(st.integers(88, 95)), draw(st.sampled_from((1, 1, 3, 8)))
    packs = draw(st.sampled_from((12, 25, 40)))
    late = draw(st.sampled_from((None, None, 20)))  # when the first shop opens
    gap = draw(st.sampled_from((None, None, since - 1)))  # a day on which it is cut off
    promoted = draw(st.sampled_from((None, None, "店00", "链")))
    sales: list[dict[str, Any]] = []
    for night in range(LAST_NIGHT):
        rising = since <= night < since + length
        for place, one in enumerate(shops):
            name = one["pharmacy_id"]
            if place == 0 and (night == gap or (late is not None and night < late)):
                continue
            mine = {"shop": place == 0, "town": place < in_town, "all": True, "nobody": False}[whose]
            sold = luck.choice((3, 4, 5, 5, 6, 7)) + (packs if rising and mine else 0)
            sales.append(_line(len(sales), name, night, drug_code, float(sold)))
            if luck.random() < 0.05:
                sales.append(_line(len(sales), name, night, drug_code, -1.0))
    notices = [] if promoted is None else [_promotion(promoted, since, length)]
    city = City(sales, DRUGS, pharmacies=shops, notices=notices)
    days = draw(st.integers(80, 92)), draw(st.integers(93, LAST_NIGHT - 1))
    return Example(city, Window(FIRST + days[0] * DAY, FIRST + days[1] * DAY))


def _promotion(scope: str, since: int, length: int) -> dict[str, Any]:
    return {
        "date_from": FIRST + since * DAY,
        "date_until": FIRST + (since + length - 1) * DAY,
        "scope": scope,
        "kind": "promotion",
        "name": "促销",
    }


Cities = Callable[[], st.SearchStrategy[Example]]
RULES: dict[str, tuple[Twin, Cities]] = {
    "R-S01": (s01, lambda: rises(2, 3)),
    "R-S02": (s02, lambda: rises(5, 2)),
}
