"""The risk scores a viewer may see: their area's shops and towns, and nothing of it in public.

Everything is reckoned from the facts at a data version, the alerts as they stand and the formula's version,
and can be reckoned again to the same number. A score is the same for every department.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from yaotong.errors import NotFound, UsageError
from yaotong.kept import Newest
from yaotong.reads.map_stamp import map_stamp
from yaotong.reads.risk_measures import last_day, measures
from yaotong.risk import (
    COMPONENTS,
    FORMULAS,
    LATEST,
    Formula,
    Grade,
    Inputs,
    Scored,
    area_scores,
    no_measures,
    score,
)
from yaotong.risk.inputs import ALERT_COLUMNS
from yaotong.risk.overrides import Override, OverrideReason, in_force
from yaotong.store import registry, risk
from yaotong.store.factbase import open_facts
from yaotong.store.loads import current_version
from yaotong.store.schema import area, pharmacy, quality_finding
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

PARTS = COMPONENTS
GRADES = tuple(str(one) for one in Grade)
REASONS = tuple(str(one) for one in OverrideReason)


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole region scored: what every viewer's answer is cut from.

    `as_of` is the last day of the facts it rests on, None when there are no sales at all; `names`:
    license_no, name, town_code; `alerts` as `store.risk` tells them.
    """

    as_of: date | None
    data_version: int
    inputs: Inputs
    scored: Scored
    names: pd.DataFrame
    areas: pd.DataFrame
    alerts: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Scores:
    """`shops`: the columns of `Scored.shops`, name, area_name, town_code, and what overrides make of them:
    grade and score (as given), computed_grade and computed_score, overridden, override_until. An override
    gives a shop without data a class; it stays insufficient. `areas`: the columns of `area_scores`,
    area_name; ranks are among all areas of the region.
    """

    formula: Formula
    as_of: date | None
    data_version: int
    shops: pd.DataFrame
    areas: pd.DataFrame


def read_scores(
    ws: Workspace, viewer: Viewer, *, today: date, as_of: date | None = None, version: int | None = None
) -> Scores:
    """The shops of a viewer's area by score, highest first, and its towns, by a version of the formula.

    `as_of` asks for a day of the past: facts up to it, alerts and overrides as they then stood; by default
    the last day with sales, and alerts and overrides of `today`. UsageError for an unknown version.
    """
    whole = read_whole(ws, as_of=as_of, version=version)
    with ws.store.read() as connection:
        given = in_force(risk.overrides(connection), as_of or today)
    shops = _with_overrides(whole.scored.shops, given, whole.scored.formula)
    shops = shops.merge(whole.names, on="license_no", how="left")
    areas = whole.areas
    called = dict(zip(areas["area_code"], areas["area_name"], strict=True))
    shops["area_name"] = [called.get(one, "") for one in shops["area_code"]]
    shops = shops[in_sight_of(viewer, shops)]
    order = ["score", "least", "license_no"]
    shops = shops.sort_values(order, ascending=[False, False, True], na_position="last", ignore_index=True)
    towns = areas[areas["area_code"].map(viewer.covers).astype(bool)].reset_index(drop=True)
    return Scores(whole.scored.formula, whole.as_of, whole.data_version, shops, towns)


def read_score(ws: Workspace, viewer: Viewer, license_no: str, *, today: date) -> dict[str, Any] | None:
    """The row of one shop; None when it is not scored, such as one that closed, or not in sight."""
    shops = read_scores(ws, viewer, today=today).shops
    found = shops[shops["license_no"] == license_no].to_dict("records")
    return {str(name): value for name, value in found[0].items()} if found else None


_NEWEST: Newest[Whole] = Newest()


def read_whole(ws: Workspace, *, as_of: date | None = None, version: int | None = None) -> Whole:
    """The region scored; reckoned once for each data version and move of an alert."""
    number = LATEST if version is None else version
    if number not in FORMULAS:
        raise UsageError(f"没有第 {number} 版公式。可用：{'、'.join(str(one) for one in FORMULAS)}")
    if as_of is not None:
        return _whole(ws, map_stamp(ws), as_of, number)
    return _NEWEST.get((ws, number), lambda: map_stamp(ws), lambda stamp: _whole(ws, stamp, None, number))


def shop_in_sight(whole: Whole, viewer: Viewer, license_no: str) -> None:
    """NotFound unless the shop is scored and lies, or claims to lie, in the viewer's area."""
    shops = whole.scored.shops.merge(whole.names, on="license_no", how="left")
    mine = shops[shops["license_no"] == license_no]
    if mine.empty or not in_sight_of(viewer, mine).all():
        raise NotFound(f"没有药店 {license_no}，或不在您的辖区内。")


def in_sight_of(viewer: Viewer, shops: pd.DataFrame) -> pd.Series:
    """Which shops lie, or claim to lie, in the viewer's area; those that lie nowhere are the county's."""
    place, claim = shops["area_code"], shops["town_code"]
    seen = place.fillna("").astype(str).str.startswith(viewer.area_code)
    seen |= claim.fillna("").astype(str).str.startswith(viewer.area_code)
    return seen | (place.isna() & viewer.covers(None))


@lru_cache(maxsize=8)
def _whole(ws: Workspace, stamp: str, as_of: date | None, number: int) -> Whole:
    formula = FORMULAS[number]
    with ws.store.read() as connection:
        version = current_version(connection)
        listed = registry.read(connection, pharmacy)
        named = registry.read(connection, area)[["area_code", "area_name"]]
        faults = registry.read(connection, quality_finding)["subject"].value_counts()
    facts = open_facts(ws.store, version=version)
    day = as_of or last_day(facts)
    with ws.store.read() as connection:
        alerts = risk.alerts_standing(connection, day or date.max, as_of)
    fed = _nothing(listed) if day is None else measures(facts, day, faults, alerts, formula)
    scored = score(fed, formula)
    areas = area_scores(scored).merge(named, on="area_code", how="left")
    areas["area_name"] = areas["area_name"].astype(object).where(areas["area_name"].notna(), "")
    names = listed[["license_no", "name", "town_code"]]
    return Whole(day, version, fed, scored, names, areas, alerts)


def _nothing(listed: pd.DataFrame) -> Inputs:
    """Shops of which no sale ever came: nobody is scored."""
    shops = listed[listed["status"].fillna("active") != "closed"]
    return Inputs(no_measures(shops["license_no"].tolist()), pd.DataFrame(columns=list(ALERT_COLUMNS)))


def _with_overrides(shops: pd.DataFrame, given: dict[str, Override], formula: Formula) -> pd.DataFrame:
    named = [given.get(str(one)) for one in shops["license_no"]]
    pairs = zip(named, shops["grade"], shops["score"], strict=True)
    both = [
        (grade, points)
        if one is None
        else (str(one.grade_under(formula)), points if one.score is None else one.score)
        for one, grade, points in pairs
    ]
    return shops.assign(
        computed_grade=shops["grade"],
        computed_score=shops["score"],
        grade=pd.Series([grade for grade, _ in both], shops.index, dtype=object),
        score=np.array([points for _, points in both], dtype=float),
        overridden=[one is not None for one in named],
        override_until=pd.Series([one and one.valid_until for one in named], shops.index, dtype=object),
    )
