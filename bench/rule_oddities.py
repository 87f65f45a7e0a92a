"""What is not as it should be: every fiftieth shop has its kind of it, on few days, as the demo's stories.

In the demo city a rule finds between three and 36 things in a million lines. Here each kind is planted so
that a rule has findings, or cases to look at, of that order: a few to a few hundred in a million lines, with
some ten lines of evidence. Arrays of lines are changed in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from bench.rule_lines import Lines

PEOPLE_A_SHOP = 4_000
RECALLED, RECALLED_MONTH = "YP0139A", 2602
_KINDS = 50
(
    _SILENT, _AT_ONCE, _SURGE, _BEYOND_SCOPE, _ALIKE, _BARE, _PRICE, _NIGHT, _ONLINE, _SEALS, _NO_PAPER,
    _UNREAD, _RECALL, _NO_SOURCE, _ORPHANS, _MISSING, _EXPIRED, _OFF_DUTY, _UNSETTLED, _COLLECTED, _CARDS,
    _NO_LOT, _LATE_ENTRY,
) = range(23)  # fmt: skip
# Shares of all lines: sold again, of papers that are old or come late, of special lines three packs at once.
_AGAIN, _OLD, _LATE, _OVER, _USED_AGAIN = 1.2e-5, 1e-4, 1e-4, 5e-4, 1e-5
_DAY_S = 86_400


def _at(lines: Lines, kind: int, every: int, share: float = 1.0) -> Any:
    """Lines of the shops of a kind, on one day in so many of each."""
    mine = (lines.shop % _KINDS == kind) & ((lines.day + lines.shop) % every == 0)
    return mine if share == 1 else mine & (lines.rng.random(len(mine)) < share)


def _of_months(lines: Lines, kind: int, every: int, share: float = 1.0) -> Any:
    """Lines of the shops of a kind in one month of so many."""
    mine = (lines.shop % _KINDS == kind) & (lines.first.month % every == 0)
    return mine & (lines.rng.random(len(mine)) < share)


def silent(lines: Lines) -> Any:
    """Three days in 120 of which a shop sends nothing; and all but a few lines of shops that have closed."""
    quiet = (lines.shop % _KINDS == _SILENT) & ((lines.day + lines.shop) % 120 < 3)
    slip = (lines.day % 61 == 0) & (lines.rng.random(len(lines.shop)) < 0.03)
    return quiet | (~lines.city.trading[lines.shop] & ~slip)


def other_drugs(lines: Lines) -> None:
    """A week of coughs in one town, days of ephedrine, drugs out of scope, and a month of equal lines."""
    catalogue, rows = lines.city.catalogue, len(lines.shop)
    places = {name: np.flatnonzero(catalogue.of_groups(name)) for name in ("cough", "eph", "psy2", "other")}
    ill = (lines.city.towns[lines.shop] == 3) & (lines.day % 120 < 6) & (lines.rng.random(rows) < 0.15)
    lines.drug[ill] = lines.rng.choice(places["cough"], int(ill.sum()))
    surge = (lines.shop % _KINDS == _SURGE) & ((lines.day + lines.shop) % 120 < 3)
    surge &= lines.rng.random(rows) < 0.12
    lines.drug[surge] = lines.rng.choice(places["eph"], int(surge.sum()))
    lines.drug[_at(lines, _BEYOND_SCOPE, 30, 0.02)] = places["psy2"][0]
    alike = _of_months(lines, _ALIKE, 6)
    lines.drug[alike & lines.named] = places["other"][0]
    lines.drug[alike & _first_of_day(lines)] = places["eph"][0]


def _first_of_day(lines: Lines) -> Any:
    key = lines.shop * 100_000 + lines.day
    return np.r_[True, key[1:] != key[:-1]][: len(key)]


def tills(lines: Lines) -> None:
    """All that changes lines which are rung up and have a buyer."""
    _moments(lines)
    _papers(lines)
    _columns(lines)
    _packs_again(lines)
    _gathered(lines)


def _moments(lines: Lines) -> None:
    """Equal lines at ten o'clock, thirty lines of one second, lines at night, lines entered at night."""
    midnight = lines.at.astype("datetime64[D]").astype("datetime64[s]")
    alike = _of_months(lines, _ALIKE, 6) & _first_of_day(lines)
    lines.at[alike] = midnight[alike] + np.timedelta64(10 * 3600 + 7, "s")
    lines.quantity[alike] = 1.0
    once = _at(lines, _AT_ONCE, 60, 0.25)
    lines.at[once] = midnight[once] + np.timedelta64(11 * 3600 + 13, "s")
    late = _at(lines, _NIGHT, 30, 0.04)
    lines.at[late] = midnight[late] + np.timedelta64(23 * 3600 + 1800, "s")
    entered = _at(lines, _LATE_ENTRY, 30, 0.3)
    lines.lag[entered] = 4 * 3600


