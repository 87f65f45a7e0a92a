"""Shelves of special drugs: what came in month by month, what was moved or lost, and what counts found.

The book is made from the lines of the till, so that it balances but where a story says that it does not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.demo.catalogue import Catalogue
from yaotong.demo.packs import CODED_BESIDE, DELIVERY, Coded, Packs
from yaotong.demo.plan import Floats, Ints, Plan
from yaotong.demo.registers import supplier_code
from yaotong.demo.shops import Shops
from yaotong.demo.stage import Bought
from yaotong.demo.till import LOT_DAYS, Lines, lot_numbers
from yaotong.demo.twists import Shelf, Twist, counting, month_ends

Row = dict[str, str]
_LATE, _EVENING = 17 * 60, 22 * 60
_SPARE = 2.0  # packs at least on a shelf
_SUPPLIERS = 4  # of the register, from whom shops buy ordinarily


@dataclass
class Books:
    """The three feeds of shelves."""

    purchases: list[Row]
    stock_counts: list[Row]
    stock_moves: list[Row]


@dataclass
class Bookkeeper:
    """Writes the books of the shops that send them."""

    plan: Plan
    shops: Shops
    catalogue: Catalogue
    lines: Lines
    buying: Ints
    twists: dict[Shelf, Twist]
    bought: list[tuple[int, int, int, str, float]] = field(default_factory=list)  # shop, drug, day, lot
    moves: list[tuple[int, int, int, str, float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lots = lot_numbers(self.plan, self.catalogue)
        self.special = np.flatnonzero(self.catalogue.bears(*SPECIAL_CATEGORIES))
        self.ends = month_ends(self.plan)
        self.numbers = self.shops.license_nos
        self.sold = _sold_by_day(self.plan, self.lines, self.buying, self.special)

    def levels(self) -> dict[Shelf, list[float]]:
        """What each count of a month's end found, after orders and moves were written down."""
        self._order_all()
        self._move_some()
        moved: dict[Shelf, Floats] = defaultdict(lambda: np.zeros(self.plan.days))
        for shop, drug, day, _lot, packs in self.bought:
            moved[shop, drug][day] += packs
        for shop, drug, day, kind, packs, _ in self.moves:
            moved[shop, drug][day] += packs if kind == "transfer_in" else -packs
        return {shelf: self._counted(shelf, moved[shelf]) for shelf in self._shelves()}

    def _counted(self, shelf: Shelf, moved: Floats) -> list[float]:
        twist = self.twists.get(shelf, Twist())
        for day, packs in twist.sent_back:
            moved[day] -= packs
        gone = np.zeros(self.plan.days)
        for place, packs in twist.gone.items():
            gone[self.ends[place]] -= packs
        # Packs leave a shelf before a delivery of the day comes, at worst.
        net = moved - self.sold[shelf] + gone
        book = np.cumsum(net)
        lowest = float((book - np.maximum(moved, 0.0)).min())
        opening = np.ceil(max(0.0, -lowest)) + _SPARE
        return [float(opening + book[end]) for end in self.ends]

    def _shelves(self) -> Iterator[Shelf]:
        for shop in self.buying.tolist():
            for drug in self.special.tolist():
                if self.shops.sells[shop, drug]:
                    yield shop, drug

    def _order_all(self) -> None:
        for shop in self.buying.tolist():
            for category in SPECIAL_CATEGORIES:
                drugs = np.flatnonzero(self.catalogue.bears(category) & self.shops.sells[shop])
                self._order(shop, [int(one) for one in drugs])

    def _order(self, shop: int, drugs: list[int]) -> None:
        """About as many packs of a category every month, shared as its drugs sell over the year."""
        need = [max(0, round(float(self.sold[shop, drug].sum()))) for drug in drugs]
        quota = sum(need) // len(self.ends)
        places = [
            ((unit + 0.5) / many, drug)
            for drug, many in zip(drugs, need, strict=True)
            for unit in range(many)
        ]
        units = iter([drug for _, drug in sorted(places)])
        owed: Counter[int] = Counter()
        for month in range(len(self.ends)):
            fresh = self._fresh(month)
            packs = Counter(drug for drug in drugs if fresh and self._sells_lot(shop, drug, fresh))
            owed += packs
            while packs.total() < quota and (drug := next(units, None)) is not None:
                if owed[drug]:
                    owed[drug] -= 1
                else:
                    packs[drug] += 1
            for drug in drugs:
                self._deliver(shop, drug, month, packs[drug])

    def _fresh(self, month: int) -> int:
        """The day of a month on which lots change; 0 when they do not."""
        first = self.ends[month - 1] + 1 if month else 0
        day = -(-first // LOT_DAYS) * LOT_DAYS
        return day if day <= self.ends[month] else 0

    def _sells_lot(self, shop: int, drug: int, fresh: int) -> bool:
        return bool((self.sold[shop, drug][fresh : fresh + LOT_DAYS] > 0).any())

    def _deliver(self, shop: int, drug: int, month: int, packs: int) -> None:
        """A month's packs on its day of delivery; one of a new lot on the day it is first sold."""
        first, fresh = (self.ends[month - 1] + 1 if month else 0), self._fresh(month)
        day = min(first + 1 + shop % 4, self.ends[month])
        if fresh and packs:
            self._receive(shop, drug, fresh, 1)
            packs -= 1
        if packs:
            self._receive(shop, drug, day, packs)

    def _receive(self, shop: int, drug: int, day: int, packs: int) -> None:
        self.bought.append((shop, drug, day, str(self.lots[drug, day // LOT_DAYS, shop % 2]), packs))

    def _move_some(self) -> None:
        """Stories' moves, and what happens in any shop: a broken bottle, a pack past its date."""
        rng = self.plan.stream("shelves/moves")
        for shop, drug in list(self._shelves()):
            twist = self.twists.get((shop, drug))
            if twist is not None:
                self.moves += [(shop, drug, day, kind, packs, who) for day, kind, packs, who in twist.moves]
            elif rng.random() < 0.06:
                kind = "expired" if rng.random() < 0.6 else "damaged"
                self.moves.append((shop, drug, int(rng.integers(self.plan.days)), kind, 1.0, ""))


def _sold_by_day(plan: Plan, lines: Lines, buying: Ints, special: Ints) -> dict[Shelf, Floats]:
    """Net packs sold from one hour of counting to the next, of every shelf of the shops that buy."""
    counted_on = (lines.second + (24 * 60 - _EVENING) * 60 - 1) // 86_400
    chosen = np.isin(lines.shop, buying) & np.isin(lines.drug, special)
    chosen &= (counted_on >= 0) & (counted_on < plan.days)  # a story may reach back before a short city
    shop, drug = lines.shop[chosen], lines.drug[chosen]
    day, packs = counted_on[chosen], lines.quantity[chosen]
    sold: dict[Shelf, Floats] = defaultdict(lambda: np.zeros(plan.days))
    key = shop * 10_000 + drug
    order = np.argsort(key, kind="stable")
    cuts = np.flatnonzero(np.diff(key[order])) + 1
    for part in np.split(order, cuts) if len(order) else []:
        days = np.zeros(plan.days)
        np.add.at(days, day[part], packs[part])
        sold[int(shop[part[0]]), int(drug[part[0]])] = days
    return sold


def write_books(
    keeper: Bookkeeper, spared: dict[tuple[int, str], str], beside: Sequence[Bought] = ()
) -> Books:
    """The feeds: `spared` says of lots at a shop whether their purchase was never, late or nameless sent.

    `beside` are purchases that stories add.
    """
    levels = keeper.levels()
    return Books(_purchases(keeper, spared, beside), _counts(keeper, levels), _moves(keeper))


def _purchases(keeper: Bookkeeper, spared: dict[tuple[int, str], str], beside: Sequence[Bought]) -> list[Row]:
    packs = Packs(keeper.plan, keeper.catalogue, keeper.lines, keeper.buying, keeper.special)
    came = [(one, DELIVERY) for one in (*packs.unpacked(keeper.bought), *_ordinary(keeper, packs, spared))]
    came += [((shop, drug, day, "", -many, ""), _LATE) for (shop, drug), twist in keeper.twists.items()
             for day, many in twist.sent_back]  # fmt: skip
    sellers = [supplier_code(keeper.plan, number) for number in range(_SUPPLIERS)]
    told = [(one, minute, sellers[(one[0] + one[1]) % _SUPPLIERS]) for one, minute in came]
    for one in beside:
        lot = str(keeper.lots[one.drug, one.day // LOT_DAYS, one.shop % 2])
        told.append(((one.shop, one.drug, one.day, lot, one.packs, ""), DELIVERY, one.supplier))
    told.sort(key=lambda one: (one[0][2], *one[0][:2], one[0][3], one[0][5]))
    return [_purchase(keeper, number, *one) for number, one in enumerate(told)]


def _purchase(keeper: Bookkeeper, number: int, bought: Coded, minute: int, supplier: str) -> Row:
    shop, drug, day, lot, packs, code = bought
    received = keeper.plan.moment(0, minute) + timedelta(days=day)
    return {
        "purchase_id": f"GJ{received:%Y%m%d}{number:06d}",
        "pharmacy_id": keeper.numbers[shop],
        "received_at": f"{received:%Y-%m-%d %H:%M:%S}",
        "supplier_uscc": supplier,
        "drug_code": str(keeper.catalogue.drug_codes[drug]),
        "batch_no": lot,
        "quantity": f"{packs:g}",
        "expiry": f"{received.date() + timedelta(days=700)}" if packs > 0 else "",
        "trace_code": code,
    }


def _ordinary(keeper: Bookkeeper, packs: Packs, spared: dict[tuple[int, str], str]) -> Iterator[Coded]:
    """One purchase of every other lot that is sold, on the day before its first sale; some by codes."""
    lines = keeper.lines
    special = np.zeros(len(keeper.catalogue.drug_codes), bool)
    special[keeper.special] = True
    chosen = np.flatnonzero(np.isin(lines.shop, keeper.buying) & ~special[lines.drug] & (lines.quantity > 0))
    lot = np.unique(lines.batch_no[chosen].astype(str), return_inverse=True)[1]
    key = (lines.shop[chosen] * 1_000 + lines.drug[chosen]) * 1_000_000 + lot
    _, first, where = np.unique(key, return_index=True, return_inverse=True)
    sums = np.ceil(np.bincount(where, lines.quantity[chosen]))
    codes = _codes_by_lot(keeper, packs, chosen, where)
    for number, (place, many) in enumerate(zip(chosen[first].tolist(), sums.tolist(), strict=True)):
        shop, drug, name = int(lines.shop[place]), int(lines.drug[place]), str(lines.batch_no[place])
        day, how = int(lines.second[place]) // 86_400, spared.get((shop, name), "")
        if how != "never" and (day > 0 or how):
            came = day + 2 if how == "late" else day - 1
            known, written = codes.get(number, []), "" if how == "nameless" else name
            yield from ((shop, drug, came, written, 1.0, code) for code in known)
            if many > len(known):
                yield shop, drug, came, written, many - len(known), ""


def _codes_by_lot(keeper: Bookkeeper, packs: Packs, chosen: Ints, where: Ints) -> dict[int, list[str]]:
    """Codes of the packs of each lot, of the drugs that are bought by codes."""
    drugs = [keeper.catalogue.position(one) for one in CODED_BESIDE]
    told: dict[int, list[str]] = defaultdict(list)
    coded = np.isin(keeper.lines.drug[chosen], drugs) & (packs.codes[chosen] != "")
    for number, place in zip(where[coded].tolist(), chosen[coded].tolist(), strict=True):
        told[number].append(str(packs.codes[place]))
    return told


def _counts(keeper: Bookkeeper, levels: dict[Shelf, list[float]]) -> list[Row]:
    plan, shops = keeper.plan, keeper.shops
    rng = plan.stream("visits/stock")
    rng.random(len(shops.town))  # drawn by `counting`
    level = _MORE * shops.lines_per_day / shops.lines_per_day.mean()
    rows = []
    for place, day in enumerate(keeper.ends):
        for shop in counting(plan, shops).tolist():
            for drug in keeper.special[shops.sells[shop, keeper.special]].tolist():
                chance = _FEWEST + int(rng.poisson(level[shop]))
                packs = levels[shop, drug][place] if (shop, drug) in levels else chance
                rows.append(
                    {
                        "pharmacy_id": keeper.numbers[shop],
                        "drug_code": str(keeper.catalogue.drug_codes[drug]),
                        "counted_at": f"{plan.moment(day, _EVENING):%Y-%m-%d %H:%M:%S}",
                        "quantity": f"{packs:g}",
                        "batch_no": "",
                    }
                )
    return rows


_FEWEST, _MORE = 4, 12  # packs on a shelf that sends no purchases: at least, so many more on average


def _moves(keeper: Bookkeeper) -> list[Row]:
    told = sorted(keeper.moves, key=lambda one: (one[2], one[0], one[1]))
    rows = []
    for number, (shop, drug, day, kind, packs, who) in enumerate(told):
        moved = keeper.plan.moment(day, _LATE)
        rows.append(
            {
                "move_id": f"DB{moved:%Y%m%d}{number:05d}",
                "pharmacy_id": keeper.numbers[shop],
                "moved_at": f"{moved:%Y-%m-%d %H:%M:%S}",
                "kind": kind,
                "drug_code": str(keeper.catalogue.drug_codes[drug]),
                "quantity": f"{packs:g}",
                "batch_no": "",
                "counterpart": who if kind.startswith("transfer") else "",
                "report_no": f"BA{moved:%Y%m%d}{number:03d}" if kind == "stolen" else "",
            }
        )
    return rows
