"""One trace code: where it was bought and sold, what each sale is, and the way between two sales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from geo.distance import haversine_m
from yaotong.errors import Forbidden, NotFound, UsageError
from yaotong.facts import Facts
from yaotong.reads.alert_place import Place, place_of
from yaotong.reads.alerts import Names
from yaotong.reads.sight import sight_of
from yaotong.store.factbase import open_facts
from yaotong.traces import kernels
from yaotong.traces.codes import PURCHASE, SALE, keys_of, scans_of
from yaotong.traces.codes import Names as Numbers
from yaotong.traces.index import RESCAN_S
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

# As R-P04 has it: nobody travels faster between shops so far apart, clocks being off by so much.
FASTEST_KMH: Final = 120.0
_LEAST_KM, _CLOCKS_H = 5.0, 2 / 60
_SAID: Final = ("first", "return", "rescan", "split", "bigger", "again", "duplicate", "bought", "gone")
_PRODUCT_DIGITS = 7
# As R-M18 has it: a ledger reaches far enough back, is kept up, and an invoice may be some days late.
_KNOWN, _ALIVE, _GRACE = timedelta(days=180), timedelta(days=30), timedelta(days=3)


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A purchase or sale of the code; `said` is a word of `code.*`; `flags` what is odd about it."""

    at: datetime
    feed: str
    shop: str
    license_no: str
    here: bool
    drug_name: str
    packs: float
    said: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leap:
    """From the sale before to a duplicate: hours and kilometres between; `impossible` for any traveller."""

    begin: CodeLine
    end: CodeLine
    hours: float
    km: float | None
    impossible: bool


@dataclass(frozen=True, slots=True)
class CodeView:
    """The code's lines by time, the leaps to its duplicates, and the map of the shops it was at."""

    code: str
    lines: tuple[CodeLine, ...]
    leaps: tuple[Leap, ...]
    place: Place | None


def code_view(ws: Workspace, viewer: Viewer, code: str) -> CodeView:
    """A code's history; UsageError for a text that is none, NotFound where the viewer's area has none of it.

    Shops outside the viewer's area are told as elsewhere, without a name.
    """
    sight = sight_of(viewer.department, "lead")
    if not viewer.works or "trace_code" not in sight.fields or "pharmacy" not in sight.fields:
        raise Forbidden("本部门看不见追溯码，不能查询。")
    if not bool(keys_of(pa.array([code]), Numbers())[1][0]):
        raise UsageError(f"“{code[:40]}”不是追溯码：应为 20 位数字，或带字母的厂家自编码，最长 100 个字符。")
    facts = open_facts(ws.store)
    sales, bought = _lines(facts, code)
    if sight.lines == "settled":
        sales = sales[sales["settlement_id"].notna() | sales["paid_by_insurance"].fillna(False).astype(bool)]
        bought = bought.iloc[:0]
    shops = _shops(facts, [*sales["pharmacy_id"], *bought["pharmacy_id"]])
    here = {str(one): viewer.covers(area) for one, area in shops["area_code"].items()}
    if not any(here.values()):
        raise NotFound("您的辖区内没有这个追溯码的任何一行。")
    with ws.store.read() as connection:
        names = Names.of(connection, shops.index, ())
    books = _books(facts, sales)
    lines, before = told_of(facts, code, sales, bought, shops, names.shops, here, books)
    leaps = tuple(_leap(lines[first], lines[number], shops) for number, first in before)
    seen = [one for one in shops.index if here[one]]
    place = place_of(ws, shops.loc[seen[0], "area_code"], seen) if seen else None
    return CodeView(code, lines, leaps, place)


def told_of(
    facts: Facts,
    code: str,
    sales: pd.DataFrame,
    bought: pd.DataFrame,
    shops: pd.DataFrame,
    names: Mapping[str, str],
    here: Mapping[str, bool],
    books: pd.DataFrame,
) -> tuple[tuple[CodeLine, ...], list[tuple[int, int]]]:
    """The code's lines in order of time, and (duplicate, sale before it) as places among them."""
    frame = pd.concat(
        [bought.assign(kind=PURCHASE, at=bought["received_at"], buyer=None),
         sales.assign(kind=SALE, at=sales["sold_at"], buyer=sales["buyer_key"])],
        ignore_index=True,
    ).sort_values(["at", "line_id"], ignore_index=True)  # fmt: skip
    said, before = _judged(frame)
    drugs = facts.drugs.filter(facts.drugs.drug_code.isin(sorted(set(frame["drug_code"])))).to_pandas()
    about = drugs.sort_values("valid_from").drop_duplicates("drug_code", keep="last").set_index("drug_code")
    owners = set(bought["pharmacy_id"])
    regions = {str(shops.loc[one, "area_code"] or "")[:6] for one in owners}
    lines = []
    for row, what in zip(frame.to_dict("records"), said, strict=True):
        shop = row["pharmacy_id"]
        flags = [] if row["kind"] == PURCHASE else _flags(row, code, about, owners, regions, shops, books)
        drug_name = about.loc[row["drug_code"], "drug_name"] if row["drug_code"] in about.index else ""
        lines.append(
            CodeLine(
                row["at"].to_pydatetime(), "purchases" if row["kind"] else "sales",
                names.get(shop, shop) if here[shop] else "", shop if here[shop] else "", here[shop],
                str(drug_name), float(row["quantity"]), _SAID[what], tuple(flags),
            )
        )  # fmt: skip
    pairs = [(int(number), int(before[number])) for number in np.flatnonzero(said == kernels.DUPLICATE)]
    return tuple(lines), [(number, first) for number, first in pairs if first >= 0]


