"""What a citizen asks the finder: from where, for what, and when. Read from the address alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from flask import request

from webapp import asking
from yaotong.codes import CATEGORIES
from yaotong.reads import public
from yaotong.reads.fitting import Wanted
from yaotong.reads.gazetteer import Sought, Spot
from yaotong.reads.medicines import Meant
from yaotong.reads.public import Town
from yaotong.workspace import Workspace

PAGE_ROWS, MOST_ROWS = 20, 100


@dataclass(frozen=True, slots=True)
class Place:
    """From where distances are measured; `others`: what else its name may have meant."""

    lon: float
    lat: float
    crs: str
    name: str = ""
    within: str = ""
    town: Town | None = None
    others: tuple[Spot, ...] = ()

    @property
    def own(self) -> bool:
        """Whether it is where the citizen is."""
        return not self.name


@dataclass(frozen=True, slots=True)
class Question:
    """A search: the wish, the place or None, and what the words for a place and for a medicine came to."""

    wanted: Wanted
    place: Place | None
    rows: int
    words: str
    near: tuple[Spot, ...] = ()
    medicine: str = ""
    meant: Meant | None = None

    @property
    def asked(self) -> bool:
        """Whether anything was asked at all."""
        return self.place is not None or bool(self.words)


def question(ws: Workspace, now: datetime) -> Question:
    """The search that the address of this request asks for; UsageError for what makes no sense."""
    asked = request.args
    wanted, words = _wanted(now), asking.words(asked, "q")
    rows = min(max(asking.whole(asked, "rows", PAGE_ROWS), 1), MOST_ROWS)
    medicine = wanted.drug if wanted.drug not in CATEGORIES else ""
    meant = public.medicines(ws, medicine, now) if medicine else None
    sought = _sought(ws, words, now)
    place = _place(ws, sought, now)
    if place is not None and sought.sure:
        return Question(wanted, place, rows, words, (), medicine, meant)
    near = () if sought.sure else sought.spots
    return Question(replace(wanted, text=words), place, rows, words, near, medicine, meant)


def _wanted(now: datetime) -> Wanted:
    asked = request.args
    at = asking.moment(asked, "at", now)
    return Wanted(
        open_at=at or (now if asking.flag(asked, "open") else None),
        insurance=asking.flag(asked, "insurance") or None,
        dual_channel=asking.flag(asked, "dual") or None,
        all_night=bool(asking.flag(asked, "night")),
        services=asking.several(asked, "service"),
        drug=asking.words(asked, "drug") or asking.words(asked, "scope"),
        on_duty=bool(asking.flag(asked, "pharmacist")),
        in_stock=bool(asking.flag(asked, "stock")),
    )


def _sought(ws: Workspace, words: str, now: datetime) -> Sought:
    """What the words for a place mean, unless they are said to be a shop's name."""
    if not words or request.args.get("by") == "name":
        return Sought(sure=False)
    found = public.register(ws).places(now.date()).search(words)
    if found.sure or not _names_a_shop(ws, words, now):
        return found
    return Sought()


def _names_a_shop(ws: Workspace, words: str, now: datetime) -> bool:
    return bool(public.pharmacies(ws, at=now, wanted=Wanted(text=words), limit=1)["features"])


def _place(ws: Workspace, sought: Sought, now: datetime) -> Place | None:
    """A named place goes first: it was asked for by hand. Then the own position, then the chosen town."""
    asked, known = request.args, public.register(ws)
    chosen = known.places(now.date()).by_key.get(asking.words(asked, "place"))
    if sought.sure:
        first, *rest = [one for one in sought.spots if one == chosen] or sought.spots
        return _named(first, tuple(one for one in (*rest, *sought.spots) if one != first))
    if asked.get("lon") and asked.get("lat"):
        crs = asked.get("crs") or "wgs84"
        return Place(asking.required(asked, "lon"), asking.required(asked, "lat"), crs)
    if chosen is not None:
        return _named(chosen, ())
    town = next((one for one in known.towns if one.area_code == asked.get("town")), None)
    return None if town is None else Place(town.lon, town.lat, "wgs84", town.area_name, "", town)


def _named(spot: Spot, others: tuple[Spot, ...]) -> Place:
    unlike = {one.key: one for one in others}
    return Place(spot.lon, spot.lat, "wgs84", spot.name, spot.within, None, tuple(unlike.values()))
