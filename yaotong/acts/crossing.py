"""Make the confirmed matches of a run known to the rules: a data version of their own, as any load makes."""

from __future__ import annotations

import hashlib
from datetime import datetime

import pandas as pd

from yaotong.acts.partners import Link
from yaotong.codes import Outcome
from yaotong.records import Receipt
from yaotong.store import Connection, exchange, loads, registry
from yaotong.store.exchange_tables import cross_match

FEED = "cross_matches"


def tell_matches(connection: Connection, link: Link, run_id: str, by: str, now: datetime) -> None:
    """Write a run's matches, whose totals both sides have told, within the transaction that ends the run."""
    run, agreed = exchange.run(connection, run_id), link.agreement
    rows = exchange.matches_of(connection, run_id)
    if run is None or not rows:
        return
    said = {
        "region": link.partner.region,
        "categories": f"|{'|'.join(agreed.categories)}|",
        "window_since": run.since,
        "window_until": run.until,
        "measure": agreed.measure,
        "threshold": agreed.threshold * agreed.step,
    }
    frame = pd.DataFrame(
        [
            {**said, "token": row.token, "buyer_key": row.buyer_key, "row_sha": row.token,
             "total": (row.steps + (row.their_steps or 0)) * agreed.step}
            for row in rows
        ]
    )  # fmt: skip
    version = loads.next_version(connection)
    applied = registry.apply(connection, cross_match, ("token",), frame, version)
    if applied.changed:
        digest = hashlib.sha256(run_id.encode()).hexdigest()
        receipt = Receipt(
            file=f"exchange {run_id[:8]}", feed=FEED, sha256=digest, outcome=Outcome.ACCEPTED,
            rows=applied.changed, accepted=applied.changed, duplicates=0, rejected=(), profile="exchange",
        )  # fmt: skip
        loads.record(connection, receipt, version=version, sent_by=by, arrived_at=now)
