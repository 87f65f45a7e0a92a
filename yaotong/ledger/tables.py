"""The ledger as tables, in packs: spans between counts with their verdicts, months with their arithmetic."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yaotong.ledger.book import DAY_S, Book, Periods
from yaotong.ledger.entries import KINDS, MICRO, Bools, Counts, Ints, Shelves, read
from yaotong.ledger.judge import LAWFUL, REASONS, VERDICTS, Tolerance, judged

SPAN_COLUMNS = (
    "pharmacy_id", "drug_code", "lot", "opened_at", "closed_at", "opening", *KINDS, "counted", "gap",
    "allowed", "verdict", "reason",
)  # fmt: skip
MONTH_COLUMNS = (
    "pharmacy_id", "drug_code", "lot", "month", "opening", *KINDS, "gap", "closing", "verdict", "reason",
)  # fmt: skip
# A shop that sent purchases this long before a count is known to send them (R-M17).
KNOWN_DAYS = 92
_NOT_COUNTED = "not_counted"  # a month without a count within: carried on, held to nothing


@dataclass(frozen=True, eq=False)
class Ledger:
    """Spans (SPAN_COLUMNS, one row to two neighbouring counts) and months (MONTH_COLUMNS)."""

    spans: pd.DataFrame
    months: pd.DataFrame


def ledger_of(
    entries: pd.DataFrame,
    counts: pd.DataFrame,
    sent: pd.DataFrame,
    special: AbstractSet[str],
    tolerance: Tolerance = LAWFUL,
) -> Ledger:
    """The ledger of some shelves.

    Args:
        entries, counts: as for `entries.read`.
        sent: pharmacy_id, kind ("sold" or "bought") and day: when a shop sent any line at all of a kind.
        special: drug codes that may lack nothing.
    """
    if entries.empty and counts.empty:
        return Ledger(pd.DataFrame(columns=list(SPAN_COLUMNS)), pd.DataFrame(columns=list(MONTH_COLUMNS)))
    shelves, lines, held = read(entries, counts)
    book = Book(lines, held)
    named = np.array([one != "\x00" for one in shelves.lot])
    strict = np.isin(shelves.drug.astype(str), sorted(special))
    spans = _spans(shelves, book, strict, _Sent(sent), tolerance)
    months = _months(shelves, book, named, spans)
    return Ledger(spans, months)


class _Sent:
    """Of each shop the days on which it sent lines of a kind."""

    def __init__(self, sent: pd.DataFrame) -> None:
        days = pd.to_datetime(sent["day"]).to_numpy(dtype="datetime64[D]").astype(np.int64)
        frame = pd.DataFrame({"shop": sent["pharmacy_id"].astype(str), "kind": sent["kind"], "day": days})
        self._days = {
            key: np.sort(one["day"].to_numpy()) for key, one in frame.groupby(["shop", "kind"], sort=False)
        }

    def within(self, shops: NDArray[np.object_], kind: str, first: Ints, last: Ints) -> Bools:
        """Whether each shop sent a line on the days from `first` to `last`, both included."""
        answer = np.zeros(len(shops), bool)
        for shop in set(shops.tolist()):
            rows = shops == shop
            days = self._days.get((shop, kind), np.zeros(0, np.int64))
            answer[rows] = np.searchsorted(days, last[rows], "right") > np.searchsorted(days, first[rows])
        return answer


def _spans(shelves: Shelves, book: Book, strict: Bools, sent: _Sent, tolerance: Tolerance) -> pd.DataFrame:
    spans, counts = book.spans(tolerance.late_days), book.counts
    shelf = counts.shelf[spans.second]
    begin, end = counts.at[spans.first], counts.at[spans.second]
    unknown = _unknown(shelves, book, shelf, begin, end, sent)
    verdict = judged(spans, strict[shelf], unknown, tolerance)
    sold = spans.sums[:, KINDS.index("sold")]
    told = _placed(shelves, shelf)
    told["opened_at"], told["closed_at"] = _moments(begin), _moments(end)
    told["opening"] = _packs(counts.packs[spans.first])
    told |= {kind: _packs(spans.sums[:, number]) for number, kind in enumerate(KINDS)}
    told["counted"], told["gap"] = _packs(counts.packs[spans.second]), _packs(spans.gap)
    told["allowed"] = _packs(tolerance.allowed(strict[shelf], sold, spans.parts))
    told["verdict"] = np.array(VERDICTS, dtype=object)[verdict]
    told["reason"] = np.array(["", *REASONS], dtype=object)[unknown]
    return pd.DataFrame(told, columns=list(SPAN_COLUMNS))


def _unknown(
    shelves: Shelves, book: Book, shelf: Ints, begin: Ints, end: Ints, sent: _Sent
) -> NDArray[np.int8]:
    shops = shelves.shop[shelf]
    first, last = begin // DAY_S, end // DAY_S
    why = np.zeros(len(shelf), np.int8)
    why[~sent.within(shops, "bought", last - KNOWN_DAYS, last)] = 1 + REASONS.index("no_purchases_sent")
    why[~sent.within(shops, "sold", first, last)] = 1 + REASONS.index("no_sales_sent")
    why[_nameless(shelves, book, shelf, begin, end)] = 1 + REASONS.index("lot_unknown")
    return why


def _nameless(shelves: Shelves, book: Book, shelf: Ints, begin: Ints, end: Ints) -> Bools:
    """Whether lines without a lot moved packs of the drug of a lot's shelf."""
    lone = shelves.nameless[shelf]
    of_lot = (shelves.lot[shelf] != "") & (lone >= 0)
    moved = book.balances(Periods(np.maximum(lone, 0), begin, end)).entries > 0
    return np.asarray(of_lot & moved)


