"""The nearest as text, put together from parts that are written once for each shop.

What :func:`yaotong.reads.public.nearest` says, to the letter of its JSON (keys in order, nothing between), at
a tenth of the work: a test compares the two. The parts are kept by shop, never by who asked or from where.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from json.encoder import encode_basestring as _quoted
from typing import Any, NamedTuple

from yaotong.reads import public
from yaotong.reads.fitting import Wanted
from yaotong.reads.register import Register, register
from yaotong.reads.shut import shut_until
from yaotong.reads.standing_facts import standing
from yaotong.workspace import Workspace

_encode: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":")
).encode
_MOST_PARTS = 30_000
_STRETCHES = (
    ("", "distance_m"), ("distance_m", "next_change"), ("open_state", "shut_until"), ("shut_until", "\uffff")
)  # fmt: skip
_WORDS = {None: "null", True: "true", False: "false"}
# Up to the distance, from there to when it opens, to until when it is shut, to the end; and the hours.
_Parts = tuple[str, str, str, str, str | None]


class Said(NamedTuple):
    """An answer; from where it was asked (WGS-84), and how far (metres) and in which state each shop is."""

    text: str
    here: tuple[float, float]
    found: tuple[tuple[float, str], ...]


def nearest_text(
    ws: Workspace,
    lon: float,
    lat: float,
    *,
    crs: str = "wgs84",
    limit: int = 10,
    at: datetime,
    wanted: Wanted,
) -> Said:
    """The answer as JSON text; arguments and errors are those of :func:`public.nearest`."""
    here, moment = public.asked_from(lon, lat, crs, limit), wanted.open_at or at
    if wanted.drug or wanted.on_duty or wanted.in_stock:
        return _whole(public.nearest(ws, lon, lat, crs=crs, limit=limit, at=at, wanted=wanted), here)
    known = register(ws)
    chosen = known.chosen(replace(wanted, open_at=public.whole_minute(wanted.open_at)), moment.date())
    numbers, distances = known.index.query(*here, limit, keep=chosen)
    features, states = [], []
    for number, far in zip(numbers.tolist(), distances.tolist(), strict=True):
        text, state = _feature(known, number, far, moment)
        features.append(text)
        states.append((far, state))
    notes, sources = _encode(public.notes_of(moment)), _encode(list(known.sources))
    head = f'{{"at":"{moment.isoformat()}+08:00","features":[{",".join(features)}],"notes":{notes},'
    return Said(f'{head}"sources":{sources},"type":"FeatureCollection"}}\n', here, tuple(states))


def _whole(answer: dict[str, Any], here: tuple[float, float]) -> Said:
    """An answer about a medicine or a pharmacist, written in one piece."""
    told = [one["properties"] for one in answer["features"]]
    found = tuple((float(one["distance_m"]), str(one["open_state"])) for one in told)
    return Said(f"{_encode(answer)}\n", here, found)


def _feature(known: Register, number: int, far: float, moment: datetime) -> tuple[str, str]:
    head, middle, tail, last, hours = _parts(known, number, moment)
    closures = known.shelf.closures
    shut = shut_until(closures, number, moment.date()) if closures else None
    state = public.state_of_hours(hours, moment, shut)
    change = f'"{state["next_change"]}"' if state["next_change"] else "null"
    opens = f'"next_change":{change},"open_state":"{state["open_state"]}",'
    closed = "" if shut is None else f'"shut_until":"{shut.isoformat()}",'
    return f'{head}"distance_m":{round(far)},{middle}{opens}{tail}{closed}{last}', str(state["open_state"])


def _parts(known: Register, number: int, moment: datetime) -> _Parts:
    """How old an entry is changes with the day: what was written yesterday is written anew."""
    kept, key = known.kept, (number, moment.date())
    parts: _Parts | None = kept.get(key)
    if parts is None:
        parts = kept[key] = _made(known, number, moment)
        if len(kept) > _MOST_PARTS:
            kept.pop(next(iter(kept)), None)
    return parts


def _made(known: Register, number: int, moment: datetime) -> _Parts:
    row = known.row(number)
    one = public.feature(row, None)
    told = dict(one["properties"], facts=standing(row, row["checked"], moment, known.stale_days))

    first, second, third, last = [
        ",".join([f"{quoted}:{_json(told[name])}" for name, quoted in stretch])
        for stretch in _stretches(tuple(told))
    ]
    head = f'{{"geometry":{_encode(one["geometry"])},"id":{_encode(one["id"])},"properties":{{'
    return (
        f"{head}{first},",
        f"{second},",
        f"{third},",
        f'{last}}},"type":"Feature"}}',
        told["opening_hours"],
    )


@lru_cache(maxsize=16)
def _stretches(names: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Names in order, and quoted: between the three that depend on the hour and on who asks."""
    return tuple(
        tuple((one, _encode(one)) for one in sorted(names) if low < one < high) for low, high in _STRETCHES
    )


def _json(value: Any) -> str:
    """As `_encode`, without its way there for what most values are."""
    if type(value) is str:
        return _quoted(value)
    if value is None or type(value) is bool:
        return _WORDS[value]
    return "[]" if value == [] else _encode(value)
