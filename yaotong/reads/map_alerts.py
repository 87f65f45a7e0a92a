"""Open alerts as the dual map may show them: a department's own by name, all others as counts."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from yaotong.alerts.states import State
from yaotong.codes import Level
from yaotong.reads.alerts import shown_fields
from yaotong.reads.map_registers import Seen
from yaotong.rules.book import book
from yaotong.rules.run import explain_sentence
from yaotong.store import Connection, open_alerts
from yaotong.viewer import SYSTEM

EVER = open_alerts.EVER
_LEVELS = [str(one) for one in Level]
_ORDER = ["rank", "last_day", "alert_id"]
_Flags = NDArray[np.bool_]
_Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class OpenAlerts:
    """Alerts open on a day.

    `own`: one row per alert dispatched to the viewer's department, with `part` and `shops` (licence
    numbers on the map). `by_area`: area_code, level, lead, is_own, alerts. An alert that reaches into
    several areas counts once in each. `levels_only`: seen by no department but the system, so that
    `own` holds every alert and tells its level only. `unrecorded`: how many of all were changed since,
    before their rows were kept: what they then said is not known, and the oldest row speaks.
    """

    own: pd.DataFrame
    by_area: pd.DataFrame
    levels_only: bool = False
    unrecorded: int = 0

    def worst_of_shop(self) -> dict[str, str]:
        """The gravest level of `own` by licence number."""
        worst: dict[str, str] = {}
        for level, shops in zip(self.own["level"], self.own["shops"], strict=True):
            for shop in shops:
                known = worst.get(shop)
                if known is None or _LEVELS.index(level) < _LEVELS.index(known):
                    worst[shop] = level
        return worst

    def of_shop(self, license_no: str) -> pd.DataFrame:
        """The viewer's alerts that name a shop, gravest first."""
        return _rows(self.own, [license_no in shops for shops in self.own["shops"]])

    def of_area(self, area_code: str) -> pd.DataFrame:
        """The viewer's alerts that reach into an area, gravest first."""
        return _rows(self.own, [area_code in areas for areas in self.own["areas"]])

    def others(self, area_code: str) -> dict[str, int]:
        """How many alerts of other departments reach into an area, by level; levels without any left out."""
        if self.levels_only:
            return {}
        frame = self.by_area
        rest = frame[(frame["area_code"] == area_code) & ~frame["is_own"].astype(bool)]
        counted = rest.groupby("level")["alerts"].sum()
        return {level: int(counted[level]) for level in _LEVELS if level in counted.index}


