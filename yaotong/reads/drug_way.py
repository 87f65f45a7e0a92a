"""The whole way of a drug, or of one lot of it: who supplied it, which shops held it, where it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from yaotong.errors import NotFound
from yaotong.facts import Facts, Window
from yaotong.reads.alert_place import Place, place_of
from yaotong.reads.alerts import Names
from yaotong.reads.ledger_lines import narrowed
from yaotong.reads.ledger_view import need_ledger, shops_seen
from yaotong.store import registry
from yaotong.store.factbase import open_facts
from yaotong.store.schema import drug, supplier
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

DAYS = 92
FLOW_COLUMNS = ("source", "target", "packs")
_SHOPS_SHOWN = 12
SUPPLIER, SHOP, END = "supplier", "shop", "end"


@dataclass(frozen=True, slots=True)
class DrugWay:
    """Flows of packs between nodes named "kind:key" (FLOW_COLUMNS), names of nodes, and where they lie.

    `packs` by shop tells sold packs; `lots` are the lots of the drug in the window, most sold first.
    """

    drug_code: str
    name: str
    lot: str
    window: Window
    flows: pd.DataFrame
    names: Mapping[str, str]
    lots: tuple[tuple[str, float], ...]
    place: Place | None
    sold: Mapping[str, float]
    moved: tuple[tuple[str, str, float], ...]


def drug_way(
    ws: Workspace,
    viewer: Viewer,
    drug_code: str,
    lot: str = "",
    *,
    since: date | None = None,
    until: date | None = None,
) -> DrugWay:
    """The way of a drug in the viewer's area, the last quarter of data unless asked; NotFound for no drug."""
    need_ledger(viewer)
    with ws.store.read() as connection:
        called = registry.called(connection, drug, "drug_code", "drug_name", [drug_code])
        names = Names.read(connection)
        firms = registry.read(connection, supplier, names=("uscc", "name"))
    if drug_code not in called:
        raise NotFound(f"药品目录里没有 {drug_code}。")
    facts = open_facts(ws.store)
    window = _window(facts, since, until)
    seen = shops_seen(ws, viewer)
    few = narrowed(facts, shops=seen, drugs=[drug_code])
    lines = _lines(few, window)
    lots = lines[lines["kind"] == "sold"].groupby("batch_no")["packs"].sum().sort_values(ascending=False)
    if lot:
        lines = lines[lines["batch_no"] == lot]
        if lines.empty:
            raise NotFound(f"这段时间里没有批号 {lot} 的任何一行。")
    flows = flows_of(lines)
    sold = lines[lines["kind"] == "sold"].groupby("pharmacy_id")["packs"].sum()
    moved = lines[lines["kind"] == "moved_out"].groupby(["pharmacy_id", "counterpart"])["packs"].sum()
    return DrugWay(
        drug_code, called[drug_code], lot, window, flows,
        {**dict(zip(firms["uscc"], firms["name"], strict=True)), **names.shops},
        tuple((str(one), float(packs)) for one, packs in lots.head(20).items()),
        place_of(ws, _town(few, sold), list(sold.index)),
        {str(shop): float(packs) for shop, packs in sold.items()},
        tuple((str(a), str(b), float(packs)) for a, b, packs in moved.reset_index().itertuples(index=False)),
    )  # fmt: skip


def flows_of(lines: pd.DataFrame) -> pd.DataFrame:
    """Packs from node to node: what every shop got and gave; what does not meet comes from or goes nowhere.

    Args:
        lines: pharmacy_id, kind, packs, known (whether a buyer was registered), counterpart, supplier.
    """
    by_kind = lines.pivot_table(index="pharmacy_id", columns="kind", values="packs", aggfunc="sum").fillna(0)
    shown = set(by_kind.sum(axis=1).sort_values(ascending=False).head(_SHOPS_SHOWN).index)
    node = {one: f"{SHOP}:{one}" if one in shown else f"{SHOP}:*" for one in by_kind.index}
    rows = [*_in(lines, node), *_out(lines, node)]
    frame = pd.DataFrame(rows, columns=list(FLOW_COLUMNS)).groupby(["source", "target"], as_index=False).sum()
    rest = _unmet(frame, node)
    frame = pd.concat([frame, rest], ignore_index=True) if len(rest) else frame
    kept: pd.DataFrame = frame[frame["packs"] > 1e-6]
    return kept.sort_values("packs", ascending=False, ignore_index=True)