def _papers(lines: Lines) -> None:
    """Prescriptions that are not there, that are another line's, and doctors who write what is sought."""
    rng, rows, catalogue = lines.rng, len(lines.shop), lines.city.catalogue
    dual = catalogue.bears("DUAL", "PSY2")[lines.drug] & (rng.random(rows) < 0.002)
    antibacterial = catalogue.bears("ABX")[lines.drug] & _of_months(lines, _NO_PAPER, 6, 0.03)
    lines.paper[dual | antibacterial] = -1
    again = np.flatnonzero((lines.paper >= 0) & (rng.random(rows) < _USED_AGAIN))
    lines.paper[again] = lines.paper[np.maximum(again - 500, 0)]
    psychotropic = (
        catalogue.bears("PSY2")[lines.drug] & (lines.number % 16 == 0) & (lines.first.month % 4 == 0)
    )
    lines.doctor[psychotropic] = lines.number[psychotropic] // 16 % max(1, len(lines.city.shops) // _KINDS)


def ages_of_papers(lines: Lines, held: Any) -> Any:
    """Seconds that prescriptions were issued before they were sold on; negative when after."""
    ages, luck = lines.rng.integers(0, 2 * 3600, len(held)), lines.rng.random(len(held))
    return np.where(luck < _OLD, 5 * _DAY_S, np.where(luck > 1 - _LATE, -3600, ages))


def _columns(lines: Lines) -> None:
    """What a till tells wrong, or not at all."""
    chronic = lines.city.catalogue.of_groups("chronic")[lines.drug]
    special, sold = lines.named, lines.quantity > 0
    lines.quantity[special & sold & (lines.rng.random(len(special)) < _OVER)] = 3.0
    lines.known[special & _of_months(lines, _BARE, 6, 0.1)] = False
    lines.price_fen = np.where(chronic & _at(lines, _PRICE, 30), 2 * lines.price_fen, lines.price_fen)
    online = special & _of_months(lines, _ONLINE, 3, 0.03)
    lines.channel[online] = 1
    seals = (lines.seal >= 0) & _of_months(lines, _SEALS, 6, 0.05)
    lines.seal[seals] = -1
    lines.pack[_at_weeks(lines, _UNREAD, 0.1)] = -1
    recalled = lines.drug == lines.city.catalogue.position(RECALLED)
    lines.lot[recalled & _of_months(lines, _RECALL, 4, 0.01)] = RECALLED_MONTH
    lines.lot[_of_months(lines, _NO_SOURCE, 3, 2e-4)] = 9999
    lines.lot[_at_weeks(lines, _NO_LOT, 0.1)] = -1
    orphan = (lines.quantity < 0) & (lines.shop % _KINDS == _ORPHANS)
    lines.pack[orphan], lines.lot[orphan] = lines.number[orphan], 9998
    cards = _at(lines, _CARDS, 30, 0.06) & (lines.quantity > 0)
    lines.drug[cards] = lines.city.catalogue.position("YP0142A")
    lines.paid[cards], lines.known[cards] = True, False
    lines.at[cards] = lines.at[cards].astype("datetime64[D]") + np.timedelta64(15 * 3600, "s")
    undue = ~lines.city.designated[lines.shop] & (lines.day % 61 == 1)
    lines.paid[undue & (lines.rng.random(len(undue)) < 0.01)] = True


