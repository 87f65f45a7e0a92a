"""The graph of buyers for the few who may see it: by pseudonym, within their area, over any window."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import ibis
import pandas as pd

from yaotong.buyers.graph import Graph, around, graph_of
from yaotong.departments import departments
from yaotong.errors import Forbidden, NotFound, UsageError
from yaotong.facts import Facts, Window
from yaotong.reads.alerts import Names
from yaotong.reads.ledger_view import shops_seen
from yaotong.reads.subjects import buyer_label
from yaotong.rules.buyers import SPECIAL as SPECIAL
from yaotong.store.factbase import open_facts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

DAYS, MOST_DAYS, SHOWN = 30, 366, 100


@dataclass(frozen=True, slots=True)
class Asked:
    """Which categories, days and shops; none: all special ones, the last thirty days, all in the area."""

    categories: tuple[str, ...] = SPECIAL
    since: date | None = None
    until: date | None = None
    shops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuyerRow:
    """A buyer under a handle of this workspace: packs, mg, shops, days and why somebody might ask."""

    handle: str
    label: str
    packs: float
    mg: float
    mg_unknown: int
    shops: int
    days: int
    region: str
    reasons: tuple[str, ...]
    ties: int


@dataclass(frozen=True, slots=True)
class Tie:
    """Two buyers by handle, what ties them, how often, and the packs of those occasions."""

    a: str
    b: str
    reason: str
    times: int
    packs: float


@dataclass(frozen=True, slots=True)
class Purchase:
    """A line of the buyer looked at."""

    at: datetime
    pharmacy: str
    license_no: str
    drug_name: str
    packs: float
    mg: float | None


@dataclass(frozen=True, slots=True)
class BuyersView:
    """Buyers, the most reasons first, and the ties among them; of one buyer also what was bought."""

    window: Window
    buyers: tuple[BuyerRow, ...]
    matching: int
    ties: tuple[Tie, ...]
    purchases: tuple[Purchase, ...] = ()


def need_buyers(viewer: Viewer) -> None:
    """Forbidden for all but the roles that the viewer's department gives this page to."""
    known = departments().get(viewer.department)
    if known is None or viewer.role not in known.buyers:
        raise Forbidden("购药人关系只给公安禁毒岗和牵头部门的负责人看。")


def buyers_view(ws: Workspace, viewer: Viewer, asked: Asked) -> BuyersView:
    """Who gathered special drugs in the window, and what ties them together."""
    need_buyers(viewer)
    lines, window = lines_seen(ws, viewer, asked)
    graph = graph_of(lines)
    rows = _rows(ws, graph, viewer.department)
    shown = rows[:SHOWN]
    return BuyersView(
        window, tuple(shown), len(rows), _ties(ws, graph, {one.handle for one in shown}, viewer.department)
    )


def buyer_view(ws: Workspace, viewer: Viewer, handle: str, asked: Asked) -> BuyersView:
    """One buyer, those within two ties, and the lines; NotFound where the window has none of them."""
    need_buyers(viewer)
    lines, window = lines_seen(ws, viewer, asked)
    keys = {handle_of(ws, one, viewer.department): one for one in lines["buyer_key"].unique()}
    if handle not in keys:
        raise NotFound("这段时间里没有这名购药人的记录，或不在您的辖区内。")
    near = around(graph_of(lines), keys[handle])
    rows = _rows(ws, near, viewer.department)
    rows.sort(key=lambda one: one.handle != handle)
    own = lines[lines["buyer_key"] == keys[handle]].sort_values("sold_at")
    with ws.store.read() as connection:
        names = Names.of(connection, own["pharmacy_id"], ()).shops
    bought = tuple(
        Purchase(
            one["sold_at"].to_pydatetime(), names.get(one["pharmacy_id"], ""), one["pharmacy_id"],
            one["drug_name"], float(one["quantity"]),
            None if pd.isna(one["mg"]) else float(one["mg"] * one["quantity"]),
        )
        for one in own.to_dict("records")
    )  # fmt: skip
    return BuyersView(
        window,
        tuple(rows),
        len(rows),
        _ties(ws, near, {one.handle for one in rows}, viewer.department),
        bought,
    )


def handle_of(ws: Workspace, buyer_key: str, reader: str) -> str:
    """What a department calls a buyer in an address: keyed, so that a log of addresses joins with nothing."""
    key = ws.settings.session_key.encode()
    return hmac.new(key, f"{reader}|{buyer_key}".encode(), hashlib.sha256).hexdigest()[:16]


def lines_seen(ws: Workspace, viewer: Viewer, asked: Asked) -> tuple[pd.DataFrame, Window]:
    """Lines of special drugs with a registered buyer, as `graph_of` takes them, with the drug's name."""
    facts = open_facts(ws.store)
    window = _window(facts, asked)
    seen = shops_seen(ws, viewer)
    wanted = sorted(seen & set(asked.shops) if asked.shops else seen)
    sold = facts.sales_of(*asked.categories)
    sold = sold.filter(sold.buyer_key.notnull(), sold.sold_at >= window.start, sold.sold_at < window.end)
    few = ibis.memtable(pd.DataFrame({"pharmacy_id": pd.Series(wanted, dtype="string")}))
    sold = sold.semi_join(few, "pharmacy_id")
    paid = facts.settlements.filter(facts.settlements.person_key.notnull())
    payers = paid.select("settlement_id", payer="person_key").distinct(on="settlement_id", keep="first")
    places = facts.pharmacies.select("pharmacy_id", "lon", "lat")
    both = sold.left_join(payers, "settlement_id").left_join(places, "pharmacy_id")
    frame: pd.DataFrame = both.select(
        "buyer_key", "pharmacy_id", "sold_at", "quantity", "prescription_no", "payer", "lon", "lat",
        "drug_name", mg=both.active_mg_per_pack, age=both.buyer_age_years, region=both.buyer_region,
    ).to_pandas()  # fmt: skip
    return frame.sort_values(["sold_at", "buyer_key", "pharmacy_id"], ignore_index=True), window


def _window(facts: Facts, asked: Asked) -> Window:
    last = facts.sales.sold_at.max().to_pandas()
    until = asked.until or (date(1970, 1, 1) if pd.isna(last) else last.date())
    since = asked.since or until - timedelta(days=DAYS - 1)
    if since > until or (until - since).days >= MOST_DAYS:
        raise UsageError(f"起止日应由早到晚，最长 {MOST_DAYS} 天。")
    return Window(since, until)


def _rows(ws: Workspace, graph: Graph, reader: str) -> list[BuyerRow]:
    ties = pd.concat([graph.edges["a"], graph.edges["b"]]).value_counts()
    rows = [
        BuyerRow(
            handle_of(ws, one["buyer_key"], reader), buyer_label(one["buyer_key"], reader),
            float(one["packs"]), float(one["mg"]), int(one["mg_unknown"]), int(one["shops"]),
            int(one["days"]), str(one["region"] or ""), one["reasons"], int(ties.get(one["buyer_key"], 0)),
        )
        for one in graph.buyers.to_dict("records")
    ]  # fmt: skip
    rows.sort(key=lambda one: (-len(one.reasons) - min(one.ties, 3), -one.packs, one.handle))
    return rows


def _ties(ws: Workspace, graph: Graph, shown: set[str] | Sequence[str], reader: str) -> tuple[Tie, ...]:
    made = [
        Tie(handle_of(ws, a, reader), handle_of(ws, b, reader), str(why), int(times), float(packs))
        for a, b, why, times, packs in graph.edges.itertuples(index=False)
    ]
    return tuple(one for one in made if one.a in shown and one.b in shown)