def _in(lines: pd.DataFrame, node: Mapping[str, str]) -> list[tuple[str, str, float]]:
    bought = lines[lines["kind"].isin(["bought", "moved_in"])]
    named = bought["supplier"].fillna("?").where(bought["kind"] == "bought", ">")
    return [
        (f"{SUPPLIER}:{one}", node[shop], packs)
        for one, shop, packs in zip(named, bought["pharmacy_id"], bought["packs"], strict=True)
    ]


def _out(lines: pd.DataFrame, node: Mapping[str, str]) -> list[tuple[str, str, float]]:
    ends = {"lost": "lost", "sent_back": "sent_back", "moved_out": "moved_out"}
    rows = []
    for shop, kind, known, packs in zip(
        lines["pharmacy_id"], lines["kind"], lines["known"], lines["packs"], strict=True
    ):
        if kind in ("sold", "returned"):
            end = "sold_known" if known else "sold_unknown"
            rows.append((node[shop], f"{END}:{end}", packs if kind == "sold" else -packs))
        elif kind in ends:
            rows.append((node[shop], f"{END}:{ends[kind]}", packs))
    return rows


def _unmet(flows: pd.DataFrame, node: Mapping[str, str]) -> pd.DataFrame:
    """What shops gave beyond what they got has no source known; what they got beyond stays with them."""
    got = flows.groupby("target")["packs"].sum()
    gave = flows.groupby("source")["packs"].sum()
    rows = []
    for shop in sorted(set(node.values())):
        rest = float(got.get(shop, 0.0) - gave.get(shop, 0.0))
        rows.append((shop, f"{END}:shelf", rest) if rest > 0 else (f"{SUPPLIER}:!", shop, -rest))
    return pd.DataFrame(rows, columns=list(FLOW_COLUMNS))


def _lines(facts: Facts, window: Window) -> pd.DataFrame:
    sales, bought, moves = facts.sales, facts.purchases, facts.stock_moves
    sold = _inside(sales, "sold_at", window).select(
        "pharmacy_id", "batch_no", "quantity", known=sales.buyer_key.notnull()
    )
    came = _inside(bought, "received_at", window).select(
        "pharmacy_id", "batch_no", "quantity", supplier=bought.supplier_uscc
    )
    went = _inside(moves, "moved_at", window).select(
        "pharmacy_id", "batch_no", "quantity", "counterpart", move=moves.kind
    )
    parts = [_signed(sold.to_pandas(), "sold", "returned"), _signed(came.to_pandas(), "bought", "sent_back")]
    third = went.to_pandas()
    kinds = {"transfer_in": "moved_in", "transfer_out": "moved_out"}
    third = third.assign(kind=third["move"].map(kinds).fillna("lost"), packs=third["quantity"])
    columns = ["pharmacy_id", "batch_no", "kind", "packs", "known", "counterpart", "supplier"]
    every = [one.reindex(columns=columns) for one in (*parts, third)]
    joined: pd.DataFrame = pd.concat(every, ignore_index=True)
    return joined


def _signed(frame: pd.DataFrame, plus: str, minus: str) -> pd.DataFrame:
    kind = np.where(frame["quantity"] < 0, minus, plus)
    told: pd.DataFrame = frame.assign(kind=kind, packs=frame["quantity"].abs())
    return told


def _inside(lines: ir.Table, moment: str, window: Window) -> ir.Table:
    return lines.filter(lines[moment] >= window.start, lines[moment] < window.end)


def _window(facts: Facts, since: date | None, until: date | None) -> Window:
    last = facts.sales.sold_at.max().to_pandas()
    end = until or (date(1970, 1, 1) if pd.isna(last) else last.date())
    start = since or end - timedelta(days=DAYS - 1)
    return Window(min(start, end), end)


def _town(facts: Facts, sold: pd.Series) -> str | None:
    """The town of the shop that sold most, for the map to begin with."""
    if sold.empty:
        return None
    best = str(sold.idxmax())
    shops = facts.pharmacies
    found = shops.filter(shops.pharmacy_id == best).select("area_code").to_pandas()["area_code"].dropna()
    return None if found.empty else str(found.iloc[0])
