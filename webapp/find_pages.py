"""For citizens: the landing page and the pharmacy finder. Works without JavaScript and signs nobody in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from webapp import asking
from webapp.context import current_lang, current_workspace
from webapp.unmet import count_unmet
from webapp.words import say
from yaotong import clock
from yaotong.reads import public
from yaotong.reads.fitting import Wanted
from yaotong.reads.public import Town

bp = Blueprint("find", __name__)
BIG_COOKIE = "yaotong-big"
PAGE_ROWS = 20
# Categories of the business scope that a citizen may want, the plainest first.
DRUGS = ("RX", "OTC_A", "FOUR", "ABX", "DUAL", "COLD", "BLOOD")
SERVICES = (
    "delivery",
    "night",
    "pharmacist_consultation",
    "emergency_drugs",
    "expired_drug_return",
    "cold_chain",
)
_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


@dataclass(frozen=True, slots=True)
class Place:
    """From where distances are measured: the citizen's own position, or the middle of a town."""

    lon: float
    lat: float
    crs: str
    town: Town | None


@bp.get("/")
def home() -> str:
    """What this is, and the way to the finder."""
    towns = public.register(current_workspace()).towns
    return render_template("home.html", towns=towns, big=_is_big())


@bp.get("/find")
def page() -> Response:
    """The nearest pharmacies to a place, or those whose name or address holds a text."""
    now, towns = clock.now(), public.register(current_workspace()).towns
    wanted, place = _wanted(now), _place(towns)
    found = _found(wanted, place, now)
    if found is not None and place is not None:
        count_unmet(current_workspace(), found, place, wanted, now)
    response = make_response(
        render_template(
            "find.html",
            found=found,
            wanted=wanted,
            place=place,
            towns=towns,
            drugs=DRUGS,
            services=SERVICES,
            at=now,
            big=_is_big(),
        )
    )
    if request.args.get("big") in ("0", "1"):
        response.set_cookie(BIG_COOKIE, request.args["big"], max_age=31_536_000, samesite="Lax")
    return response


def _found(wanted: Wanted, place: Place | None, now: datetime) -> dict[str, Any] | None:
    """The answer, or None while nobody has said where or what."""
    workspace = current_workspace()
    if place is not None:
        return public.nearest(
            workspace, place.lon, place.lat, crs=place.crs, limit=PAGE_ROWS, at=now, wanted=wanted
        )
    if wanted.text:
        return public.pharmacies(workspace, at=now, wanted=wanted, limit=PAGE_ROWS)
    return None


def _wanted(now: datetime) -> Wanted:
    asked = request.args
    return Wanted(
        open_at=now if asking.flag(asked, "open") else None,
        insurance=asking.flag(asked, "insurance") or None,
        dual_channel=asking.flag(asked, "dual") or None,
        all_night=bool(asking.flag(asked, "night")),
        services=asking.several(asked, "service"),
        drug=asking.words(asked, "drug"),
        text=asking.words(asked, "q"),
    )


def _place(towns: tuple[Town, ...]) -> Place | None:
    """A position wins over a town: who shares it wants it used."""
    asked = request.args
    if asked.get("lon") and asked.get("lat"):
        crs = asked.get("crs") or "wgs84"
        return Place(asking.required(asked, "lon"), asking.required(asked, "lat"), crs, None)
    town = next((one for one in towns if one.area_code == asked.get("town")), None)
    return None if town is None else Place(town.lon, town.lat, "wgs84", town)


def _is_big() -> bool:
    """The large-text view: asked for by the address, else remembered."""
    return (request.args.get("big") or request.cookies.get(BIG_COOKIE)) == "1"


@bp.app_template_filter("far")
def far(distance_m: float) -> str:
    """320 米, 1.3 公里."""
    if distance_m < 995:
        return f"{round(distance_m, -1):.0f} {say('米')}"
    return f"{distance_m / 1000:.1f} {say('公里')}"


@bp.app_template_filter("changes")
def changes(properties: dict[str, Any], now: datetime) -> str:
    """When the state changes, in words: "21:30 打烊", "明天 08:00 开门"; "" when nobody knows."""
    if properties["next_change"] is None:
        return say("24 小时营业") if properties["opening_hours"] == "24/7" else ""
    change = clock.to_beijing(datetime.fromisoformat(properties["next_change"]))
    what = say("打烊") if properties["open_state"] == "open" else say("开门")
    when = f"{_day(change, now)}{change:%H:%M}"
    return f"{what} {when}" if current_lang() == "en" else f"{when} {what}"


def _day(change: datetime, now: datetime) -> str:
    ahead = (change.date() - now.date()).days
    if ahead == 0:
        return ""
    if ahead == 1:
        return f"{say('明天')} "
    if change < now + timedelta(days=7):
        return f"{say(_WEEKDAYS[change.weekday()])} "
    return f"{change:%Y-%m-%d} "


@bp.app_template_filter("dial")
def dial(phone: str) -> str:
    """A telephone number as a dialler wants it."""
    return "".join(one for one in phone if one.isdigit() or one == "+")
