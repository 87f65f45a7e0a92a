"""What tills are answered from, in memory: thirty days of special drugs by buyer, and the catalogue.

Made anew beside the old by one thread when the data version changes; meanwhile the old answers.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from yaotong.errors import StoreError
from yaotong.reads.changing import change_mark
from yaotong.store import loads
from yaotong.store.factbase import open_facts
from yaotong.till.decide import DAYS_KNOWN, Bought, Drug
from yaotong.till.settings import CATEGORIES
from yaotong.traces import kernels
from yaotong.traces.index import Traces
from yaotong.workspace import Workspace

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class TillFacts:
    """At one data version: lines by buyer, drugs by code, the newest sale, and the index of codes if any."""

    version: int
    bought: Mapping[str, tuple[Bought, ...]]
    drugs: Mapping[str, Drug]
    newest: datetime | None
    traces: Traces | None

    def out(self, trace_code: str) -> bool:
        """Whether a code was sold and did not come back, as far as the index knows."""
        if not trace_code or self.traces is None:
            return False
        told = self.traces.codes([trace_code])
        words, said = told.words, told.said
        sold = (words[:, 0] & 1 == 0) & (said != kernels.GONE) & (said != kernels.RESCAN)
        holds = max([1_000_000, *words[said == kernels.BOUGHT, 2].astype("int64").tolist()])
        return bool(words[sold, 2].astype("int64").sum() >= holds)


class TillKeeper:
    """The facts of one workspace, looked at by every question."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._mark = change_mark(ws)
        self._lock = threading.Lock()
        self._known: tuple[int | None, TillFacts] | None = None
        self._making = False

    def current(self, now: datetime) -> TillFacts:
        """The facts as they stand or stood a moment ago; StoreError where there never were any."""
        mark, known = self._mark(), self._known
        if known is None:
            with self._lock:
                if self._known is None:
                    self._known = (mark, read_till_facts(self._ws, now))
                return self._known[1]
        if mark is None or mark != known[0]:
            self._renew(mark, now)
        return known[1]

    def _renew(self, mark: int | None, now: datetime) -> None:
        with self._lock:
            if self._making:
                return
            self._making = True
        threading.Thread(target=self._make, args=(mark, now), daemon=True).start()

    def _make(self, mark: int | None, now: datetime) -> None:
        try:
            with self._ws.store.read() as connection:
                version = loads.current_version(connection)
            known = self._known
            same = known is not None and known[1].version == version
            fresh = known[1] if same and known is not None else read_till_facts(self._ws, now)
            self._known = (mark, fresh)
        except StoreError as error:
            _LOG.warning("till facts were not renewed: %s", error)
        finally:
            self._making = False


def read_till_facts(ws: Workspace, now: datetime) -> TillFacts:
    """The facts a till is answered from, at the present data version."""
    with ws.store.read() as connection:
        version = loads.current_version(connection)
    facts = open_facts(ws.store, version=version)
    newest = facts.sales.sold_at.max().to_pandas()
    sold = facts.sales_of(*CATEGORIES)
    sold = sold.filter(sold.buyer_key.notnull(), sold.sold_at > now - timedelta(days=DAYS_KNOWN + 1))
    frame = sold.select(
        "buyer_key", "sold_at", "categories", "quantity", "active_mg_per_pack", "prescription_no"
    ).to_pandas()
    bought: dict[str, list[Bought]] = {}
    for one in frame.to_dict("records"):
        special = next((name for name in CATEGORIES if f"|{name}|" in one["categories"]), "")
        if special == "EPH" and not pd.isna(one["prescription_no"]):
            continue  # R-P01 counts what was bought without a prescription
        mg = 0.0 if pd.isna(one["active_mg_per_pack"]) else float(one["active_mg_per_pack"])
        line = Bought(one["sold_at"].to_pydatetime(), special, float(one["quantity"]), mg * one["quantity"])
        bought.setdefault(one["buyer_key"], []).append(line)
    folder = ws.settings.cache_dir / "traces"
    return TillFacts(
        version, {key: tuple(some) for key, some in bought.items()}, _drugs(facts.drugs.to_pandas(), now),
        None if pd.isna(newest) else newest.to_pydatetime(), Traces(folder) if folder.is_dir() else None,
    )  # fmt: skip


def _drugs(frame: pd.DataFrame, now: datetime) -> dict[str, Drug]:
    """What the catalogue says on a day; of a drug not in force then, what it last said."""
    day = pd.Timestamp(now.date())
    known: dict[str, Drug] = {}
    spans = frame.assign(
        begins=pd.to_datetime(frame["valid_from"], errors="coerce"),
        ends=pd.to_datetime(frame["valid_to"].astype(str), errors="coerce"),
    )
    force = (spans["begins"].isna() | (spans["begins"] <= day)) & (
        spans["ends"].isna() | (day <= spans["ends"])
    )
    for one in spans.assign(force=force).sort_values("force").to_dict("records"):
        limit, mg = one["limit_per_sale"], one["active_mg_per_pack"]
        known[str(one["drug_code"])] = Drug(
            str(one["drug_name"]), str(one["categories"] or ""),
            None if pd.isna(limit) else float(limit), None if pd.isna(mg) else float(mg),
        )  # fmt: skip
    return known
