"""The ledger as a department may see it: shelves that do not balance, and a shop's months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from yaotong.errors import Forbidden, NotFound
from yaotong.ledger.entries import KINDS, SIGNS
from yaotong.ledger.judge import REASONS, VERDICTS
from yaotong.reads.alerts import Names
from yaotong.reads.ledger_lines import ledger_from
from yaotong.reads.ledger_region import region_ledger
from yaotong.reads.pharmacy import in_sight
from yaotong.reads.sight import sight_of
from yaotong.store import registry
from yaotong.store.factbase import open_facts
from yaotong.store.schema import drug, placement
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

_NEEDED = frozenset({"pharmacy", "drug", "quantity"})
_SIGNS = dict(zip(KINDS, SIGNS.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed to; empty: everything that does not balance."""

    verdict: str = ""
    drug_code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class LedgerView:
    """Spans (a row to a dict), how many there are by verdict, and months that cannot be told by reason."""

    rows: tuple[Mapping[Any, Any], ...]
    matching: int
    verdicts: Mapping[str, int]
    untold: Mapping[str, int]
    drugs: Mapping[str, str]


def may_see_ledger(viewer: Viewer) -> bool:
    """Whether a department's sight is of all lines, with shop, drug and packs."""
    sight = sight_of(viewer.department, "lead")
    return viewer.works and sight.lines == "all" and sight.fields >= _NEEDED


def need_ledger(viewer: Viewer) -> None:
    """Forbidden for a department that may not see all lines."""
    if not may_see_ledger(viewer):
        raise Forbidden("台账含逐店逐药的数量，本部门只见合计或结算过的明细，不能查看。")


def ledger_view(ws: Workspace, viewer: Viewer, asked: Asked, *, first: int = 0, most: int = 50) -> LedgerView:
    """Spans of the viewer's area, the gravest first; Forbidden for who may not see them."""
    frame, untold = spans_seen(ws, viewer, asked)
    whole = spans_seen(ws, viewer, Asked())[0] if asked != Asked() else frame
    part = frame.iloc[first : first + most]
    counted = Counter(whole["verdict"])
    return LedgerView(
        rows=tuple(part.to_dict("records")),
        matching=len(frame),
        verdicts={one: counted.get(one, 0) for one in VERDICTS},
        untold={one: untold.get(one, 0) for one in REASONS},
        drugs=dict(sorted(zip(whole["drug_code"], whole["drug_name"], strict=True))),
    )


def spans_seen(ws: Workspace, viewer: Viewer, asked: Asked) -> tuple[pd.DataFrame, Mapping[str, int]]:
    """All spans asked for, with names, the gravest first; months that cannot be told, counted by reason."""
    need_ledger(viewer)
    whole = region_ledger(ws)
    spans, months = (_seen(ws, viewer, one) for one in (whole.spans, whole.months))
    # A lot that nobody counts by itself is told of in its drug as a whole.
    uncounted = (months["lot"] != "") & (months["reason"] == REASONS[0])
    untold = Counter(months.loc[(months["verdict"] == "unknown") & ~uncounted, "reason"])
    spans = _named(ws, spans)
    if asked.verdict:
        spans = spans[spans["verdict"] == asked.verdict]
    if asked.drug_code:
        spans = spans[spans["drug_code"] == asked.drug_code]
    if asked.text:
        words = spans["pharmacy"] + " " + spans["pharmacy_id"] + " " + spans["lot"]
        spans = spans[words.str.contains(asked.text, case=False, regex=False)]
    rank = spans["verdict"].map({one: (number - 1) % len(VERDICTS) for number, one in enumerate(VERDICTS)})
    order = spans.assign(rank=rank, size=-spans["gap"].abs()).sort_values(
        ["rank", "closed_at", "size", "pharmacy_id", "drug_code", "lot"],
        ascending=[True, False, True, True, True, True],
    )
    return order.drop(columns=["rank", "size"]), untold


@dataclass(frozen=True, slots=True)
class ShopLedger:
    """A shop's shelves in a month, each with its arithmetic, and the months there are."""

    license_no: str
    name: str
    month: str
    months: tuple[str, ...]
    rows: tuple[Mapping[Any, Any], ...]
    spans: tuple[Mapping[Any, Any], ...]


def shop_ledger(ws: Workspace, viewer: Viewer, license_no: str, month: str = "") -> ShopLedger:
    """A shop's month, the last one unless asked; NotFound outside the viewer's area."""
    frame, spans = shop_tables(ws, viewer, license_no)
    months = tuple(sorted(set(frame["month"]), reverse=True))
    shown = month if month in months else (months[0] if months else "")
    rows = frame[frame["month"] == shown]
    inside = spans[pd.to_datetime(spans["closed_at"]).dt.strftime("%Y-%m") == shown]
    with ws.store.read() as connection:
        name = Names.read(connection).shops.get(license_no, license_no)
    told = tuple({**row, "arithmetic": arithmetic(row)} for row in rows.to_dict("records"))
    return ShopLedger(license_no, name, shown, months, told, tuple(inside.to_dict("records")))


def shop_tables(ws: Workspace, viewer: Viewer, license_no: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A shop's months and spans, with the names of drugs."""
    need_ledger(viewer)
    if not in_sight(ws, viewer, license_no):
        raise NotFound(f"没有药店 {license_no}，或不在您的辖区内。")
    made = ledger_from(open_facts(ws.store), shops=[license_no])
    months, spans = _named(ws, made.months), _named(ws, made.spans)
    if "batch_no" not in sight_of(viewer.department, "lead").fields:
        months, spans = (one[one["lot"] == ""] for one in (months, spans))
    return months, spans


def arithmetic(row: Mapping[Any, Any]) -> str:
    """ "20 + 30 - 25 - 1 = 24": a month's opening, what moved, what a count put right, its closing."""
    opening, closing = row["opening"], row["closing"]
    terms = [("?" if pd.isna(opening) else f"{opening:g}")]
    for kind in KINDS:
        packs = float(row[kind])
        if packs:
            terms.append(f"{'+' if _SIGNS[kind] > 0 else '−'} {packs:g}")
    gap = float(row["gap"])
    if gap:
        terms.append(f"{'−' if gap > 0 else '+'} [{abs(gap):g}]")
    return f"{' '.join(terms)} = {'?' if pd.isna(closing) else f'{closing:g}'}"


def shops_seen(ws: Workspace, viewer: Viewer) -> frozenset[str]:
    """Licence numbers of the shops whose point lies in the viewer's area."""
    with ws.store.read() as connection:
        placed = registry.read(connection, placement, names=("license_no", "area_code"))
    codes = placed["area_code"].astype(object).where(placed["area_code"].notna(), None)
    seen = [viewer.covers(one) for one in codes]
    return frozenset(placed.loc[seen, "license_no"])


def _seen(ws: Workspace, viewer: Viewer, frame: pd.DataFrame) -> pd.DataFrame:
    kept = frame[frame["pharmacy_id"].isin(shops_seen(ws, viewer))]
    lots = "batch_no" in sight_of(viewer.department, "lead").fields
    return kept if lots else kept[kept["lot"] == ""]


def _named(ws: Workspace, frame: pd.DataFrame) -> pd.DataFrame:
    with ws.store.read() as connection:
        names = Names.read(connection)
        drugs = registry.called(connection, drug, "drug_code", "drug_name", frame["drug_code"])
    shop, code = frame["pharmacy_id"], frame["drug_code"]
    return frame.assign(
        pharmacy=shop.map(names.shops).fillna(shop).astype(str),
        drug_name=code.map(drugs).fillna(code).astype(str),
    )