def _judged(frame: pd.DataFrame) -> tuple[Any, Any]:
    """What each line is, by the very loop of the index."""
    many = len(frame)
    words = np.zeros((many, 4), np.uint64)
    shops, drugs, others = Numbers(), Numbers(), Numbers()
    for kind in (SALE, PURCHASE):
        rows = np.flatnonzero(frame["kind"].to_numpy() == kind)
        part = frame.iloc[rows]
        table = pa.table(
            {
                "trace_code": pa.array(part["trace_code"], pa.string()),
                "at": pa.array(part["at"], pa.timestamp("s")),
                "pharmacy_id": pa.array(part["pharmacy_id"], pa.string()),
                "drug_code": pa.array(part["drug_code"], pa.string()),
                "quantity": pa.array(part["quantity"], pa.float64()),
                "buyer": pa.array(
                    part["buyer"].astype(object).where(part["buyer"].notna(), None), pa.string()
                ),
            }
        )
        words[rows] = scans_of(table, kind, others, shops, drugs).words
    begin, end = np.zeros(1, np.int64), np.full(1, many, np.int64)
    said, before = np.zeros(many, np.uint8), np.full(many, -1, np.int64)
    kernels.tell(words, begin, end, np.zeros(many, bool), RESCAN_S, said, before)
    return said, before


def _flags(
    row: Mapping[Any, Any],
    code: str,
    about: pd.DataFrame,
    owners: set[str],
    regions: set[str],
    shops: pd.DataFrame,
    books: pd.DataFrame,
) -> list[str]:
    flags = []
    product = about.loc[row["drug_code"], "product_code"] if row["drug_code"] in about.index else None
    if isinstance(product, str) and code.isdigit() and code[:_PRODUCT_DIGITS] != product:
        flags.append("wrong_product")
    if not owners:
        flags.append("never_bought" if _would_tell(books, row) else "purchase_unknown")
    elif row["pharmacy_id"] not in owners:
        region = str(shops.loc[row["pharmacy_id"], "area_code"] or "")[:6]
        flags.append("other_shop" if region in regions else "other_region")
    return flags


def _would_tell(books: pd.DataFrame, row: Mapping[Any, Any]) -> bool:
    """Whether the seller's ledger of purchases would name the pack, had it been bought.

    It has to have named codes of the drug for long enough, and to have been kept up about the sale.
    """
    mine = books[books["pharmacy_id"] == row["pharmacy_id"]]
    coded = mine[mine["coded"] & (mine["drug_code"] == row["drug_code"])]
    age = row["at"] - mine["received_at"]
    alive = (age <= _ALIVE) & (age >= -_GRACE)
    return bool((coded["received_at"] <= row["at"] - _KNOWN).any() and alive.any())


def _leap(begin: CodeLine, end: CodeLine, shops: pd.DataFrame) -> Leap:
    hours = (end.at - begin.at) / timedelta(hours=1)
    if not (begin.license_no and end.license_no):
        return Leap(begin, end, hours, None, False)
    a, b = shops.loc[begin.license_no], shops.loc[end.license_no]
    metres = float(haversine_m(a["lon"], a["lat"], b["lon"], b["lat"]))
    if np.isnan(metres):
        return Leap(begin, end, hours, None, False)
    km = metres / 1000
    return Leap(begin, end, hours, km, km >= _LEAST_KM and km > (hours + _CLOCKS_H) * FASTEST_KMH)


def _lines(facts: Facts, code: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    sales, bought = facts.sales, facts.purchases
    return (
        sales.filter(sales.trace_code == code).to_pandas(),
        bought.filter(bought.trace_code == code).to_pandas(),
    )


def _books(facts: Facts, sales: pd.DataFrame) -> pd.DataFrame:
    """What the sellers bought of anything: pharmacy_id, drug_code, received_at, whether its code is named."""
    bought = facts.purchases
    mine = bought.filter(bought.quantity > 0, bought.pharmacy_id.isin(sorted(set(sales["pharmacy_id"]))))
    frame: pd.DataFrame = (
        mine.select("pharmacy_id", "drug_code", "received_at", coded=mine.trace_code.notnull())
        .distinct()
        .to_pandas()
    )
    return frame


def _shops(facts: Facts, wanted: list[str]) -> pd.DataFrame:
    shops = facts.pharmacies
    found = shops.filter(shops.pharmacy_id.isin(sorted(set(wanted)))).select(
        "pharmacy_id", "area_code", "lon", "lat"
    )
    frame = found.to_pandas().set_index("pharmacy_id")
    codes = frame["area_code"].astype(object).where(frame["area_code"].notna(), None)
    told: pd.DataFrame = frame.assign(area_code=codes)
    return told
