"""How far each entry of the register can be trusted: who said it last, when, and whether that is long ago."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

# What a visit looks at, by the columns of the register that hold it.
KINDS: Mapping[str, tuple[str, ...]] = {
    "hours": ("opening_hours",),
    "place": ("address", "source_lon", "source_lat"),
    "phone": ("phone",),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """When published visits last confirmed each entry as it now is, and when they found it wrong since."""

    confirmed: Mapping[str, date] = field(default_factory=dict)
    wrong: Mapping[str, date] = field(default_factory=dict)


NEVER = Checked()


def checked_of(
    visits: Iterable[Mapping[str, Any]], said: Mapping[str, Mapping[str, date]]
) -> dict[str, Checked]:
    """What published visits say of each shop's entries, by licence number.

    `said`: for each kind of entry the day its present wording arrived, of the shops where it ever changed:
    a visit before that day spoke of another wording, and says nothing now.
    """
    found: dict[str, Checked] = {}
    for one in sorted(visits, key=lambda visit: visit["checked_on"]):
        shop = one["license_no"]
        known = found.setdefault(shop, Checked({}, {}))
        for kind in KINDS:
            day = one["checked_on"]
            if one[kind] is None or day < said[kind].get(shop, day):
                continue
            told, other = (known.confirmed, known.wrong) if one[kind] else (known.wrong, known.confirmed)
            told[kind] = day  # type: ignore[index]
            other.pop(kind, None)  # type: ignore[attr-defined]
    return found


def standing(
    row: Mapping[Any, Any], checked: Checked, moment: datetime, stale_days: int
) -> Mapping[str, Mapping[str, str]]:
    """For hours, place and phone: `as_of` (the register said so), `checked_on`, and `state`.

    `state` is known, old (nobody said or saw it lately) or doubted (the last visit found it wrong); an entry
    that is empty has none. What comes back is shared: it is not to be changed.
    """
    arrived, today = row["arrived_at"], moment.date()
    sent = arrived[:10] if isinstance(arrived, str) else ""
    filled = tuple(kind for kind, (first, *_) in KINDS.items() if row[first] and isinstance(row[first], str))
    if checked is NEVER:
        return _unseen(filled, sent, today, stale_days)
    return _standing(filled, sent, checked, today, stale_days)


@lru_cache(maxsize=1_000)
def _unseen(filled: tuple[str, ...], sent: str, today: date, stale_days: int) -> dict[str, dict[str, str]]:
    """Of a shop that nobody visited, as nearly all are: alike for all whose entry came on one day."""
    return _standing(filled, sent, NEVER, today, stale_days)


def _standing(
    filled: tuple[str, ...], sent: str, checked: Checked, today: date, stale_days: int
) -> dict[str, dict[str, str]]:
    said_on = date.fromisoformat(sent) if sent else None
    found: dict[str, dict[str, str]] = {}
    for kind in filled:
        seen, wrong = checked.confirmed.get(kind), checked.wrong.get(kind)
        days = [one for one in (said_on, seen) if one is not None]
        if not days:
            continue
        old = (today - max(days)).days > stale_days
        told = {"state": "doubted" if wrong is not None else "old" if old else "known"}
        for name, day in (("as_of", said_on), ("checked_on", wrong or seen)):
            if day is not None:
                told[name] = day.isoformat()
        found[kind] = told
    return found