def _at_weeks(lines: Lines, kind: int, share: float) -> Any:
    mine = (lines.shop % _KINDS == kind) & ((lines.day + lines.shop) // 7 % 13 == 0)
    return mine & (lines.rng.random(len(mine)) < share)


def _packs_again(lines: Lines) -> None:
    """Packs that are sold though they were: some anywhere, and more where they are collected."""
    rows = len(lines.shop)
    luck = np.where(lines.shop % _KINDS == _COLLECTED, 5e-4, _AGAIN)
    again = np.flatnonzero((lines.rng.random(rows) < luck) & (lines.quantity > 0))
    paid = np.flatnonzero(lines.paid & (lines.quantity > 0) & (lines.pack >= 0))
    if not len(paid):
        return
    then = lines.rng.choice(paid, len(again))
    for column in (lines.drug, lines.pack, lines.lot, lines.price_fen):
        column[again] = column[then]
    lines.quantity[again], lines.channel[again] = 1.0, 0
    lines.paper[again] = np.where(
        lines.city.catalogue.bears("RX")[lines.drug[again]], lines.number[again], -1
    )
    lines.known[again] = lines.named[again]


def _gathered(lines: Lines) -> None:
    """One buyer for every ten shops, who goes from one to the next on two days of a month."""
    days = (lines.day + lines.shop // 10) % 30 < 2
    some = np.flatnonzero(lines.named & days & (lines.rng.random(len(days)) < 0.08) & (lines.quantity > 0))
    lines.person[some] = lines.shop[some] // 10 * 10 * PEOPLE_A_SHOP
    lines.known[some], lines.paid[some] = True, False


def from_afar(persons: Any) -> Any:
    """Buyers from another province: of every three who gather, one."""
    return persons % (30 * PEOPLE_A_SHOP) == 0


def minors(persons: Any) -> Any:
    """Of the people of every shop, one is fifteen."""
    return persons % PEOPLE_A_SHOP == 7


def unsettled(lines: Lines) -> Any:
    """Lines that were paid for, whose settlement nobody tells."""
    return _at(lines, _UNSETTLED, 30, 0.05)


def out_of_stock(lines: Lines, *, after: bool) -> Any:
    """Shops and drugs without a pack at the month's beginning, or the next: a town is short of one drug."""
    month = lines.first.month % 12 + 1 if after else lines.first.month
    short = np.zeros((len(lines.city.shops), len(lines.city.catalogue.drug_codes)), dtype=bool)
    if month % 6 == 5:
        short[lines.city.towns == 2, lines.city.catalogue.position("YP0142A")] = True
    return short


def bought_beyond(lines: Lines, shape: tuple[int, int]) -> Any:
    """Packs of an ephedrine compound that came and were never seen: some, and once a year very many."""
    beyond = np.zeros(shape)
    mine = lines.shops[lines.shops % _KINDS == _MISSING]
    if lines.first.month % 3 == 0:
        beyond[mine, lines.city.catalogue.position("YP0102A")] = 600 if lines.first.month == 6 else 15
    return beyond


def expiries(lines: Lines, shop: Any, drug: Any) -> Any:
    """Last days of lots: years away, but of one drug at few shops a fortnight."""
    soon = (shop % _KINDS == _EXPIRED) & (lines.first.month % 6 == 0)
    soon &= drug == lines.city.catalogue.position("YP0208A")
    near = np.datetime64(lines.first, "D") + np.timedelta64(24, "D")
    return np.where(soon, near, np.datetime64("2028-01-31", "D"))


def late_for_duty(lines: Lines, shop: Any, day: Any) -> Any:
    """Seconds that a pharmacist comes after the shop opened; `day` counts from the lines' first."""
    late = (shop % _KINDS == _OFF_DUTY) & ((day + lines.first.toordinal() + shop) % 30 == 0)
    return np.where(late, 5 * 3600, 0)
