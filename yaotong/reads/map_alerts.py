"""Open alerts as the dual map may show them: a department's own by name, all others as counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from yaotong.codes import Level
from yaotong.reads.alerts import shown_fields
from yaotong.rules.book import book
from yaotong.rules.model import Rule
from yaotong.rules.run import explain_sentence
from yaotong.store import Connection, open_alerts
from yaotong.viewer import SYSTEM

_LEVELS = [str(one) for one in Level]


@dataclass(frozen=True, slots=True)
class OpenAlerts:
    """Alerts open on a day.

    `own`: one row per alert dispatched to the viewer's department, with `part` and `shops` (licence
    numbers on the map). `by_area`: area_code, level, lead, is_own, alerts. An alert that reaches into
    several areas counts once in each. `levels_only`: seen by no department but the system, so that
    `own` holds every alert and tells its level only.
    """

    own: pd.DataFrame
    by_area: pd.DataFrame
    levels_only: bool = False

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


def read_open_alerts(
    connection: Connection, department: str, as_of: date | None, shops: pd.DataFrame, areas: Collection[str]
) -> OpenAlerts:
    """Alerts whose behaviour had begun by `as_of` and that were not closed on or before that day.

    `shops` (license_no, area_code) and `areas` (codes) are those on the map; alerts that touch none of
    them are left out.
    """
    frame = open_alerts.open_on(connection, as_of)
    mine = open_alerts.parts_of(connection, department)
    place = dict(zip(shops["license_no"], shops["area_code"], strict=True))
    frame["shops"] = [[one for one in json.loads(text) if one in place] for text in frame["pharmacy_ids"]]
    frame["areas"] = [
        _areas_of(code, ids, place, areas)
        for code, ids in zip(frame["area_code"], frame["shops"], strict=True)
    ]
    frame["part"] = [mine.get(one) for one in frame["alert_id"]]
    frame = _rows(
        frame, [bool(ids or codes) for ids, codes in zip(frame["shops"], frame["areas"], strict=True)]
    )
    frame = frame.assign(rank=[_LEVELS.index(one) for one in frame["level"]])
    frame = frame.sort_values(["rank", "last_day", "alert_id"], ascending=[True, False, True])
    levels_only = department == SYSTEM.department
    own = frame.reset_index(drop=True) if levels_only else _own(frame, department)
    return OpenAlerts(own, _counts(frame), levels_only)


def _own(frame: pd.DataFrame, department: str) -> pd.DataFrame:
    """The department's alerts; where its TOML shows it no pharmacy, only the areas they reach into."""
    own = frame[frame["part"].notna()].reset_index(drop=True)
    rules = book()
    own["rule_zh"] = [rules[one].name_zh if one in rules else one for one in own["rule_id"]]
    own["reason_zh"] = [_reason(rules.get(str(row.rule_id)), row) for row in own.itertuples()]
    named = ["pharmacy" in shown_fields(department, part) for part in own["part"]]
    own["shops"] = [shops if known else [] for shops, known in zip(own["shops"], named, strict=True)]
    return own


def _reason(rule: Rule | None, row: Any) -> str:
    """The sentence of the finding that speaks for the alert; "" when the book has no such clause any more."""
    if rule is None or row.clause not in rule.clauses:
        return ""
    return explain_sentence(rule, row.clause, row.measure, row.threshold, shops=len(row.shops))


def _areas_of(
    area_code: str | None, shops: list[str], place: dict[str, str | None], shown: Collection[str]
) -> list[str]:
    codes = {place[one] for one in shops if isinstance(place[one], str)}
    if isinstance(area_code, str) and area_code in shown:
        codes.add(area_code)
    return sorted(str(one) for one in codes)


def _rows(frame: pd.DataFrame, wanted: list[bool]) -> pd.DataFrame:
    """The rows wanted; an empty list asks an empty frame for no rows, not for no columns."""
    return frame.loc[np.array(wanted, dtype=bool)]


def _counts(frame: pd.DataFrame) -> pd.DataFrame:
    counted = Counter(
        (area, level, lead, isinstance(part, str))
        for areas, level, lead, part in zip(
            frame["areas"], frame["level"], frame["lead"], frame["part"], strict=True
        )
        for area in areas
    )
    rows = [(*key, alerts) for key, alerts in sorted(counted.items())]
    return pd.DataFrame(rows, columns=["area_code", "level", "lead", "is_own", "alerts"])
