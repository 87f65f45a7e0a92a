"""Who bought how much in a window, by pseudonym, with the sealed element of each opened for one matching."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from yaotong.custody import custody_of, period_of
from yaotong.exchange.agreement import Agreement
from yaotong.exchange.matching import Buyer
from yaotong.intake.core.sealer import ELEMENT, about
from yaotong.sealing import unseal
from yaotong.store import loads, vault
from yaotong.store.factbase import open_sold
from yaotong.store.keyring import DataKey, open_keyring
from yaotong.workspace import Workspace

# A sum of split packs falls short of a whole by so little only through rounding.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Takers:
    """The buyers who can take part in a matching, and how many of the window have no sealed element."""

    buyers: tuple[Buyer, ...]
    left_out: int


def takers(
    workspace: Workspace, agreement: Agreement, categories: Sequence[str], since: date, until: date
) -> Takers:
    """The registered buyers of some categories from `since` to `until` (both included) who reach one step."""
    steps = {
        key: min(agreement.threshold, math.floor(total / agreement.step + _ROUNDING))
        for key, total in _totals(workspace, agreement.measure, categories, since, until).items()
    }
    wanted = {key: count for key, count in steps.items() if count >= 1}
    known = _elements(workspace, sorted(wanted), since, until)
    buyers = tuple(Buyer(key, known[key], count) for key, count in wanted.items() if key in known)
    return Takers(buyers, len(wanted) - len(buyers))


def _totals(
    workspace: Workspace, measure: str, categories: Sequence[str], since: date, until: date
) -> Mapping[str, float]:
    """Packs, or mg of the active substance, by pseudonym; returns count off."""
    with workspace.store.read() as connection:
        version = loads.current_version(connection)
    lines = open_sold(workspace.store, version).sales_of(*categories)
    start, end = (datetime.combine(day, time()) for day in (since, until + timedelta(days=1)))
    mine = lines.filter(lines.buyer_key.notnull(), lines.sold_at >= start, lines.sold_at < end)
    amount = mine.quantity if measure == "packs" else mine.quantity * mine.active_mg_per_pack
    found = mine.group_by("buyer_key").agg(total=amount.sum()).to_pandas().dropna()
    return dict(zip(found["buyer_key"].tolist(), found["total"].tolist(), strict=True))


def _elements(workspace: Workspace, buyers: Sequence[str], since: date, until: date) -> dict[str, bytes]:
    """The elements of those who have one that can still be opened, for the quarters of the window."""
    ring = open_keyring(workspace.settings.home, custody_of(workspace.settings.home))
    days = [since + timedelta(days=one) for one in range((until - since).days + 1)]
    periods = sorted({period_of(datetime.combine(one, time())) for one in days})
    keys: dict[str, DataKey | None] = {}
    found: dict[str, bytes] = {}
    with workspace.store.read() as connection:
        for row in vault.elements(connection, buyers, periods):
            if row.key_id not in keys:
                keys[row.key_id] = ring.get(row.key_id)
            key = keys[row.key_id]
            if key is not None and row.buyer_key not in found:
                words = about(row.buyer_key, row.period)
                found[row.buyer_key] = unseal(key.key, ELEMENT, row.element, words, key.algorithm)
    return found
