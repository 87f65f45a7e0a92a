"""The whole region's ledger at one data version, kept as a file and carried on shop by shop.

The file may be deleted at any time. A new version reckons anew only the shops of which lines came or were
worded anew; when the drug catalogue changed, all of them.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

import pandas as pd

from yaotong.durable import beside
from yaotong.errors import StoreError
from yaotong.facts import Facts
from yaotong.ledger.tables import Ledger
from yaotong.reads.ledger_lines import ledger_from
from yaotong.store import loads
from yaotong.store.changes import changes_between
from yaotong.store.factbase import open_facts
from yaotong.workspace import Workspace

_FEEDS = ("sales", "purchases", "stock_moves", "stock_counts")
_NAME = re.compile(r"(\d+)-([0-9a-f]{8})")
_KEYS = ("pharmacy_id", "drug_code", "lot")
_REMEDY = "请清出磁盘空间后再试。"


def region_ledger(ws: Workspace) -> Ledger:
    """The ledger of all shops at the present data version; StoreError when it cannot be kept."""
    with ws.store.read() as connection:
        version = loads.current_version(connection)
    return _at(ws, version)


@lru_cache(maxsize=2)
def _at(ws: Workspace, version: int) -> Ledger:
    folder = ws.settings.cache_dir / "ledger"
    known = _kept(folder)
    if version in known:
        return _read(folder / known[version])
    facts = open_facts(ws.store, version=version)
    earlier = max((one for one in known if one < version), default=None)
    touched = None if earlier is None else touched_shops(ws, facts, earlier, version)
    if earlier is None or touched is None:
        made = ledger_from(facts)
    else:
        made = carried_on(_read(folder / known[earlier]), facts, touched)
    _keep(folder, version, made)
    return made


def touched_shops(ws: Workspace, facts: Facts, since: int, until: int) -> frozenset[str] | None:
    """Shops whose ledger the loads between two versions may have changed; None: all of them."""
    backend = facts.sales.get_backend()
    with ws.store.read() as connection:
        changes = changes_between(backend, connection, ws.store.facts_dir, since, until)
    if "drugs" in changes.registries:
        return None
    shops = [
        changes.lines[feed].select("pharmacy_id").distinct().to_pandas()["pharmacy_id"]
        for feed in _FEEDS
        if feed in changes.lines
    ]
    return frozenset(pd.concat(shops)) if shops else frozenset()


def carried_on(known: Ledger, facts: Facts, touched: frozenset[str]) -> Ledger:
    """A known ledger with some shops reckoned anew."""
    fresh = ledger_from(facts, shops=touched)
    months = _joined(known.months, fresh.months, touched)
    last = months["month"].max() if len(months) else ""
    if len(known.months) and last != known.months["month"].max():
        return ledger_from(facts)  # another month began: every shelf has a row more
    return Ledger(_joined(known.spans, fresh.spans, touched), months)


def _joined(known: pd.DataFrame, fresh: pd.DataFrame, touched: frozenset[str]) -> pd.DataFrame:
    parts = [one for one in (known[~known["pharmacy_id"].isin(touched)], fresh) if len(one)]
    if not parts:
        return known.iloc[:0]
    column = "month" if "month" in known.columns else "closed_at"
    return pd.concat(parts).sort_values([*_KEYS, column], ignore_index=True)


def _kept(folder: Path) -> dict[int, str]:
    """Folders by version, of this code alone."""
    if not folder.is_dir():
        return {}
    named = [(one.name, _NAME.fullmatch(one.name)) for one in folder.iterdir()]
    return {int(found[1]): name for name, found in named if found and found[2] == _code()}


def _read(folder: Path) -> Ledger:
    return Ledger(pd.read_parquet(folder / "spans.parquet"), pd.read_parquet(folder / "months.parquet"))


def _keep(folder: Path, version: int, made: Ledger) -> None:
    """Write a version beside the others, then forget all but the two newest."""
    target = folder / f"{version}-{_code()}"
    with beside(target, _REMEDY, parents=True) as room:
        try:
            made.spans.to_parquet(room / "spans.parquet", index=False)
            made.months.to_parquet(room / "months.parquet", index=False)
            if not target.exists():
                room.rename(target)
        except OSError as error:
            if not target.exists():  # somebody else put the same one there first
                raise StoreError(f"台账写不下：{error.strerror}。{_REMEDY}") from error
    for old in sorted(_kept(folder))[:-2]:
        _forget(folder / _kept(folder)[old])


def _forget(folder: Path) -> None:
    for name in ("spans.parquet", "months.parquet"):
        (folder / name).unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


@lru_cache(maxsize=1)
def _code() -> str:
    """What the code that made a file is told by: a ledger of other code is made anew."""
    home = Path(__file__).resolve().parents[1]
    files = [*sorted((home / "ledger").glob("*.py")), home / "reads" / "ledger_lines.py", Path(__file__)]
    return hashlib.sha256(b"".join(one.read_bytes() for one in files)).hexdigest()[:8]
