"""The nearest as text, put together from parts that are written once for each shop.

What :func:`yaotong.reads.public.nearest` says, to the letter of its JSON (keys in order, nothing between), at
a tenth of the work: a test compares the two. The parts are kept by shop, never by who asked or from where.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from yaotong.reads import public
from yaotong.reads.fitting import Wanted, categories_of, in_scope
from yaotong.reads.opening import opening
from yaotong.reads.register import Register, register
from yaotong.workspace import Workspace

_encode: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":")
).encode
_MOST_PARTS = 30_000
# Up to the distance, from there to when it opens, from there to the end; and the hours and the scope.
_Parts = tuple[str, str, str, str | None, object]


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
    known = register(ws)
    chosen = known.chosen(replace(wanted, open_at=public.whole_minute(wanted.open_at)), moment.date())
    numbers, distances = known.index.query(*here, limit, keep=chosen)
    meant = categories_of(wanted.drug, known.shelf.drugs) if wanted.drug else None
    found = zip(numbers.tolist(), distances.tolist(), strict=True)
    features, states = [], []
    for number, far in found:
        text, state = _feature(known, number, far, moment, meant)
        features.append(text)
        states.append((far, state))
    notes, sources = (_encode(public.notes_of(known, moment, wanted)), _encode(list(known.sources)))
    head = f'{{"at":"{moment.isoformat()}+08:00","features":[{",".join(features)}],"notes":{notes},'
    return Said(f'{head}"sources":{sources},"type":"FeatureCollection"}}\n', here, tuple(states))


def _feature(
    known: Register, number: int, far: float, moment: datetime, meant: frozenset[str] | None
) -> tuple[str, str]:
    head, middle, tail, hours, scope = _parts(known, number)
    state = opening(hours, moment)
    change = f'"{state.next_change.isoformat()}+08:00"' if state.next_change else "null"
    fits = "" if meant is None else f'"drug_in_scope":"{in_scope(scope, meant)}",'
    opens = f'"next_change":{change},"open_state":"{state.state}",'
    return f'{head}"distance_m":{round(far)},{fits}{middle}{opens}{tail}', state.state


def _parts(known: Register, number: int) -> _Parts:
    kept: OrderedDict[int, _Parts] = known.kept
    parts = kept.get(number)
    if parts is None:
        parts = kept[number] = _made(known, number)
        if len(kept) > _MOST_PARTS:
            kept.pop(next(iter(kept)), None)
    return parts


def _made(known: Register, number: int) -> _Parts:
    row = known.row(number)
    one = public.feature(row, None)
    told = dict(sorted(one["properties"].items()))
    texts = {name: f"{_encode(name)}:{_encode(value)}" for name, value in told.items()}
    names = list(texts)
    before = [texts[one] for one in names if one < "distance_m"]
    between = [texts[one] for one in names if "drug_in_scope" < one < "next_change"]
    after = [texts[one] for one in names if one > "open_state"]
    head = f'{{"geometry":{_encode(one["geometry"])},"id":{_encode(one["id"])},"properties":{{'
    return (
        head + "".join(f"{text}," for text in before),
        "".join(f"{text}," for text in between),
        ",".join(after) + '},"type":"Feature"}',
        told["opening_hours"],
        row["scope"],
    )
