"""What a region tells another of a case: first a masked preview, after acceptance the lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

import pandas as pd

from yaotong.acts.partners import Link
from yaotong.acts.purposes import LONGEST, Purpose, enter, use
from yaotong.store import Connection, exchange, loads, registry
from yaotong.store.factbase import open_sold
from yaotong.store.schema import pharmacy
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

FIELDS = ("pharmacy", "sold_at", "drug", "quantity")
_MOST_LINES = 500
_BAND = 5


def preview(workspace: Workspace, link: Link, match: Any) -> Mapping[str, Any]:
    """Masked: the window, the total in steps, and counts of lines and shops in bands of five."""
    lines = _lines(workspace, link, match)
    return {
        "categories": list(link.agreement.categories),
        "since": str(match.since),
        "until": str(match.until),
        "steps": match.steps,
        "lines": _band(len(lines)),
        "shops": _band(lines["pharmacy_id"].nunique()),
    }


def disclosed(
    workspace: Workspace, connection: Connection, link: Link, row: Any, actor: Viewer, now: datetime
) -> Mapping[str, Any]:
    """The lines of the buyer in the window, each field entered in the purpose ledger for the other region."""
    match = exchange.match(connection, row.token)
    receiver, subject = f"region:{link.partner.region}", f"match:{row.token}"
    last = min(link.agreement.valid_until, now.date() + LONGEST)
    purpose = Purpose(receiver, FIELDS, subject, row.case_id, link.agreement.basis, last)
    enter(connection, purpose, actor=actor, now=now)
    case = (receiver, subject, row.case_id)
    for field in FIELDS:
        use(connection, field, case, actor=actor, now=now)
    lines = _lines(workspace, link, match)
    shops = registry.called(connection, pharmacy, "license_no", "name", lines["pharmacy_id"].tolist())
    told = [_told(one, shops) for one in lines.head(_MOST_LINES).to_dict("records")]
    return {"lines": told, "of": len(lines)}


def _told(line: Mapping[Any, Any], shops: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "sold_at": f"{line['sold_at']:%Y-%m-%d}",
        "pharmacy": shops.get(line["pharmacy_id"], line["pharmacy_id"]),
        "drug": line["drug_name"],
        "quantity": line["quantity"],
    }


def _lines(workspace: Workspace, link: Link, match: Any) -> pd.DataFrame:
    with workspace.store.read() as connection:
        version = loads.current_version(connection)
    lines = open_sold(workspace.store, version).sales_of(*link.agreement.categories)
    start = datetime.combine(match.since, time())
    end = datetime.combine(match.until + timedelta(days=1), time())
    mine = lines.filter(lines.buyer_key == match.buyer_key, lines.sold_at >= start, lines.sold_at < end)
    names = ("sold_at", "pharmacy_id", "drug_name", "quantity")
    found: pd.DataFrame = mine.select(*names).order_by("sold_at", "pharmacy_id").to_pandas()
    return found


def _band(count: int) -> str:
    low = max(count - 1, 0) // _BAND * _BAND + 1
    return f"{low}–{low + _BAND - 1}" if count else "0"
