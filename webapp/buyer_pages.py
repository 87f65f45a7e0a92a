"""Buyers of special drugs and what ties them: for very few, and every view is recorded."""

from __future__ import annotations

import math
from collections.abc import Sequence

from flask import Blueprint, render_template, request
from flask_login import current_user, login_required

from webapp import asking
from webapp.context import current_viewer, current_workspace
from yaotong import clock
from yaotong.acts.looking_at_buyers import LEAST_WHY, MOST_WHY, look_at_buyer, look_at_buyers
from yaotong.departments import departments
from yaotong.errors import UsageError
from yaotong.reads.buyers import SPECIAL, Asked, BuyerRow, BuyersView, Tie, need_buyers

bp = Blueprint("buyers", __name__)
_SIDE, _RADIUS = 560.0, 220.0


@bp.app_context_processor
def _links() -> dict[str, object]:
    """Whether a page may point here."""
    return {"sees_buyers": _sees}


@bp.get("/buyers")
@login_required
def page() -> str:
    """The form, and the buyers once a reason is given."""
    need_buyers(current_viewer())
    why = asking.words(request.args, "why")
    if not why:
        return _shown(None, "")
    return _shown(look_at_buyers(current_workspace(), current_viewer(), _asked(), why, now=clock.now()), why)


@bp.get("/buyers/<handle>")
@login_required
def one(handle: str) -> str:
    """One buyer with whoever is tied to them."""
    need_buyers(current_viewer())
    why = asking.words(request.args, "why")
    view = look_at_buyer(current_workspace(), current_viewer(), handle, _asked(), why, now=clock.now())
    return _shown(view, why, handle)


def _shown(view: BuyersView | None, why: str, handle: str = "") -> str:
    drawn = None if view is None else graph(view.buyers, view.ties, handle)
    return render_template(
        "buyers.html", view=view, why=why, handle=handle, drawn=drawn, special=SPECIAL, asked=_asked(),
        least=LEAST_WHY, most=MOST_WHY,
    )  # fmt: skip


def graph(
    buyers: Sequence[BuyerRow], ties: Sequence[Tie], handle: str
) -> tuple[dict[str, tuple[float, float, str]], Sequence[tuple[Tie, tuple[float, float, float, float]]]]:
    """Places of those who are tied, on circles around the one looked at, and the ties as lines."""
    tied = {one for tie in ties for one in (tie.a, tie.b)} | ({handle} if handle else set())
    shown = [one for one in buyers if one.handle in tied][:60]
    middle = _SIDE / 2
    rim = [one for one in shown if one.handle != handle]
    places = {one.handle: (middle, middle, one.label) for one in shown if one.handle == handle}
    for number, one in enumerate(rim):
        angle = 2 * math.pi * number / max(len(rim), 1)
        x, y = middle + _RADIUS * math.sin(angle), middle - _RADIUS * math.cos(angle)
        places[one.handle] = (round(x, 1), round(y, 1), one.label)
    lines = [
        (tie, (*places[tie.a][:2], *places[tie.b][:2])) for tie in ties if tie.a in places and tie.b in places
    ]
    return places, lines


def _asked() -> Asked:
    given = request.args
    category = asking.words(given, "category")
    if category and category not in SPECIAL:
        raise UsageError(f"category 应为 {'、'.join(SPECIAL)} 之一。")
    shops = tuple(one.strip() for one in asking.words(given, "shops").split(",") if one.strip())
    return Asked(
        (category,) if category else SPECIAL, asking.day(given, "since"), asking.day(given, "until"), shops
    )


def _sees() -> bool:
    if not current_user.is_authenticated:
        return False
    viewer = current_viewer()
    known = departments().get(viewer.department)
    return known is not None and viewer.role in known.buyers
