"""For citizens: the landing page, the pharmacy finder, a shop, and help with dual-channel medicines.

Everything works without JavaScript and signs nobody in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for

from webapp.context import current_workspace
from webapp.find_asking import Question, question
from webapp.locator import drawn
from webapp.reading import is_big
from webapp.unmet import count_unmet
from webapp.ways import Way, ways_to
from yaotong import clock
from yaotong.errors import NotFound
from yaotong.reads import public
from yaotong.reads.fitting import Wanted
from yaotong.reads.sketch import sketch

bp = Blueprint("find", __name__)
# Categories of the business scope that a citizen may want, the plainest first.
DRUGS = ("RX", "OTC_A", "FOUR", "ABX", "DUAL", "COLD", "BLOOD")
SERVICES = (
    "delivery",
    "barrier_free",
    "pharmacist_consultation",
    "cold_chain",
    "expired_drug_return",
    "emergency_drugs",
    "night",
)
# A station of medicines for the people, and what it may do.
STATION = ("service_station", "health_check", "home_medicine_check", "chronic_care")
# Farther than this from every shop, a position is not in this city.
_FAR_M = 30_000


@bp.get("/")
def home() -> str:
    """What this is, and the way to the finder."""
    return render_template("home.html", towns=_towns(), big=is_big())


@bp.get("/find")
def page() -> str:
    """The nearest pharmacies to a place, or those whose name or address holds a text."""
    now = clock.now()
    asked = question(current_workspace(), now)
    found = _found(asked, now)
    if found is not None and asked.place is not None:
        count_unmet(current_workspace(), found, asked.place, asked.wanted, now)
    return render_template(
        "find.html",
        found=found,
        asked=asked,
        wanted=asked.wanted,
        place=asked.place,
        towns=_towns(),
        at=asked.wanted.open_at or now,
        away=_away(asked, found),
        unmet=_unmet(asked, found),
        drugs_meant=_drugs_meant(asked, found, now),
        picture=_picture(asked, found),
        **_choices(),
    )


@bp.get("/find/shop/<path:license_no>")
def shop(license_no: str) -> str:
    """One pharmacy: every entry with who said it and when."""
    now = clock.now()
    found = public.one(current_workspace(), license_no, at=now)
    if found is None:
        raise NotFound("没有这家药店，或它已暂停、关闭。请回到“找药店”重新查找。")
    picture = sketch(public.register(current_workspace()), [found], None)
    at = (None if picture is None else drawn(picture)), now
    return render_template("find_shop.html", one=found, picture=at[0], at=now, big=is_big())


@bp.get("/find/medicines")
def medicines() -> str:
    """国谈药 and dual-channel medicines: where, what a first buyer needs, and the law in plain words."""
    now, ws = clock.now(), current_workspace()
    shops = public.pharmacies(ws, at=now, wanted=Wanted(dual_channel=True), limit=200)
    listed = [one for one in public.register(ws).medicines(now.date()) if one.dual_channel]
    return render_template("find_medicines.html", found=shops, listed=listed, at=now, big=is_big())


def _towns() -> tuple[public.Town, ...]:
    return public.register(current_workspace()).towns


def _choices() -> dict[str, Any]:
    return {"drugs": DRUGS, "services": SERVICES, "station": STATION, "big": is_big()}


def _found(asked: Question, now: datetime) -> dict[str, Any] | None:
    """The answer, or None while nobody has said where or what."""
    workspace, place = current_workspace(), asked.place
    if place is not None:
        return public.nearest(
            workspace,
            place.lon,
            place.lat,
            crs=place.crs,
            limit=asked.rows,
            at=now,
            wanted=asked.wanted,
            ellipsoid=True,
        )
    if asked.words:
        return public.pharmacies(workspace, at=now, wanted=asked.wanted, limit=asked.rows)
    return None


def _away(asked: Question, found: dict[str, Any] | None) -> float | None:
    """How far the nearest shop is from a position outside the city, in metres; else None."""
    if found is None or asked.place is None or not asked.place.own or not found["features"]:
        return None
    nearest: float = found["features"][0]["properties"]["distance_m"]
    return nearest if nearest > _FAR_M else None


def _unmet(asked: Question, found: dict[str, Any] | None) -> str:
    """Why a medicine was not found as hoped: unlisted, silent, nobody (said to have it); "" for all well."""
    if found is None or asked.meant is None:
        return ""
    if not asked.meant.found:
        return "unlisted"
    if not asked.meant.codes:
        return "silent"
    told = {one["properties"].get("stock", {}).get("state") for one in found["features"]}
    return "" if "yes" in told else "nobody"


def _drugs_meant(asked: Question, found: dict[str, Any] | None, now: datetime) -> tuple[str, ...]:
    """The medicines that words name by which no shop and no place is called: it was the wrong field."""
    if found is None or found["features"] or not asked.words or asked.medicine:
        return ()
    return tuple(one.name for one in public.medicines(current_workspace(), asked.words, now).found[:6])


def _picture(asked: Question, found: dict[str, Any] | None) -> Any:
    """The sketch of where the shops lie; None where there is nothing to draw."""
    if found is None or not found["features"]:
        return None
    place = asked.place
    here = None if place is None else public.in_wgs84(place.lon, place.lat, place.crs)
    picture = sketch(public.register(current_workspace()), found["features"], here)
    return None if picture is None else drawn(picture)


@bp.app_template_filter("ways")
def ways(feature: dict[str, Any]) -> list[Way]:
    """Links to a shop in map apps; none for a shop without a position."""
    point = feature["geometry"]
    if point is None:
        return []
    lon, lat = point["coordinates"]
    return ways_to(lon, lat, feature["properties"]["name"])


@bp.app_template_global("again")
def again(**changes: Any) -> str:
    """This very search with some parts changed; None takes a part away."""
    asked = {name: request.args.getlist(name) for name in request.args} | changes
    return url_for("find.page", **{name: value for name, value in asked.items() if value is not None})