def _months(shelves: Shelves, book: Book, named: Bools, spans: pd.DataFrame) -> pd.DataFrame:
    """A row to every month of a shelf from its first entry or count to the last of all."""
    moments = np.concatenate([book.entries.at, book.counts.at])
    firsts = _first_of_shelves(len(shelves.shop), book.entries.shelf, book.entries.at, book.counts)
    last = int(_month_of(np.array([moments.max()]))[0])
    start = _month_of(firsts)
    shelf = np.repeat(np.flatnonzero(named), last - start[named] + 1)
    offsets = np.arange(len(shelf)) - np.repeat(
        np.concatenate([[0], np.cumsum(last - start[named] + 1)[:-1]]), last - start[named] + 1
    )
    month = start[shelf] + offsets
    begin, end = _seconds(month) - 1, _seconds(month + 1) - 1
    made = book.balances(Periods(shelf, begin, end))
    told = _placed(shelves, shelf)
    told["month"] = month.astype("datetime64[M]").astype(str).astype(object)
    told["opening"] = np.where(made.opened, _packs(made.opening), np.nan)
    told |= {kind: _packs(made.sums[:, number]) for number, kind in enumerate(KINDS)}
    told["gap"] = _packs(made.gap)
    told["closing"] = np.where(made.closed, _packs(made.closing), np.nan)
    frame = pd.DataFrame(told)
    return _with_verdicts(frame, spans, made.opened)[list(MONTH_COLUMNS)]


def _with_verdicts(months: pd.DataFrame, spans: pd.DataFrame, opened: Bools) -> pd.DataFrame:
    """Each month with the gravest verdict of the spans that end in it."""
    closed = spans.assign(
        month=pd.to_datetime(spans["closed_at"]).dt.strftime("%Y-%m"),
        rank=spans["verdict"].map({one: place for place, one in enumerate(VERDICTS)}),
    )
    keys = ["pharmacy_id", "drug_code", "lot", "month"]
    worst = closed.sort_values("rank").drop_duplicates(keys)[[*keys, "verdict", "reason"]]
    both = months.merge(worst, on=keys, how="left")
    none = both["verdict"].isna().to_numpy()
    both.loc[none, "verdict"] = np.where(opened[none], _NOT_COUNTED, "unknown")
    both.loc[none, "reason"] = np.where(opened[none], "", REASONS[0])
    return both


def _first_of_shelves(many: int, shelf: Ints, at: Ints, counts: Counts) -> Ints:
    first = np.full(many, np.iinfo(np.int64).max, np.int64)
    np.minimum.at(first, shelf, at)
    np.minimum.at(first, counts.shelf, counts.at)
    return np.where(first == np.iinfo(np.int64).max, at.max() if len(at) else 0, first)


def _placed(shelves: Shelves, shelf: Ints) -> dict[str, NDArray[np.generic]]:
    return {
        "pharmacy_id": shelves.shop[shelf],
        "drug_code": shelves.drug[shelf],
        "lot": shelves.lot[shelf],
    }


def _packs(micro: Ints) -> NDArray[np.float64]:
    return micro / MICRO


def _moments(at: Ints) -> NDArray[np.datetime64]:
    return at.astype("datetime64[s]")


def _month_of(at: Ints) -> Ints:
    return at.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)


def _seconds(month: Ints) -> Ints:
    return month.astype("datetime64[M]").astype("datetime64[s]").astype(np.int64)


def month_of(day: date) -> str:
    """ "2026-05": how months are told."""
    return f"{day:%Y-%m}"