class _Links(NamedTuple):
    """Pairs of an alert and a place (a shop's, an area's), both as row numbers; alerts rise."""

    alert: _Places
    place: _Places

    def moved(self, to: _Places) -> _Links:
        """The pairs of alerts that get a new number, the others left out."""
        alert = to[self.alert]
        order = np.argsort(alert, kind="stable")
        order = order[alert[order] >= 0]
        return _Links(alert[order], self.place[order])

    def of(self, alerts: pd.Index) -> _Links:
        """The pairs of some alerts."""
        there = alerts.get_indexer(pd.Index(self.alert)) >= 0
        return _Links(self.alert[there], self.place[there])

    def regrouped(self, rows: _Places) -> _Links:
        """The pairs with the places that places are taken together into, once each."""
        width = int(rows.max(initial=0)) + 1
        pairs = np.unique(self.alert * width + rows[self.place])
        return _Links(pairs // width, pairs % width)

    def lists(self, names: NDArray[np.object_], alerts: int) -> pd.Series:
        """The names of each alert's places."""
        named = names[self.place].tolist()
        bounds = np.searchsorted(self.alert, np.arange(alerts + 1)).tolist()
        return pd.Series([named[start:end] for start, end in pairwise(bounds)], dtype=object)


@dataclass(frozen=True, slots=True)
class KnownAlerts:
    """Alerts that touch a map, gravest first, to be asked for those open on a day.

    `own` holds the rows of `frame` (by number in `own_rows`) that the viewer may read.
    """

    frame: pd.DataFrame
    own: pd.DataFrame
    own_rows: _Places
    shops: _Links
    areas: _Links
    seen: Seen
    levels_only: bool

    def on(self, day: date | None) -> OpenAlerts:
        """Those whose behaviour had begun by a day and that were not closed by its end; None: open now."""
        standing = self._standing(day)
        mine = self.own[standing[self.own_rows]].reset_index(drop=True)
        unrecorded = int((standing & self.frame["unknown_until"].notna().to_numpy()).sum())
        return OpenAlerts(mine, self._by_area(standing), self.levels_only, unrecorded)

    def regrouped(self, seen: Seen, rows: _Places) -> KnownAlerts:
        """The same alerts over other areas, of which `rows` tells where each of the present ones goes."""
        areas = self.areas.regrouped(rows)
        listed = areas.lists(seen.areas["area_code"].to_numpy(dtype=object), len(self.frame))
        own = self.own.assign(areas=listed.iloc[self.own_rows].to_numpy())
        return replace(self, own=own, areas=areas, seen=seen)

    def worst(self, day: date | None) -> pd.Series:
        """The gravest level of the viewer's alerts by the map's shops, NA where there is none."""
        standing = self._standing(day)
        ranks = np.full(len(self.seen.names), len(_LEVELS))
        there = standing[self.shops.alert]
        rank = self.frame["rank"].to_numpy()[self.shops.alert[there]]
        np.minimum.at(ranks, self.shops.place[there], rank)
        return pd.Series(np.array([*_LEVELS, None], dtype=object)[ranks], dtype="str")

    def _standing(self, day: date | None) -> _Flags:
        still = (self.frame["state"] != str(State.CLOSED)).to_numpy(dtype=bool)
        if day is None:
            return still
        end = datetime.combine(day + timedelta(days=1), datetime.min.time())
        closed = pd.to_datetime(self.frame["closed_at"])
        begun = self.frame["begun"] <= pd.Timestamp(day)
        return begun.to_numpy(dtype=bool) & (still | (closed >= end).to_numpy(dtype=bool))

    def _by_area(self, standing: _Flags) -> pd.DataFrame:
        there = standing[self.areas.alert]
        alert, place = self.areas.alert[there], self.areas.place[there]
        told = {
            "area_code": self.seen.areas["area_code"].to_numpy()[place],
            "level": self.frame["level"].to_numpy()[alert],
            "lead": self.frame["lead"].to_numpy()[alert],
            "is_own": self.frame["part"].notna().to_numpy()[alert],
        }
        pairs = pd.DataFrame(told).astype({"area_code": "str", "level": "str"})
        return pairs.groupby(list(told), as_index=False).size().rename(columns={"size": "alerts"})


def read_alerts(
    connection: Connection, department: str, day: date | None, seen: Seen, known: datetime | None
) -> KnownAlerts:
    """The alerts open on a day (on any, for EVER) as they are, or were known at a moment.

    Alerts that touch no shop and no area of the map are left out.
    """
    frame = open_alerts.open_on(connection, day, department, known)
    shops = _shop_links(frame["pharmacy_ids"], seen.names)
    areas = _area_links(frame["area_code"], shops, seen)
    frame["rank"] = frame["level"].map({level: rank for rank, level in enumerate(_LEVELS)}).astype(int)
    frame["begun"] = pd.to_datetime(frame["first_day"])
    touching = np.zeros(len(frame), dtype=bool)
    touching[shops.alert], touching[areas.alert] = True, True
    kept = frame[touching].sort_values(_ORDER, ascending=[True, False, True], key=_sortable)
    number = np.full(len(frame), -1, dtype=np.intp)
    number[kept.index] = np.arange(len(kept))
    shops, areas = shops.moved(number), areas.moved(number)
    kept = kept.reset_index(drop=True)
    return _known(kept, shops, areas, seen, department)


def _known(frame: pd.DataFrame, shops: _Links, areas: _Links, seen: Seen, department: str) -> KnownAlerts:
    levels_only = department == SYSTEM.department
    codes = seen.areas["area_code"].to_numpy(dtype=object)
    named = shops.lists(seen.names.to_numpy(), len(frame))
    own = frame.drop(columns="begun").assign(shops=named, areas=areas.lists(codes, len(frame)))
    if levels_only:
        return KnownAlerts(frame, own, np.arange(len(frame)), shops, areas, seen, levels_only)
    own = _told(own[frame["part"].notna()])
    blind = {one for one in own["part"].unique() if "pharmacy" not in shown_fields(department, one)}
    hidden = own["part"].isin(blind).to_numpy(dtype=bool)
    own["shops"] = own["shops"].where(~hidden, pd.Series([[] for _ in hidden], own.index, dtype=object))
    visible = shops.of(own.index[~hidden])
    return KnownAlerts(
        frame, own.reset_index(drop=True), own.index.to_numpy(), visible, areas, seen, levels_only
    )


def _told(own: pd.DataFrame) -> pd.DataFrame:
    """With the rule's name and the sentence of the finding that speaks for the alert; "" for none."""
    rules = book()
    names = [rules[one].name_zh if one in rules else one for one in own["rule_id"]]
    columns = [own[one] for one in ("rule_id", "clause", "measure", "threshold", "shops")]
    reasons = [
        explain_sentence(rules[rule], clause, measure, threshold, shops=len(shops))
        if rule in rules and clause in rules[rule].clauses
        else ""
        for rule, clause, measure, threshold, shops in zip(*columns, strict=True)
    ]
    told = {"rule_zh": names, "reason_zh": reasons}
    return own.assign(**{name: pd.Series(one, own.index, dtype="str") for name, one in told.items()})


def _sortable(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column) if column.name == "last_day" else column


def _shop_links(texts: pd.Series, names: pd.Index) -> _Links:
    """Pairs of alerts and the map's shops that they name, from JSON lists."""
    named: list[list[str]] = json.loads(f"[{','.join(texts)}]")
    counts = np.fromiter(map(len, named), dtype=np.intp, count=len(named))
    place = names.get_indexer(pd.Index(list(chain.from_iterable(named)), dtype=object))
    there = place >= 0
    return _Links(np.repeat(np.arange(len(named)), counts)[there], place[there])


def _area_links(codes: pd.Series, shops: _Links, seen: Seen) -> _Links:
    """Pairs of alerts and areas, once each: where their shops lie, and the area they are given for."""
    given = pd.Index(seen.areas["area_code"]).get_indexer(pd.Index(codes))
    alert = np.concatenate([shops.alert, np.arange(len(codes))])
    place = np.concatenate([seen.place[shops.place], given])
    there, width = place >= 0, max(len(seen.areas), 1)
    rank = np.argsort(np.argsort(seen.areas["area_code"].to_numpy(dtype=object), kind="stable"))
    pairs = np.unique(alert[there] * width + rank[place[there]]) if there.any() else np.zeros(0, np.intp)
    back = np.argsort(rank)
    return _Links(pairs // width, back[pairs % width] if len(pairs) else pairs)


def _rows(frame: pd.DataFrame, wanted: list[bool]) -> pd.DataFrame:
    """The rows wanted; an empty list asks an empty frame for no rows, not for no columns."""
    return frame.loc[np.array(wanted, dtype=bool)]
